/* Checksums and compression of an image's blocks. Nothing here knows the file format. */
#ifndef CAIRN_IMAGE_CODEC_H
#define CAIRN_IMAGE_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/* How the bytes of a block are stored; the numbers are those on disk. */
enum codec_encoding {
    CODEC_PLAIN = 0,
    CODEC_ZSTD = 1, /* one zstd frame */
};

uint64_t codec_hash64(const void *data, size_t len);
/* XXH3-128 in its canonical (big-endian) form, which reads the same on every machine. */
void codec_hash128(const void *data, size_t len, uint8_t out[16]);

/* Compression state and a scratch buffer. They are large, so calls reuse them. */
struct codec_worker;

/* The idle workers. Thread-safe. There are never more workers than simultaneous calls. */
struct codec_pool;

struct codec_pool *codec_pool_new(void); /* NULL: out of memory */
void codec_pool_free(struct codec_pool *pool);

/* Takes a worker with at least `scratch` bytes of buffer. It belongs to the calling thread until
 * given back.
 */
CAIRN_CHECKED int codec_take(struct codec_pool *pool, size_t scratch, struct codec_worker **out,
                             cairn_error *err);
void codec_give(struct codec_pool *pool, struct codec_worker *worker);
uint8_t *codec_scratch(struct codec_worker *worker);

struct codec_packed {
    uint32_t encoding;
    const void *bytes; /* the worker's scratch, or the data itself when it is stored plain */
    size_t len;        /* at most the length of the data */
};

/* Compresses with zstd at `level` (0: not at all). Data that hardly shrinks is stored plain. The
 * worker's scratch must be as large as the data. */
CAIRN_CHECKED int codec_pack(struct codec_worker *worker, int level, const void *data, size_t len,
                             struct codec_packed *out, cairn_error *err);
/* Decompresses one zstd frame of exactly out_len bytes; anything else is CAIRN_EIMAGE_CORRUPT. */
CAIRN_CHECKED int codec_unpack(struct codec_worker *worker, const void *stored, size_t stored_len,
                               void *out, size_t out_len, const char *what, cairn_error *err);

#endif
