#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"

int io_read_full(int fd, void *buf, size_t len, const char *what, cairn_error *err)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = read(fd, (char *)buf + done, len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cairn_fail_errno(err, "reading %s", what);
        if (n == 0)
            return cairn_fail(err, CAIRN_EIMAGE_TORN, "%s ends after %zu of %zu bytes", what, done,
                              len);
        done += (size_t)n;
    }
    return 0;
}

int io_pread_full(int fd, void *buf, size_t len, uint64_t offset, const char *what,
                  cairn_error *err)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = pread(fd, (char *)buf + done, len - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cairn_fail_errno(err, "reading %s", what);
        if (n == 0)
            return cairn_fail(err, CAIRN_EIMAGE_TORN, "%s ends at byte %llu", what,
                              (unsigned long long)(offset + done));
        done += (size_t)n;
    }
    return 0;
}

int io_write_full(int fd, const void *buf, size_t len, const char *what, cairn_error *err)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = write(fd, (const char *)buf + done, len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cairn_fail_errno(err, "writing %s", what);
        if (n ==
            0) /* the memory of a process that has ended accepts no bytes and reports no errno */
            return cairn_fail(err, EIO, "writing %s: nothing more is taken", what);
        done += (size_t)n;
    }
    return 0;
}

int io_pwrite_full(int fd, const void *buf, size_t len, uint64_t offset, const char *what,
                   cairn_error *err)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = pwrite(fd, (const char *)buf + done, len - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cairn_fail_errno(err, "writing %s", what);
        if (n ==
            0) /* the memory of a process that has ended returns no bytes and reports no errno */
            return cairn_fail(err, EIO, "writing %s: nothing more is taken", what);
        done += (size_t)n;
    }
    return 0;
}

bool io_is_absent(int error)
{
    return error == ENOENT || error == ENOTDIR || error == ELOOP || error == EXDEV;
}

int io_read_file(int dirfd, const char *name, size_t limit, char **out, size_t *len,
                 cairn_error *err)
{
    auto_close int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cairn_fail_errno(err, "opening %s", name);
    return io_read_stream(fd, name, limit, out, len, err);
}

int io_read_stream(int fd, const char *name, size_t limit, char **out, size_t *len,
                   cairn_error *err)
{
    size_t size = 4096, used = 0;
    auto_free char *buf = malloc(size + 1);
    if (!buf)
        return cairn_fail(err, ENOMEM, "out of memory reading %s", name);
    for (;;) {
        ssize_t n = read(fd, buf + used, size - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cairn_fail_errno(err, "reading %s", name);
        if (n == 0)
            break;
        used += (size_t)n;
        if (used > limit)
            return cairn_fail(err, EFBIG, "%s is larger than %zu bytes", name, limit);
        if (used == size) {
            char *grown = realloc(buf, size * 2 + 1);
            if (!grown)
                return cairn_fail(err, ENOMEM, "out of memory reading %s", name);
            buf = grown;
            size *= 2;
        }
    }
    buf[used] = '\0';
    *out = steal_ptr(&buf);
    if (len)
        *len = used;
    return 0;
}

/* Writes dirfd/temporary durably; the caller then renames it. On failure no file is left. */
static int write_temporary(int dirfd, const char *temporary, const void *data, size_t len,
                           cairn_error *err)
{
    if (unlinkat(dirfd, temporary, 0) < 0 && errno != ENOENT)
        return cairn_fail_errno(err, "removing %s", temporary);
    auto_close int fd =
        openat(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return cairn_fail_errno(err, "creating %s", temporary);
    int rc = io_write_full(fd, data, len, temporary, err);
    if (rc == 0 && fsync(fd) < 0)
        rc = cairn_fail_errno(err, "syncing %s", temporary);
    if (rc != 0)
        unlinkat(dirfd, temporary, 0);
    return rc;
}

static int publish(int dirfd, const char *name, const void *data, size_t len, bool replace,
                   cairn_error *err)
{
    char temporary[300];
    if (snprintf(temporary, sizeof temporary, ".%s.new", name) >= (int)sizeof temporary)
        return cairn_fail(err, ENAMETOOLONG, "publishing %s", name);
    int rc = write_temporary(dirfd, temporary, data, len, err);
    if (rc != 0)
        return rc;
    bool named = replace ? renameat(dirfd, temporary, dirfd, name) == 0
                         : linkat(dirfd, temporary, dirfd, name, 0) == 0;
    if (!named)
        rc = cairn_fail_errno(err, "naming %s %s", temporary, name);
    if (!named || !replace)
        unlinkat(dirfd, temporary, 0);
    if (rc == 0 && fsync(dirfd) < 0)
        rc = cairn_fail_errno(err, "syncing the folder of %s", name);
    return rc;
}

int io_publish_file(int dirfd, const char *name, const void *data, size_t len, cairn_error *err)
{
    return publish(dirfd, name, data, len, true, err);
}

int io_publish_new_file(int dirfd, const char *name, const void *data, size_t len, cairn_error *err)
{
    return publish(dirfd, name, data, len, false, err);
}

int io_append_line(int fd, const char *line, const char *what, cairn_error *err)
{
    size_t len = strlen(line);
    auto_free char *with_newline = malloc(len + 1);
    if (!with_newline)
        return cairn_fail(err, ENOMEM, "out of memory appending to %s", what);
    memcpy(with_newline, line, len);
    with_newline[len] = '\n';
    off_t end = lseek(fd, 0, SEEK_END);
    int rc = io_write_full(fd, with_newline, len + 1, what, err);
    if (rc != 0 && end >= 0 && ftruncate(fd, end) < 0)
        return rc; /* half a line stays, as after a power cut */
    if (rc != 0)
        return rc;
    if (fdatasync(fd) < 0)
        return cairn_fail_errno(err, "syncing %s", what);
    return 0;
}
