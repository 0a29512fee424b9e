/* Reads images. Opening reads and checks everything that describes the image; chunks are read on
 * request. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/owner.h"
#include "image/codec.h"
#include "image/format.h"
#include "image/image.h"

struct image_reader {
    char *path; /* as given, for errors */
    int dir_fd;
    int file_fd;
    uint64_t file_len;
    struct format_index index;
    struct image_summary summary;
    char *meta; /* NUL-terminated */
    struct codec_pool
        *workers; /* the only state that changes after opening; thread-safe by itself */
};

int image_check_trust(const char *what, int fd, const struct stat *st, cairn_error *err)
{
    struct owner owner;
    int rc = owner_of(fd, &owner, err);
    if (rc != 0)
        return cairn_fail_within(err, rc, "%s", what);
    if (!owner.trusted)
        return cairn_fail(err, CAIRN_EIMAGE_UNTRUSTED,
                          "%s belongs to user %u, neither to you nor to root", what, owner.uid);
    if (st->st_mode & (S_IWGRP | S_IWOTH))
        return cairn_fail(err, CAIRN_EIMAGE_UNTRUSTED,
                          "%s is writable by others (mode %04o); if its content is yours: chmod "
                          "go-w",
                          what, st->st_mode & 07777);
    return 0;
}

static int open_folder(image_reader *r, int dirfd, const char *path, cairn_error *err)
{
    struct stat st;
    r->dir_fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (r->dir_fd < 0 || fstat(r->dir_fd, &st) < 0)
        return cairn_fail_errno(err, "opening the folder");
    return image_check_trust("the folder", r->dir_fd, &st, err);
}

static int open_file(image_reader *r, cairn_error *err)
{
    struct stat st;
    r->file_fd =
        openat(r->dir_fd, FORMAT_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (r->file_fd < 0 || fstat(r->file_fd, &st) < 0)
        return cairn_fail_errno(err, "opening %s", FORMAT_FILE);
    if (!S_ISREG(st.st_mode))
        return cairn_fail(err, CAIRN_EIMAGE_UNTRUSTED, "%s is not a regular file", FORMAT_FILE);
    r->file_len = (uint64_t)st.st_size;
    return image_check_trust(FORMAT_FILE, r->file_fd, &st, err);
}

static int read_ends(image_reader *r, struct format_end *end, cairn_error *err)
{
    uint8_t header[FORMAT_HEADER_BYTES], tail[FORMAT_END_BYTES];
    int rc = io_pread_full(r->file_fd, header, sizeof header, 0, FORMAT_FILE, err);
    if (rc == 0)
        rc = format_check_header(header, err);
    if (rc != 0)
        return rc;
    if (r->file_len < sizeof header + sizeof tail)
        return cairn_fail(err, CAIRN_EIMAGE_TORN, "%s has only %" PRIu64 " bytes", FORMAT_FILE,
                          r->file_len);
    rc = io_pread_full(r->file_fd, tail, sizeof tail, r->file_len - sizeof tail, FORMAT_FILE, err);
    return rc != 0 ? rc : format_get_end(tail, r->file_len, end, err);
}

static int read_index(image_reader *r, const struct format_end *end, cairn_error *err)
{
    auto_free uint8_t *bytes = malloc(end->index_len + 1);
    if (!bytes)
        return cairn_fail(err, ENOMEM, "out of memory for an index of %" PRIu64 " bytes",
                          end->index_len);
    int rc = io_pread_full(r->file_fd, bytes, end->index_len, end->index_offset, FORMAT_FILE, err);
    if (rc != 0)
        return rc;
    uint8_t hash[16];
    codec_hash128(bytes, end->index_len, hash);
    if (memcmp(hash, end->index_hash, sizeof hash) != 0)
        return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "the checksum of the index does not match");
    return format_get_index(bytes, end->index_len, end->index_offset, &r->index, err);
}

static int read_stored(const image_reader *r, const struct format_block *block, void *out,
                       const char *what, cairn_error *err)
{
    int rc = io_pread_full(r->file_fd, out, block->stored_len, block->offset, what, err);
    if (rc == 0 && codec_hash64(out, block->stored_len) != block->hash)
        rc = cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "the checksum of %s does not match", what);
    return rc;
}

static int read_block(const image_reader *r, const struct format_block *block, void *out,
                      const char *what, cairn_error *err)
{
    if (block->encoding == CODEC_PLAIN)
        return read_stored(r, block, out, what, err);
    struct codec_worker *worker;
    int rc = codec_take(r->workers, block->stored_len, &worker, err);
    if (rc != 0)
        return rc;
    uint8_t *stored = codec_scratch(worker);
    rc = read_stored(r, block, stored, what, err);
    if (rc == 0)
        rc = codec_unpack(worker, stored, block->stored_len, out, block->raw_len, what, err);
    codec_give(r->workers, worker);
    return rc;
}

static int read_meta(image_reader *r, cairn_error *err)
{
    r->meta = malloc((size_t)r->index.meta.raw_len + 1);
    if (!r->meta)
        return cairn_fail(err, ENOMEM, "out of memory for META");
    r->meta[r->index.meta.raw_len] = '\0';
    return read_block(r, &r->index.meta, r->meta, "META", err);
}

static int open_image(image_reader *r, int dirfd, const char *path, cairn_error *err)
{
    struct format_end end;
    r->path = strdup(path);
    r->workers = codec_pool_new();
    if (!r->path || !r->workers)
        return cairn_fail(err, ENOMEM, "out of memory");
    int rc = open_folder(r, dirfd, path, err);
    if (rc == 0)
        rc = open_file(r, err);
    if (rc == 0)
        rc = read_ends(r, &end, err);
    if (rc == 0)
        rc = read_index(r, &end, err);
    if (rc == 0)
        rc = read_meta(r, err);
    if (rc == 0)
        r->summary = format_summary(&r->index, &end);
    return rc;
}

int image_reader_open(int dirfd, const char *path, image_reader **out, cairn_error *err)
{
    image_reader *r = calloc(1, sizeof *r);
    if (!r)
        return cairn_fail(err, ENOMEM, "image %s: out of memory", path);
    r->dir_fd = r->file_fd = -1;
    int rc = open_image(r, dirfd, path, err);
    if (rc != 0) {
        image_reader_close(r);
        cairn_fail_within(err, rc, "image %s", path);
        return rc;
    }
    *out = r;
    return 0;
}

void image_reader_close(image_reader *r)
{
    if (!r)
        return;
    if (r->file_fd >= 0)
        close(r->file_fd);
    if (r->dir_fd >= 0)
        close(r->dir_fd);
    codec_pool_free(r->workers);
    format_index_free(&r->index);
    free(r->meta);
    free(r->path);
    free(r);
}

const char *image_reader_meta(const image_reader *r, size_t *len)
{
    if (len)
        *len = r->index.meta.raw_len;
    return r->meta;
}

int image_reader_dirfd(const image_reader *r)
{
    return r->dir_fd;
}

void image_reader_summary(const image_reader *r, struct image_summary *out)
{
    *out = r->summary;
}

size_t image_reader_chunks(const image_reader *r)
{
    return r->index.n_chunks;
}

void image_reader_chunk_info(const image_reader *r, size_t i, struct image_chunk *out)
{
    const struct format_chunk *chunk = &r->index.chunks[i];
    *out = (struct image_chunk){.space = chunk->space,
                                .n_runs = chunk->n_runs,
                                .runs = r->index.runs + chunk->first_run,
                                .data_len = chunk->block.raw_len,
                                .stored_len = chunk->block.stored_len};
}

int image_reader_chunk_data(const image_reader *r, size_t i, void *buf, cairn_error *err)
{
    char what[32];
    snprintf(what, sizeof what, "chunk %zu", i);
    int rc = read_block(r, &r->index.chunks[i].block, buf, what, err);
    if (rc != 0)
        cairn_fail_within(err, rc, "image %s", r->path);
    return rc;
}

int image_reader_chunk_check(const image_reader *r, size_t i, void *scratch, cairn_error *err)
{
    char what[32];
    snprintf(what, sizeof what, "chunk %zu", i);
    int rc = read_stored(r, &r->index.chunks[i].block, scratch, what, err);
    if (rc != 0)
        cairn_fail_within(err, rc, "image %s", r->path);
    return rc;
}
