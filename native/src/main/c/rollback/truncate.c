#include "rollback/truncate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "rollback/beneath.h"
#include "rollback/compare.h"
#include "rollback/undone.h"
#include "rollback/walk.h"

#define NS 1000000000LL

static void times_of(const struct rb_node *want, struct timespec times[2])
{
    int64_t s = want->mtime / NS, ns = want->mtime % NS;
    times[0] = (struct timespec){.tv_nsec = UTIME_OMIT};
    times[1] = (struct timespec){.tv_sec = ns < 0 ? s - 1 : s, .tv_nsec = ns < 0 ? ns + NS : ns};
}

/* As chmod, for the file behind an O_PATH descriptor. */
static int change_mode(int path_fd, mode_t mode)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", path_fd);
    return chmod(path, mode);
}

int rb_open_to_change(int base, const char *path)
{
    const int flags = O_RDWR | O_NONBLOCK | O_NOCTTY;
    int fd = rb_open_beneath(base, path, flags);
    if (fd >= 0 || errno != EACCES)
        return fd;
    auto_close int path_fd = rb_open_beneath(base, path, O_PATH);
    if (path_fd < 0 || change_mode(path_fd, 0600) < 0)
        return -1;
    return rb_open_beneath(base, path, flags);
}

int rb_truncate(int base, const char *shown, const char *path, const struct rb_node *want,
                int kept_fd, int undone_fd, cairn_error *err)
{
    struct stat st;
    struct timespec times[2];
    auto_close int fd = rb_open_to_change(base, path);
    if (fd < 0 || fstat(fd, &st) < 0)
        return cairn_fail_errno(err, "opening %s/%s to cut it back", shown, path);
    if (st.st_size <= want->size)
        return 0;
    int rc =
        rb_undone_tail(undone_fd, fd, (uint64_t)want->size, (uint64_t)st.st_size, shown, path, err);
    if (rc == 0 && kept_fd >= 0)
        rc = rb_mark_cutting(kept_fd, want, err);
    if (rc != 0)
        return rc;
    times_of(want, times);
    if (ftruncate(fd, (off_t)want->size) < 0)
        return cairn_fail_errno(err, "cutting %s/%s back to %lld bytes", shown, path,
                                (long long)want->size);
    if (futimens(fd, times) < 0 && errno != EPERM)
        return cairn_fail_errno(err, "setting the time of %s/%s", shown, path);
    return 0;
}

int rb_set_attributes(int base, const char *shown, const struct rb_node *want, cairn_error *err)
{
    struct stat st;
    struct rb_node now = {0};
    struct timespec times[2];
    auto_close int fd = rb_open_beneath(base, want->path, O_PATH);
    if (fd < 0 || fstat(fd, &st) < 0)
        return cairn_fail_errno(err, "opening %s/%s", shown, want->path);
    rb_node_stat(&now, &st);
    if (geteuid() == 0 && (now.uid != want->uid || now.gid != want->gid)) {
        if (fchownat(fd, "", want->uid, want->gid, AT_EMPTY_PATH) < 0)
            return cairn_fail_errno(err, "giving %s/%s to its owner", shown, want->path);
        now.mode = 010000; /* chown may have cleared mode bits */
    }
    if (want->type != RB_SYMLINK && now.mode != want->mode &&
        change_mode(fd, want->mode & 07777) < 0)
        return cairn_fail_errno(err, "setting the mode of %s/%s", shown, want->path);
    times_of(want, times);
    if (now.mtime != want->mtime && utimensat(fd, "", times, AT_EMPTY_PATH) < 0 && errno != EPERM)
        return cairn_fail_errno(err, "setting the time of %s/%s", shown, want->path);
    return 0;
}
