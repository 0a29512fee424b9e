#include "image/format.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/codec.h"

/* The magic bytes are not text. A program that translates line ends or strips the high bit damages
 * them visibly. */
static const uint8_t header_magic[8] = {0x8f, 'C', 'A', 'I', 'R', 'N', '\r', '\n'};
static const uint8_t end_magic[8] = {'C', 'A', 'I', 'R', 'N', 'E', 'N', 'D'};

struct cursor {
    uint8_t *at;
};

struct const_cursor {
    const uint8_t *at;
};

static void put32(struct cursor *c, uint32_t value)
{
    value = htole32(value);
    memcpy(c->at, &value, sizeof value);
    c->at += sizeof value;
}

static void put64(struct cursor *c, uint64_t value)
{
    value = htole64(value);
    memcpy(c->at, &value, sizeof value);
    c->at += sizeof value;
}

static void put_bytes(struct cursor *c, const uint8_t *bytes, size_t len)
{
    memcpy(c->at, bytes, len);
    c->at += len;
}

static uint32_t get32(struct const_cursor *c)
{
    uint32_t value;
    memcpy(&value, c->at, sizeof value);
    c->at += sizeof value;
    return le32toh(value);
}

static uint64_t get64(struct const_cursor *c)
{
    uint64_t value;
    memcpy(&value, c->at, sizeof value);
    c->at += sizeof value;
    return le64toh(value);
}

static void get_bytes(struct const_cursor *c, uint8_t *bytes, size_t len)
{
    memcpy(bytes, c->at, len);
    c->at += len;
}

/* Header and end record both end with the checksum of the bytes before it. */
static void seal(struct cursor *c, const uint8_t *start)
{
    put64(c, codec_hash64(start, (size_t)(c->at - start)));
}

static bool sealed(struct const_cursor *c, const uint8_t *start)
{
    uint64_t expected = codec_hash64(start, (size_t)(c->at - start));
    return get64(c) == expected;
}

void format_put_header(uint8_t out[FORMAT_HEADER_BYTES])
{
    struct cursor c = {out};
    put_bytes(&c, header_magic, sizeof header_magic);
    put32(&c, FORMAT_VERSION);
    put32(&c, 0);
    seal(&c, out);
}

int format_check_header(const uint8_t in[FORMAT_HEADER_BYTES], cairn_error *err)
{
    if (memcmp(in, header_magic, sizeof header_magic) != 0)
        return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "this is not a Cairn image");
    struct const_cursor c = {in + sizeof header_magic};
    uint32_t version = get32(&c), features = get32(&c);
    if (!sealed(&c, in))
        return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "the checksum of the header does not match");
    if (version != FORMAT_VERSION)
        return cairn_fail(err, CAIRN_EIMAGE_VERSION,
                          "format version %" PRIu32 "; this build reads version %d", version,
                          FORMAT_VERSION);
    if (features != 0)
        return cairn_fail(err, CAIRN_EIMAGE_VERSION,
                          "format features %#" PRIx32 ", which this build does not know", features);
    return 0;
}

void format_put_end(const struct format_end *end, uint8_t out[FORMAT_END_BYTES])
{
    struct cursor c = {out};
    put_bytes(&c, end_magic, sizeof end_magic);
    put64(&c, end->index_offset);
    put64(&c, end->index_len);
    put_bytes(&c, end->index_hash, sizeof end->index_hash);
    put64(&c, end->index_offset + end->index_len + FORMAT_END_BYTES);
    put64(&c, 0);
    seal(&c, out);
}

int format_get_end(const uint8_t in[FORMAT_END_BYTES], uint64_t file_len, struct format_end *out,
                   cairn_error *err)
{
    if (memcmp(in, end_magic, sizeof end_magic) != 0)
        return cairn_fail(err, CAIRN_EIMAGE_TORN,
                          "there is no end record: the image is incomplete");
    struct const_cursor c = {in + sizeof end_magic};
    out->index_offset = get64(&c);
    out->index_len = get64(&c);
    get_bytes(&c, out->index_hash, sizeof out->index_hash);
    uint64_t expected_len = get64(&c), reserved = get64(&c);
    if (!sealed(&c, in) || reserved != 0)
        return cairn_fail(err, CAIRN_EIMAGE_CORRUPT,
                          "the checksum of the end record does not match");
    if (expected_len != file_len)
        return cairn_fail(err, CAIRN_EIMAGE_TORN, "the file has %" PRIu64 " of %" PRIu64 " bytes",
                          file_len, expected_len);
    if (file_len < FORMAT_HEADER_BYTES + FORMAT_END_BYTES ||
        out->index_offset < FORMAT_HEADER_BYTES ||
        out->index_offset > file_len - FORMAT_END_BYTES ||
        out->index_len != file_len - FORMAT_END_BYTES - out->index_offset)
        return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "the end record points outside the file");
    return 0;
}

int format_check_runs(const struct image_run *runs, size_t n_runs, uint64_t data_len,
                      cairn_error *err)
{
    uint64_t data = 0;
    if (n_runs == 0 || n_runs > IMAGE_CHUNK_RUNS)
        return cairn_fail(err, EINVAL, "%zu runs, where 1 to %d are possible", n_runs,
                          IMAGE_CHUNK_RUNS);
    for (size_t i = 0; i < n_runs; i++) {
        const struct image_run *run = &runs[i];
        if (run->length == 0 || run->start > UINT64_MAX - run->length)
            return cairn_fail(err, EINVAL,
                              "run %zu has an impossible range: %#" PRIx64 " + %#" PRIx64, i,
                              run->start, run->length);
        if (run->source > IMAGE_RUN_SHARED)
            return cairn_fail(err, EINVAL, "run %zu is of unknown source %" PRIu32, i, run->source);
        if (run->source != IMAGE_RUN_SHARED && run->other != 0)
            return cairn_fail(err, EINVAL, "run %zu refers to space %" PRIu32 " for no reason", i,
                              run->other);
        if (run->source != IMAGE_RUN_DATA)
            continue;
        if (run->length > IMAGE_CHUNK_BYTES - data)
            return cairn_fail(err, EINVAL, "the runs have more than %u bytes", IMAGE_CHUNK_BYTES);
        data += run->length;
    }
    if (data != data_len)
        return cairn_fail(err, EINVAL, "the runs have %" PRIu64 " bytes, the chunk %" PRIu64, data,
                          data_len);
    return 0;
}

size_t format_index_bytes(const struct format_index *index)
{
    return FORMAT_INDEX_HEAD_BYTES + index->n_chunks * FORMAT_CHUNK_BYTES +
           index->n_runs * FORMAT_RUN_BYTES;
}

static void put_block(struct cursor *c, const struct format_block *block)
{
    put64(c, block->hash);
    put32(c, block->encoding);
    put32(c, block->raw_len);
    put32(c, block->stored_len);
    put32(c, 0);
}

void format_put_index(const struct format_index *index, uint8_t *out)
{
    struct cursor c = {out};
    put32(&c, index->sequence);
    put32(&c, 0);
    put64(&c, index->n_chunks);
    put64(&c, index->n_runs);
    put_block(&c, &index->meta);
    for (size_t i = 0; i < index->n_chunks; i++) {
        put_block(&c, &index->chunks[i].block);
        put32(&c, index->chunks[i].space);
        put32(&c, index->chunks[i].n_runs);
    }
    for (size_t i = 0; i < index->n_chunks; i++) {
        const struct format_chunk *chunk = &index->chunks[i];
        for (size_t k = 0; k < chunk->n_runs; k++) {
            const struct image_run *run = &index->runs[chunk->first_run + k];
            put64(&c, run->start);
            put64(&c, run->length);
            put32(&c, run->source);
            put32(&c, run->other);
        }
    }
}

static int bad_index(cairn_error *err, const char *what)
{
    return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "the index is wrong: %s", what);
}

/* end: where the preceding block ended; set to where this one ends. */
static int get_block(struct const_cursor *c, uint32_t most, uint64_t blocks_end, uint64_t *end,
                     struct format_block *out, cairn_error *err)
{
    out->hash = get64(c);
    out->encoding = get32(c);
    out->raw_len = get32(c);
    out->stored_len = get32(c);
    uint32_t reserved = get32(c);
    if (out->encoding > CODEC_ZSTD || reserved != 0)
        return bad_index(err, "a block is encoded in an unknown way");
    if (out->raw_len > most || out->stored_len > out->raw_len)
        return bad_index(err, "a block is too large");
    if (out->encoding == CODEC_PLAIN && out->stored_len != out->raw_len)
        return bad_index(err, "a plain block has two lengths");
    if (out->stored_len > blocks_end - *end)
        return bad_index(err, "a block lies outside the file");
    out->offset = *end;
    *end += out->stored_len;
    return 0;
}

static void get_run(struct const_cursor *c, struct image_run *out)
{
    out->start = get64(c);
    out->length = get64(c);
    out->source = get32(c);
    out->other = get32(c);
}

static int get_chunks(struct const_cursor *c, uint64_t blocks_end, uint64_t *end,
                      struct format_index *out, cairn_error *err)
{
    size_t runs = 0;
    for (size_t i = 0; i < out->n_chunks; i++) {
        struct format_chunk *chunk = &out->chunks[i];
        int rc = get_block(c, IMAGE_CHUNK_BYTES, blocks_end, end, &chunk->block, err);
        if (rc != 0)
            return rc;
        chunk->space = get32(c);
        chunk->n_runs = get32(c);
        chunk->first_run = runs;
        if (chunk->n_runs > out->n_runs - runs)
            return bad_index(err, "a chunk has runs outside the index");
        runs += chunk->n_runs;
    }
    return runs == out->n_runs ? 0 : bad_index(err, "there are runs of no chunk");
}

static int get_runs(struct const_cursor *c, struct format_index *out, cairn_error *err)
{
    for (size_t i = 0; i < out->n_runs; i++)
        get_run(c, &out->runs[i]);
    for (size_t i = 0; i < out->n_chunks; i++) {
        const struct format_chunk *chunk = &out->chunks[i];
        cairn_error inner = {0};
        if (format_check_runs(out->runs + chunk->first_run, chunk->n_runs, chunk->block.raw_len,
                              &inner) != 0)
            return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "the index is wrong: chunk %zu: %s", i,
                              inner.message);
    }
    return 0;
}

int format_get_index(const uint8_t *in, size_t len, uint64_t blocks_end, struct format_index *out,
                     cairn_error *err)
{
    *out = (struct format_index){0};
    if (len < FORMAT_INDEX_HEAD_BYTES || blocks_end < FORMAT_HEADER_BYTES)
        return bad_index(err, "it is too short");
    struct const_cursor c = {in};
    out->sequence = get32(&c);
    uint32_t reserved = get32(&c);
    uint64_t n_chunks = get64(&c), n_runs = get64(&c);
    size_t rest = len - FORMAT_INDEX_HEAD_BYTES;
    if (reserved != 0 || n_chunks > rest / FORMAT_CHUNK_BYTES || n_runs > rest / FORMAT_RUN_BYTES ||
        n_chunks * FORMAT_CHUNK_BYTES + n_runs * FORMAT_RUN_BYTES != rest)
        return bad_index(err, "its parts do not add up");
    out->n_chunks = (size_t)n_chunks;
    out->n_runs = (size_t)n_runs;
    out->chunks = calloc(out->n_chunks ? out->n_chunks : 1, sizeof *out->chunks);
    out->runs = calloc(out->n_runs ? out->n_runs : 1, sizeof *out->runs);
    if (!out->chunks || !out->runs)
        return cairn_fail(err, ENOMEM, "out of memory for an index of %zu bytes", len);

    /* META is written last but comes first in the index, so its place follows from the sizes of the
     * chunks. */
    struct const_cursor meta_cursor = c;
    c.at += FORMAT_INDEX_HEAD_BYTES - (size_t)(c.at - in);
    uint64_t end = FORMAT_HEADER_BYTES;
    int rc = get_chunks(&c, blocks_end, &end, out, err);
    if (rc == 0)
        rc = get_runs(&c, out, err);
    if (rc == 0)
        rc = get_block(&meta_cursor, FORMAT_META_BYTES, blocks_end, &end, &out->meta, err);
    if (rc == 0 && end != blocks_end)
        rc = bad_index(err, "there are bytes of no block");
    return rc;
}

void format_index_free(struct format_index *index)
{
    free(index->chunks);
    free(index->runs);
    *index = (struct format_index){0};
}

struct image_summary format_summary(const struct format_index *index, const struct format_end *end)
{
    struct image_summary summary = {
        .sequence = index->sequence,
        .bytes = end->index_offset + end->index_len + FORMAT_END_BYTES,
    };
    for (size_t i = 0; i < index->n_chunks; i++)
        summary.raw_bytes += index->chunks[i].block.raw_len;
    for (size_t i = 0; i < sizeof end->index_hash; i++)
        snprintf(summary.digest + 2 * i, 3, "%02x", end->index_hash[i]);
    return summary;
}
