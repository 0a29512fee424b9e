/* Writes images. Threads compress and write chunks in parallel; they share only the next free
 * offset and the list of written chunks. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/tree_removal.h"
#include "image/codec.h"
#include "image/format.h"
#include "image/image.h"

/* After this many bytes, the writer makes the kernel start writeback, so that the final fsync has
 * little left to do, and checks the free space. */
#define WRITEBACK_BYTES (8u << 20)

struct image_writer {
    int checkpoints_fd;
    int dir_fd;
    int file_fd; /* -1 until the container exists */
    struct image_options options;
    bool made, published;
    char name[16];
    char partial[32];
    struct codec_pool *workers;

    pthread_mutex_t lock; /* protects everything below; never held over I/O */
    cairn_error failed;   /* the first failure of any chunk; an image with a failure is never
                           * published */
    uint64_t next_offset;
    struct format_index index; /* chunks in the order of their completion, until publishing */
    size_t chunks_room, runs_room;

    uint8_t *meta; /* the chunk as it goes to disk */
};

static int check_free(const image_writer *w, cairn_error *err)
{
    struct statvfs fs;
    if (w->options.min_free == 0)
        return 0;
    if (fstatvfs(w->checkpoints_fd, &fs) < 0)
        return cairn_fail_errno(err, "reading the free space for image %s", w->name);
    uint64_t free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    if (free_bytes < w->options.min_free)
        return cairn_fail(err, ENOSPC,
                          "image %s: the file system of the checkpoints has %" PRIu64
                          " MiB free, fewer than the %" PRIu64 " MiB that must stay free",
                          w->name, free_bytes >> 20, w->options.min_free >> 20);
    return 0;
}

static int make_partial(image_writer *w, cairn_error *err)
{
    struct stat st;
    if (fstatat(w->checkpoints_fd, w->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return cairn_fail(err, EEXIST, "image %s exists already", w->name);
    int rc = check_free(w, err);
    if (rc != 0)
        return rc;
    rc = cairn_remove_tree(w->checkpoints_fd, w->partial, err); /* of a writer that was killed */
    if (rc != 0)
        return rc;
    if (mkdirat(w->checkpoints_fd, w->partial, 0700) < 0)
        return cairn_fail_errno(err, "making %s", w->partial);
    w->made = true;
    w->dir_fd =
        openat(w->checkpoints_fd, w->partial, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (w->dir_fd < 0)
        return cairn_fail_errno(err, "opening %s", w->partial);
    w->file_fd = openat(w->dir_fd, FORMAT_FILE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (w->file_fd < 0)
        return cairn_fail_errno(err, "making %s/%s", w->partial, FORMAT_FILE);
    uint8_t header[FORMAT_HEADER_BYTES];
    format_put_header(header);
    w->next_offset = sizeof header;
    return io_pwrite_full(w->file_fd, header, sizeof header, 0, w->partial, err);
}

int image_writer_open(int checkpoints_fd, uint32_t sequence, const struct image_options *options,
                      image_writer **out, cairn_error *err)
{
    image_writer *w = calloc(1, sizeof *w);
    if (!w)
        return cairn_fail(err, ENOMEM, "out of memory for image %06" PRIu32, sequence);
    w->dir_fd = w->file_fd = -1;
    w->options = *options;
    w->index.sequence = sequence;
    snprintf(w->name, sizeof w->name, "%06" PRIu32, sequence);
    snprintf(w->partial, sizeof w->partial, ".%s.partial", w->name);
    pthread_mutex_init(&w->lock, NULL);
    w->workers = codec_pool_new();
    w->checkpoints_fd = fcntl(checkpoints_fd, F_DUPFD_CLOEXEC, 3);
    int rc;
    if (!w->workers)
        rc = cairn_fail(err, ENOMEM, "out of memory for image %s", w->name);
    else if (w->checkpoints_fd < 0)
        rc = cairn_fail_errno(err, "keeping the folder of image %s open", w->name);
    else
        rc = make_partial(w, err);
    if (rc != 0) {
        image_writer_close(w);
        return rc;
    }
    *out = w;
    return 0;
}

/* Makes room for one more chunk. Doubles the list, so that the lock is held briefly. */
static int grow_index(image_writer *w, size_t n_runs, cairn_error *err)
{
    struct format_index *index = &w->index;
    if (index->n_chunks == w->chunks_room) {
        size_t room = w->chunks_room ? w->chunks_room * 2 : 256;
        struct format_chunk *chunks = realloc(index->chunks, room * sizeof *chunks);
        if (!chunks)
            return cairn_fail(err, ENOMEM, "out of memory for the index of image %s", w->name);
        index->chunks = chunks;
        w->chunks_room = room;
    }
    if (w->runs_room - index->n_runs < n_runs) {
        size_t room = w->runs_room * 2 + IMAGE_CHUNK_RUNS;
        struct image_run *runs = realloc(index->runs, room * sizeof *runs);
        if (!runs)
            return cairn_fail(err, ENOMEM, "out of memory for the index of image %s", w->name);
        index->runs = runs;
        w->runs_room = room;
    }
    return 0;
}

static uint64_t reserve(image_writer *w, size_t len)
{
    pthread_mutex_lock(&w->lock);
    uint64_t offset = w->next_offset;
    w->next_offset += len;
    pthread_mutex_unlock(&w->lock);
    return offset;
}

static int note_chunk(image_writer *w, struct format_chunk chunk, const struct image_run *runs,
                      cairn_error *err)
{
    pthread_mutex_lock(&w->lock);
    int rc = grow_index(w, chunk.n_runs, err);
    if (rc == 0) {
        struct format_index *index = &w->index;
        chunk.first_run = index->n_runs;
        memcpy(index->runs + index->n_runs, runs, chunk.n_runs * sizeof *runs);
        index->n_runs += chunk.n_runs;
        index->chunks[index->n_chunks++] = chunk;
    }
    pthread_mutex_unlock(&w->lock);
    return rc;
}

/* Starts the writeback. The thread that crosses a boundary of WRITEBACK_BYTES does it for all
 * threads. The range before the last boundary is complete, or nearly so; starting early costs at
 * most a page written twice. */
static int housekeep(image_writer *w, uint64_t offset, size_t len, cairn_error *err)
{
    uint64_t window = (offset + len) / WRITEBACK_BYTES;
    if (window == offset / WRITEBACK_BYTES)
        return 0;
    if (window >= 2) /* only a hint: a file system without it only takes longer */
        (void)sync_file_range(w->file_fd, (off_t)((window - 2) * WRITEBACK_BYTES), WRITEBACK_BYTES,
                              SYNC_FILE_RANGE_WRITE);
    return check_free(w, err);
}

static int write_chunk(image_writer *w, struct codec_worker *worker, uint32_t space,
                       const struct image_run *runs, size_t n_runs, const void *data,
                       size_t data_len, cairn_error *err)
{
    struct codec_packed packed;
    int rc = codec_pack(worker, w->options.compression, data, data_len, &packed, err);
    if (rc != 0)
        return rc;
    struct format_chunk chunk = {
        .block = {.hash = codec_hash64(packed.bytes, packed.len),
                  .encoding = packed.encoding,
                  .raw_len = (uint32_t)data_len,
                  .stored_len = (uint32_t)packed.len,
                  .offset = reserve(w, packed.len)},
        .space = space,
        .n_runs = (uint32_t)n_runs,
    };
    rc = io_pwrite_full(w->file_fd, packed.bytes, packed.len, chunk.block.offset, w->partial, err);
    if (rc == 0)
        rc = note_chunk(w, chunk, runs, err);
    if (rc == 0)
        rc = housekeep(w, chunk.block.offset, packed.len, err);
    return rc;
}

static int remember_failure(image_writer *w, int rc, const cairn_error *failed, cairn_error *err)
{
    pthread_mutex_lock(&w->lock);
    if (w->failed.code == 0)
        w->failed = *failed;
    pthread_mutex_unlock(&w->lock);
    if (err)
        *err = *failed;
    return rc;
}

int image_writer_chunk(image_writer *w, uint32_t space, const struct image_run *runs, size_t n_runs,
                       const void *data, size_t data_len, cairn_error *err)
{
    cairn_error failed = {0};
    struct codec_worker *worker = NULL;
    int rc = format_check_runs(runs, n_runs, data_len, &failed);
    if (rc == 0)
        rc = codec_take(w->workers, IMAGE_CHUNK_BYTES, &worker, &failed);
    if (rc == 0) {
        rc = write_chunk(w, worker, space, runs, n_runs, data, data_len, &failed);
        codec_give(w->workers, worker);
    }
    return rc == 0 ? 0 : remember_failure(w, rc, &failed, err);
}

int image_writer_meta(image_writer *w, const char *json, size_t len, cairn_error *err)
{
    if (w->meta)
        return cairn_fail(err, EINVAL, "image %s: META was given twice", w->name);
    if (len == 0 || len > FORMAT_META_BYTES)
        return cairn_fail(err, EFBIG, "image %s: META of %zu bytes; 1 to %u are possible", w->name,
                          len, FORMAT_META_BYTES);
    struct codec_worker *worker;
    int rc = codec_take(w->workers, len, &worker, err);
    if (rc != 0)
        return rc;
    struct codec_packed packed;
    rc = codec_pack(worker, w->options.compression, json, len, &packed, err);
    if (rc == 0 && !(w->meta = malloc(packed.len)))
        rc = cairn_fail(err, ENOMEM, "out of memory for META of image %s", w->name);
    if (rc == 0) {
        memcpy(w->meta, packed.bytes, packed.len);
        w->index.meta = (struct format_block){.hash = codec_hash64(packed.bytes, packed.len),
                                              .encoding = packed.encoding,
                                              .raw_len = (uint32_t)len,
                                              .stored_len = (uint32_t)packed.len};
    }
    codec_give(w->workers, worker);
    return rc;
}

int image_writer_dirfd(const image_writer *w)
{
    return w->dir_fd;
}

static int by_offset(const void *a, const void *b)
{
    const struct format_block *x = &((const struct format_chunk *)a)->block,
                              *y = &((const struct format_chunk *)b)->block;
    /* Chunks without bytes share their offset with the next chunk, and come first. */
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return (x->stored_len > y->stored_len) - (x->stored_len < y->stored_len);
}

/* The index stores no offsets: the chunks' order in the file, without gaps, gives their places. */
static int order_chunks(image_writer *w, cairn_error *err)
{
    if (w->failed.code != 0)
        return cairn_fail(err, w->failed.code, "image %s is not whole: %s", w->name,
                          w->failed.message);
    if (!w->meta)
        return cairn_fail(err, EINVAL, "image %s has no META", w->name);
    if (w->index.n_chunks > 1)
        qsort(w->index.chunks, w->index.n_chunks, sizeof *w->index.chunks, by_offset);
    uint64_t end = FORMAT_HEADER_BYTES;
    for (size_t i = 0; i < w->index.n_chunks; i++) {
        if (w->index.chunks[i].block.offset != end)
            break;
        end += w->index.chunks[i].block.stored_len;
    }
    if (end != w->next_offset)
        return cairn_fail(err, EBUSY, "image %s: chunks are still being written", w->name);
    w->index.meta.offset = end;
    return 0;
}

static int write_tail(image_writer *w, struct image_summary *out, cairn_error *err)
{
    const struct format_block *meta = &w->index.meta;
    struct format_end end = {.index_offset = meta->offset + meta->stored_len,
                             .index_len = format_index_bytes(&w->index)};
    auto_free uint8_t *tail = malloc(end.index_len + FORMAT_END_BYTES);
    if (!tail)
        return cairn_fail(err, ENOMEM, "out of memory for the index of image %s", w->name);
    format_put_index(&w->index, tail);
    codec_hash128(tail, end.index_len, end.index_hash);
    format_put_end(&end, tail + end.index_len);
    int rc = io_pwrite_full(w->file_fd, w->meta, meta->stored_len, meta->offset, w->partial, err);
    if (rc == 0)
        rc = io_pwrite_full(w->file_fd, tail, end.index_len + FORMAT_END_BYTES, end.index_offset,
                            w->partial, err);
    if (rc != 0)
        return rc;
    *out = format_summary(&w->index, &end);
    return 0;
}

static int make_durable(image_writer *w, cairn_error *err)
{
    if (fsync(w->file_fd) < 0)
        return cairn_fail_errno(err, "syncing %s/%s", w->partial, FORMAT_FILE);
    if (fsync(w->dir_fd) < 0)
        return cairn_fail_errno(err, "syncing %s", w->partial);
    if (renameat(w->checkpoints_fd, w->partial, w->checkpoints_fd, w->name) < 0)
        return cairn_fail_errno(err, "renaming %s to %s", w->partial, w->name);
    w->published = true;
    if (fsync(w->checkpoints_fd) < 0) {
        /* Removes the file, so that no later run relies on it. */
        int rc = cairn_fail_errno(err, "syncing the folder of image %s", w->name);
        w->published = renameat(w->checkpoints_fd, w->name, w->checkpoints_fd, w->partial) < 0;
        return rc;
    }
    return 0;
}

int image_writer_publish(image_writer *w, struct image_summary *out, cairn_error *err)
{
    struct image_summary summary;
    int rc = order_chunks(w, err);
    if (rc == 0)
        rc = write_tail(w, &summary, err);
    if (rc == 0)
        rc = make_durable(w, err);
    if (rc == 0)
        *out = summary;
    return rc;
}

void image_writer_close(image_writer *w)
{
    if (!w)
        return;
    if (w->file_fd >= 0)
        close(w->file_fd);
    if (w->dir_fd >= 0)
        close(w->dir_fd);
    /* No reader opens a partial image that could not be removed. The next writer of this sequence
     * replaces it. */
    if (w->made && !w->published)
        (void)!cairn_remove_tree(w->checkpoints_fd, w->partial, NULL);
    if (w->checkpoints_fd >= 0)
        close(w->checkpoints_fd);
    codec_pool_free(w->workers);
    pthread_mutex_destroy(&w->lock);
    format_index_free(&w->index);
    free(w->meta);
    free(w);
}
