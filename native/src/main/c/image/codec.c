#include "image/codec.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define SAMPLES 4
#define SAMPLE_BYTES 8192u
#define WORTH_SAMPLING (SAMPLES * SAMPLE_BYTES * 8)

struct codec_worker {
    ZSTD_CCtx *compress;
    ZSTD_DCtx *decompress;
    uint8_t *scratch;
    size_t scratch_len;
    struct codec_worker *next;
};

struct codec_pool {
    pthread_mutex_t lock;
    struct codec_worker *idle;
};

uint64_t codec_hash64(const void *data, size_t len)
{
    return XXH3_64bits(data, len);
}

void codec_hash128(const void *data, size_t len, uint8_t out[16])
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(data, len));
    memcpy(out, canonical.digest, 16);
}

struct codec_pool *codec_pool_new(void)
{
    struct codec_pool *pool = calloc(1, sizeof *pool);
    if (pool)
        pthread_mutex_init(&pool->lock, NULL);
    return pool;
}

static void worker_free(struct codec_worker *worker)
{
    ZSTD_freeCCtx(worker->compress);
    ZSTD_freeDCtx(worker->decompress);
    free(worker->scratch);
    free(worker);
}

void codec_pool_free(struct codec_pool *pool)
{
    if (!pool)
        return;
    while (pool->idle) {
        struct codec_worker *worker = pool->idle;
        pool->idle = worker->next;
        worker_free(worker);
    }
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

static int grow_scratch(struct codec_worker *worker, size_t len, cairn_error *err)
{
    if (worker->scratch_len >= len)
        return 0;
    free(worker->scratch);
    worker->scratch = malloc(len);
    worker->scratch_len = worker->scratch ? len : 0;
    if (!worker->scratch)
        return cairn_fail(err, ENOMEM, "out of memory for a buffer of %zu bytes", len);
    return 0;
}

int codec_take(struct codec_pool *pool, size_t scratch, struct codec_worker **out, cairn_error *err)
{
    pthread_mutex_lock(&pool->lock);
    struct codec_worker *worker = pool->idle;
    if (worker)
        pool->idle = worker->next;
    pthread_mutex_unlock(&pool->lock);
    if (!worker)
        worker = calloc(1, sizeof *worker);
    if (!worker)
        return cairn_fail(err, ENOMEM, "out of memory for a compression worker");
    int rc = grow_scratch(worker, scratch, err);
    if (rc != 0) {
        codec_give(pool, worker);
        return rc;
    }
    *out = worker;
    return 0;
}

void codec_give(struct codec_pool *pool, struct codec_worker *worker)
{
    pthread_mutex_lock(&pool->lock);
    worker->next = pool->idle;
    pool->idle = worker;
    pthread_mutex_unlock(&pool->lock);
}

uint8_t *codec_scratch(struct codec_worker *worker)
{
    return worker->scratch;
}

/* Compresses into at most `room` bytes; *out_len is 0 when that is not enough. */
static int compress(struct codec_worker *worker, int level, const void *data, size_t len, void *out,
                    size_t room, size_t *out_len, cairn_error *err)
{
    if (!worker->compress && !(worker->compress = ZSTD_createCCtx()))
        return cairn_fail(err, ENOMEM, "out of memory for a compression context");
    size_t n = ZSTD_compressCCtx(worker->compress, out, room, data, len, level);
    *out_len = ZSTD_isError(n) ? 0 : n;
    if (!ZSTD_isError(n) || ZSTD_getErrorCode(n) == ZSTD_error_dstSize_tooSmall)
        return 0;
    return cairn_fail(err, ZSTD_getErrorCode(n) == ZSTD_error_memory_allocation ? ENOMEM : EIO,
                      "compressing %zu bytes: %s", len, ZSTD_getErrorName(n));
}

/* Memory often mixes noise (random numbers, packed data) with bytes that compress well. Entropy
 * coding then takes two thirds of the time and gains nothing: level -1, which skips it, gives the
 * same size. A few samples from all over the data decide. */
static int choose_level(struct codec_worker *worker, int level, const uint8_t *data, size_t len,
                        int *out, cairn_error *err)
{
    uint8_t *samples = worker->scratch, *target = samples + SAMPLES * SAMPLE_BYTES;
    size_t full, fast;
    *out = level;
    if (level < 0 || len < WORTH_SAMPLING)
        return 0;
    for (size_t i = 0; i < SAMPLES; i++)
        memcpy(samples + i * SAMPLE_BYTES, data + i * (len / SAMPLES), SAMPLE_BYTES);
    size_t room = ZSTD_compressBound(SAMPLES * SAMPLE_BYTES);
    int rc = compress(worker, level, samples, SAMPLES * SAMPLE_BYTES, target, room, &full, err);
    if (rc == 0)
        rc = compress(worker, -1, samples, SAMPLES * SAMPLE_BYTES, target, room, &fast, err);
    if (rc == 0 && fast - fast / 64 <= full)
        *out = -1;
    return rc;
}

int codec_pack(struct codec_worker *worker, int level, const void *data, size_t len,
               struct codec_packed *out, cairn_error *err)
{
    *out = (struct codec_packed){.encoding = CODEC_PLAIN, .bytes = data, .len = len};
    if (level == 0 || len == 0)
        return 0;
    int rc = choose_level(worker, level, data, len, &level, err);
    if (rc != 0)
        return rc;
    /* A target that is too small makes zstd give up on data that would shrink by less than 1/32.
     * Such data is stored plain, and read back faster. */
    size_t n, worth = len - len / 32 - 1;
    rc = compress(worker, level, data, len, worker->scratch, worth, &n, err);
    if (rc == 0 && n > 0)
        *out = (struct codec_packed){.encoding = CODEC_ZSTD, .bytes = worker->scratch, .len = n};
    return rc;
}

int codec_unpack(struct codec_worker *worker, const void *stored, size_t stored_len, void *out,
                 size_t out_len, const char *what, cairn_error *err)
{
    if (!worker->decompress && !(worker->decompress = ZSTD_createDCtx()))
        return cairn_fail(err, ENOMEM, "out of memory for a decompression context");
    size_t n = ZSTD_decompressDCtx(worker->decompress, out, out_len, stored, stored_len);
    if (ZSTD_isError(n))
        return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "%s does not decompress: %s", what,
                          ZSTD_getErrorName(n));
    if (n != out_len)
        return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "%s decompresses to %zu of %zu bytes", what, n,
                          out_len);
    return 0;
}
