/* The bytes of `image.cairn`, as native/docs/image-format.md specifies them: pure functions between
 * memory and bytes, without files. Every value that is decoded here has been checked, so callers
 * may rely on it.
 */
#ifndef CAIRN_IMAGE_FORMAT_H
#define CAIRN_IMAGE_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "image/image.h"

#define FORMAT_FILE "image.cairn"
#define FORMAT_VERSION 1
#define FORMAT_META_BYTES (64u << 20) /* most bytes of META before compression */

#define FORMAT_HEADER_BYTES 24
#define FORMAT_END_BYTES 64
#define FORMAT_INDEX_HEAD_BYTES 48
#define FORMAT_CHUNK_BYTES 32
#define FORMAT_RUN_BYTES 24

/* Bytes of the file with their checksum: a chunk's, or META's. */
struct format_block {
    uint64_t offset; /* not on disk: blocks follow each other in the order of the index */
    uint64_t hash;   /* XXH3-64 of the stored bytes */
    uint32_t encoding;
    uint32_t raw_len;
    uint32_t stored_len;
};

struct format_chunk {
    struct format_block block;
    uint32_t space;
    uint32_t n_runs;
    size_t first_run; /* not on disk: runs follow each other in the order of the chunks */
};

struct format_index {
    uint32_t sequence;
    struct format_block meta;
    size_t n_chunks;
    size_t n_runs;
    struct format_chunk *chunks;
    struct image_run *runs;
};

struct format_end {
    uint64_t index_offset;
    uint64_t index_len;
    uint8_t index_hash[16];
};

void format_put_header(uint8_t out[FORMAT_HEADER_BYTES]);
CAIRN_CHECKED int format_check_header(const uint8_t in[FORMAT_HEADER_BYTES], cairn_error *err);

void format_put_end(const struct format_end *end, uint8_t out[FORMAT_END_BYTES]);
/* file_len: of the whole file, whose last bytes `in` are. */
CAIRN_CHECKED int format_get_end(const uint8_t in[FORMAT_END_BYTES], uint64_t file_len,
                                 struct format_end *out, cairn_error *err);

size_t format_index_bytes(const struct format_index *index);
void format_put_index(const struct format_index *index, uint8_t *out);
/* blocks_end: where the index starts, hence where the blocks must end. The caller frees with
 * format_index_free, also after a failure. */
CAIRN_CHECKED int format_get_index(const uint8_t *in, size_t len, uint64_t blocks_end,
                                   struct format_index *out, cairn_error *err);
void format_index_free(struct format_index *index);

struct image_summary format_summary(const struct format_index *index, const struct format_end *end);

/* Checks that a chunk satisfies the rules for runs in image.h, before writing and after reading. */
CAIRN_CHECKED int format_check_runs(const struct image_run *runs, size_t n_runs, uint64_t data_len,
                                    cairn_error *err);

#endif
