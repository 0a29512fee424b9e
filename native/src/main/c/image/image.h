/* An image: a folder `checkpoints/NNNNNN/` that is either complete or absent.
 *
 * The container knows nothing of processes. It holds
 *   - one META document (JSON, UTF-8; capture/ and restore/ define its content), and
 *   - chunks of bytes that belong to numbered *spaces* (an address space, a shared memory object,
 * the content of a file). A chunk is a list of runs and their bytes, compressed and checksummed
 * alone, so that chunks are written and read by several threads at once. Format:
 * native/docs/image-format.md. All integers on disk are fixed-width little-endian.
 */
#ifndef CAIRN_IMAGE_IMAGE_H
#define CAIRN_IMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/error.h"

#define IMAGE_CHUNK_BYTES (1u << 20) /* most raw bytes in one chunk */
#define IMAGE_CHUNK_RUNS 1024        /* most runs in one chunk */

/* Where the bytes of a run come from. Only RUN_DATA has bytes in the chunk. */
enum image_run_source {
    IMAGE_RUN_DATA = 0,
    IMAGE_RUN_ZERO = 1,   /* present and all zero */
    IMAGE_RUN_SHARED = 2, /* equal to the same offset of space `other` of this image (copy-on-write
                             sharing across a fork) */
    IMAGE_RUN_PARENT = 3, /* unchanged since the parent image (increments; not written yet) */
};

struct image_run {
    uint64_t start;  /* virtual address or file offset, bytes */
    uint64_t length; /* bytes, > 0 */
    uint32_t source; /* enum image_run_source */
    uint32_t other;  /* the space that IMAGE_RUN_SHARED refers to, else 0 */
};

struct image_options {
    int compression;   /* zstd level; 0 stores plain */
    uint64_t min_free; /* fails with ENOSPC if the file system has fewer bytes free than this */
};

struct image_summary {
    uint32_t sequence;
    uint64_t bytes;     /* on disk */
    uint64_t raw_bytes; /* before compression */
    char digest[33];    /* XXH3-128 over the index, in hex: identifies the image */
};

typedef struct image_writer image_writer;
typedef struct image_reader image_reader;

/* Starts `<checkpoints>/.NNNNNN.partial` (0700; files 0600). checkpoints_fd stays the caller's. */
CAIRN_CHECKED int image_writer_open(int checkpoints_fd, uint32_t sequence,
                                    const struct image_options *options, image_writer **out,
                                    cairn_error *err);
/* Adds one chunk. Thread-safe; compresses in the calling thread. `data` holds the bytes of the DATA
 * runs, in order. data_len is their total, at most IMAGE_CHUNK_BYTES. */
CAIRN_CHECKED int image_writer_chunk(image_writer *w, uint32_t space, const struct image_run *runs,
                                     size_t n_runs, const void *data, size_t data_len,
                                     cairn_error *err);
/* Writes the META document. Call it exactly once before publishing. */
CAIRN_CHECKED int image_writer_meta(image_writer *w, const char *json, size_t len,
                                    cairn_error *err);
/* A descriptor of the partial folder (the writer's own), for files that an image carries beside its
 * container (reflinked copies of outputs). The caller must fsync those files. */
int image_writer_dirfd(const image_writer *w);
/* Writes the index and the end record, syncs the file, renames the folder to
 * `<checkpoints>/NNNNNN`, and syncs the folder above. The caller must still close the writer. */
CAIRN_CHECKED int image_writer_publish(image_writer *w, struct image_summary *out,
                                       cairn_error *err);
/* Frees the writer. Removes the partial folder if it was not published. NULL is allowed. */
void image_writer_close(image_writer *w);

/* Opens a published image: checks owner and mode (else CAIRN_EIMAGE_UNTRUSTED), header, end, index
 * and META. */
CAIRN_CHECKED int image_reader_open(int dirfd, const char *path, image_reader **out,
                                    cairn_error *err);
/* Checks that only the caller and root can have written the image and the files beside it, because
 * processes are built from them. Otherwise CAIRN_EIMAGE_UNTRUSTED. */
CAIRN_CHECKED int image_check_trust(const char *what, int fd, const struct stat *st,
                                    cairn_error *err);
void image_reader_close(image_reader *r);
const char *image_reader_meta(const image_reader *r, size_t *len);
int image_reader_dirfd(const image_reader *r);
void image_reader_summary(const image_reader *r, struct image_summary *out);
size_t image_reader_chunks(const image_reader *r);

struct image_chunk {
    uint32_t space;
    uint32_t n_runs;
    const struct image_run *runs; /* owned by the reader; the ranges are validated: no overflow, and
                                   * their sum fits data_len */
    size_t data_len;
    size_t stored_len; /* bytes on disk */
};
/* Chunk i of image_reader_chunks; thread-safe. */
void image_reader_chunk_info(const image_reader *r, size_t i, struct image_chunk *out);
/* Reads, checks and decompresses chunk i into buf, which has room for data_len bytes. Thread-safe.
 */
CAIRN_CHECKED int image_reader_chunk_data(const image_reader *r, size_t i, void *buf,
                                          cairn_error *err);
/* Reads chunk i in its stored form into scratch (stored_len bytes) and checks it. Thread-safe. */
CAIRN_CHECKED int image_reader_chunk_check(const image_reader *r, size_t i, void *scratch,
                                           cairn_error *err);
/* Reads every byte and compares it with its checksum. Decompresses nothing, because the checksums
 * cover the stored bytes and a resume waits for this check. */
CAIRN_CHECKED int image_reader_verify(const image_reader *r, cairn_error *err);

#endif
