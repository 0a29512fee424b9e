/* Pipes and fifos, with the bytes that were in them. */
#include "restore/pipes.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/hex.h"
#include "common/io.h"
#include "common/json.h"
#include "restore/fd_store.h"
#include "restore/nameless.h"

#define PATH_LIMIT 4096
#define PIPE_LIMIT (64u << 20)

/* Makes a separate buffer, to which later writes add nothing. */
static int give_buffer(int fd, const uint8_t *bytes, size_t len, cairn_error *err)
{
    void *page = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return cairn_fail_errno(err, "making room for a pipe");
    memcpy(page, bytes, len);
    const struct iovec buffer = {page, len};
    ssize_t n = vmsplice(fd, &buffer, 1, SPLICE_F_NONBLOCK);
    int rc = n == (ssize_t)len ? 0 : cairn_fail_errno(err, "filling a pipe");
    munmap(page, len);
    return rc;
}

/* The kernel adds a write to the previous buffer if that has room, so only the last one may be
 * partial. A packet stands by itself. */
static int write_buffer(int fd, const json_t *item, bool last, const uint8_t *bytes, size_t left,
                        size_t *len, cairn_error *err)
{
    const json_t *packet = json_object_get(item, "packet");
    json_int_t size = json_integer_value(packet ? packet : item);
    if (size <= 0 || (uint64_t)size > left)
        return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "a buffer of %lld bytes in a pipe",
                          (long long)size);
    *len = (size_t)size;
    if (!packet && !last)
        return give_buffer(fd, bytes, *len, err);
    if (fcntl(fd, F_SETFL, packet ? O_DIRECT : 0) < 0)
        return cairn_fail_errno(err, "making a pipe of packets");
    return io_write_full(fd, bytes, *len, "a pipe of the step", err);
}

static int write_buffers(int fd, const json_t *buffers, const uint8_t *bytes, size_t len,
                         cairn_error *err)
{
    size_t i, at = 0, n = 0, count = json_array_size(buffers);
    const json_t *item;
    int rc = 0;
    json_array_foreach(buffers, i, item)
    {
        if (rc == 0)
            rc = write_buffer(fd, item, i + 1 == count, bytes + at, len - at, &n, err);
        at += rc == 0 ? n : 0;
    }
    return rc;
}

/* For older images: writes packets one by one, so that they are read one by one. */
static int write_packets(int fd, const json_t *packets, const uint8_t *bytes, size_t len,
                         cairn_error *err)
{
    size_t i, at = 0;
    json_t *item;
    if (fcntl(fd, F_SETFL, O_DIRECT) < 0)
        return cairn_fail_errno(err, "making a pipe of packets");
    json_array_foreach(packets, i, item)
    {
        json_int_t size = json_integer_value(item);
        if (size <= 0 || (uint64_t)size > len - at)
            return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "a packet of %lld bytes in a pipe",
                              (long long)size);
        int rc = io_write_full(fd, bytes + at, (size_t)size, "a pipe of the step", err);
        if (rc != 0)
            return rc;
        at += (size_t)size;
    }
    return 0;
}

static int fill_pipe(int write_end, const json_t *json, cairn_error *err)
{
    const char *hex = json_string_value(json_object_get(json, "content"));
    const json_t *packets = json_object_get(json, "packets"),
                 *buffers = json_object_get(json, "buffers");
    int64_t size = 0;
    int rc = json_may_int(json, "size", 0, PIPE_LIMIT, &size, err);
    if (rc != 0)
        return rc;
    if (size > 0 && fcntl(write_end, F_SETPIPE_SZ, (int)size) < 0)
        return cairn_fail_errno(err, "making a pipe of %lld bytes", (long long)size);
    if (!hex)
        return 0;
    auto_free void *bytes = NULL;
    size_t len;
    rc = hex_decode(hex, PIPE_LIMIT, &bytes, &len, err);
    if (rc != 0)
        return rc;
    if (buffers)
        return write_buffers(write_end, buffers, bytes, len, err);
    return packets ? write_packets(write_end, packets, bytes, len, err)
                   : io_write_full(write_end, bytes, len, "a pipe of the step", err);
}

/* Opens both ends of a fifo through the name that it has or had. */
static int open_fifo(const json_t *json, const char *path, int read_end, int write_end,
                     cairn_error *err)
{
    const char *link = NULL;
    int64_t mode = -1;
    auto_nameless struct nameless name = {0};
    int rc = json_may_string(json, "link", PATH_LIMIT, &link, err);
    if (rc == 0)
        rc = json_may_int(json, "nameless", 0, 07777, &mode, err);
    if (rc == 0 && (link || mode >= 0))
        rc = nameless_begin(&name, path, link ? NAMELESS_LINK : NAMELESS_FIFO, link, err);
    if (rc != 0)
        return rc;
    auto_close int both = open(*name.path ? name.path : path, O_RDWR | O_CLOEXEC);
    if (both < 0 || dup3(both, read_end, O_CLOEXEC) < 0 || dup3(both, write_end, O_CLOEXEC) < 0)
        return cairn_fail_errno(err, "opening the fifo %s", path);
    if (mode >= 0 && fchmod(both, (mode_t)mode) < 0)
        return cairn_fail_errno(err, "setting the mode of the fifo %s", path);
    return 0;
}

static int open_end(const struct restoration *r, size_t i, int64_t flags, int from, bool alone,
                    cairn_error *err)
{
    char end[64];
    snprintf(end, sizeof end, "/proc/self/fd/%d", from);
    auto_close int fd =
        open(end, (int)(flags & (O_ACCMODE | O_NONBLOCK)) | (alone ? O_NONBLOCK : 0) | O_CLOEXEC);
    if (fd < 0 || fcntl(fd, F_SETFL, (int)flags & (O_NONBLOCK | O_DIRECT)) < 0)
        return cairn_fail_errno(err, "opening an end of a pipe");
    return fd_store_place(fd, fd_store_description(r, (int64_t)i), err);
}

/* Opens the ends of a pipe, except ends (never written) that have not seen a writer; or only those,
 * if there is no writer. */
static int open_ends(const struct restoration *r, json_int_t pipe_id, bool unwritten, int read_end,
                     int write_end, cairn_error *err)
{
    size_t i;
    json_t *json;
    bool filled = unwritten;
    json_array_foreach(json_object_get(r->meta, "descriptions"), i, json)
    {
        if (!description_is_kind(json, "pipe") ||
            json_integer_value(json_object_get(json, "pipe")) != pipe_id ||
            json_is_true(json_object_get(json, "unwritten")) != unwritten)
            continue;
        int64_t flags;
        int rc = json_need_int(json, "flags", 0, INT32_MAX, &flags, err);
        bool writes = (flags & O_ACCMODE) == O_WRONLY;
        bool knows = json_object_get(json, "size") != NULL;
        if (rc == 0 && knows && !filled)
            rc = fill_pipe(write_end, json, err);
        filled |= knows;
        if (rc == 0)
            rc = open_end(r, i, flags, writes ? write_end : read_end, unwritten, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* Restores all descriptions of one pipe at once: pipe() gives two ends, which are opened again for
 * each description. */
int pipe_restore(const struct restoration *r, size_t first, cairn_error *err)
{
    const json_t *descriptions = json_object_get(r->meta, "descriptions");
    json_int_t pipe_id =
        json_integer_value(json_object_get(json_array_get(descriptions, first), "pipe"));
    const char *path =
        json_string_value(json_object_get(json_array_get(descriptions, first), "path"));
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return cairn_fail_errno(err, "making a pipe");
    auto_close int read_end = ends[0];
    auto_close int write_end = ends[1];
    if (path) {
        int rc = open_fifo(json_array_get(descriptions, first), path, read_end, write_end, err);
        if (rc != 0)
            return rc;
    }
    char inode[64];
    snprintf(inode, sizeof inode, "/proc/self/fd/%d", read_end);
    auto_close int alone = open(inode, O_PATH | O_CLOEXEC);
    if (alone < 0)
        return cairn_fail_errno(err, "opening a pipe");
    int rc = open_ends(r, pipe_id, false, read_end, write_end, err);
    close(steal_fd(&read_end));
    close(steal_fd(&write_end));
    return rc == 0 ? open_ends(r, pipe_id, true, alone, -1, err) : rc;
}
