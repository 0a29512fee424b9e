#include "journal/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "journal/missing.h"

#define PAGE 4096u

/* One call of one thread. */
struct call {
    struct recorder *r;
    pid_t tid;
    int nr;
    uint64_t arg[6];
    bool unreadable; /* its memory */
    cairn_error *err;
};

/* Reads up to `size` bytes of the task's memory at an address. Stops at a page that is not mapped.
 */
static ssize_t read_memory(struct call *c, uint64_t address, void *to, size_t size)
{
    struct iovec local = {to, size}, remote[4];
    unsigned n = 0;
    for (size_t done = 0; done < size && n < 4; n++) {
        size_t part = PAGE - (address + done) % PAGE;
        if (part > size - done)
            part = size - done;
        remote[n] = (struct iovec){(void *)(uintptr_t)(address + done), part};
        done += part;
    }
    ssize_t got = process_vm_readv(c->tid, &local, 1, remote, n, 0);
    if (got < 0 && (errno == EPERM || errno == EACCES))
        c->unreadable = true;
    return got;
}

/* False if the call will fail, or if the supervisor may not read the memory. */
static bool read_text(struct call *c, int argument, char *out, size_t size)
{
    ssize_t n = c->arg[argument] ? read_memory(c, c->arg[argument], out, size) : -1;
    return n > 0 && memchr(out, '\0', (size_t)n);
}

/* Finds the place that a dirfd argument (-1: none) and a path argument refer to. */
static bool find(struct call *c, int dirfd, int path, bool follow, struct place *out)
{
    char text[PATH_MAX];
    *out = (struct place){.folder = -1};
    int from = dirfd < 0 ? AT_FDCWD : (int)c->arg[dirfd];
    if (!read_text(c, path, text, sizeof text))
        return false;
    if (text[0] == '\0') /* AT_EMPTY_PATH */
        return from != AT_FDCWD && place_of_fd(c->r->proc_fd, c->tid, from, out);
    return place_find(c->r->proc_fd, c->tid, from, text, follow, out);
}

static int making(struct call *c, int dirfd, int path)
{
    auto_place struct place p = {.folder = -1};
    return find(c, dirfd, path, false, &p) ? record_making(c->r, &p, c->err) : 0;
}

static int removal(struct call *c, int dirfd, int path)
{
    auto_place struct place p = {.folder = -1};
    return find(c, dirfd, path, false, &p) ? record_removal(c->r, &p, c->err) : 0;
}

static int renaming(struct call *c, int from_dir, int from_path, int to_dir, int to_path,
                    bool exchange)
{
    auto_place struct place from = {.folder = -1}, to = {.folder = -1};
    if (!find(c, from_dir, from_path, false, &from) || !find(c, to_dir, to_path, false, &to))
        return 0;
    return record_rename(c->r, &from, &to, exchange, c->err);
}

static int linking(struct call *c, int from_dir, int from_path, int to_dir, int to_path,
                   bool follow)
{
    auto_place struct place from = {.folder = -1}, to = {.folder = -1};
    if (!find(c, to_dir, to_path, false, &to))
        return 0;
    /* A link to a file without a name (O_TMPFILE): only the new name must be recorded. */
    if (!find(c, from_dir, from_path, follow, &from))
        return record_making(c->r, &to, c->err);
    return record_link(c->r, &from, &to, c->err);
}

static int opening(struct call *c, int dirfd, int path, uint64_t flags)
{
    auto_place struct place p = {.folder = -1};
    bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);
    bool makes = flags & O_CREAT;
    if ((flags & O_PATH) || (flags & O_TMPFILE) == O_TMPFILE || (!writes && !makes))
        return 0;
    bool follow = !(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
    if (!find(c, dirfd, path, follow, &p))
        return 0;
    if (!p.exists)
        return makes ? record_making(c->r, &p, c->err) : 0;
    if (!writes || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
        return 0;
    return record_writing(c->r, &p, (flags & O_APPEND) && !(flags & O_TRUNC), c->err);
}

static int opening_how(struct call *c)
{
    struct open_how how = {0};
    size_t size = c->arg[3] < sizeof how ? c->arg[3] : sizeof how;
    if (read_memory(c, c->arg[2], &how, size) < (ssize_t)size)
        return 0;
    return opening(c, 0, 1, how.flags);
}

static int writing_path(struct call *c, int path)
{
    auto_place struct place p = {.folder = -1};
    return find(c, -1, path, true, &p) ? record_writing(c->r, &p, false, c->err) : 0;
}

/* Finds the file of a descriptor, if a change of that aspect must be recorded. */
static bool find_fd(struct call *c, int fd, enum aspect aspect, struct place *out)
{
    struct stat st;
    int64_t born;
    int number = (int)c->arg[fd];
    *out = (struct place){.folder = -1};
    return place_inode_of_fd(c->r->proc_fd, c->tid, number, &st, &born) &&
           record_is_needed(c->r, &st, born, aspect) &&
           place_of_fd(c->r->proc_fd, c->tid, number, out);
}

static int writing_fd(struct call *c, int fd, enum aspect aspect)
{
    auto_place struct place p = {.folder = -1};
    return find_fd(c, fd, aspect, &p) ? record_writing(c->r, &p, false, c->err) : 0;
}

static int attributes(struct call *c, int dirfd, int path, bool follow)
{
    auto_place struct place p = {.folder = -1};
    return find(c, dirfd, path, follow, &p) ? record_attributes(c->r, &p, c->err) : 0;
}

static int attributes_fd(struct call *c, int fd)
{
    auto_place struct place p = {.folder = -1};
    return find_fd(c, fd, ASPECT_ATTRIBUTES, &p) ? record_attributes(c->r, &p, c->err) : 0;
}

/* name: the number of the argument that holds the attribute's name. */
static int xattr(struct call *c, int dirfd, int path, bool follow, int name)
{
    char text[256];
    auto_place struct place p = {.folder = -1};
    if (!find(c, dirfd, path, follow, &p) || !read_text(c, name, text, sizeof text))
        return 0;
    return record_xattr(c->r, &p, text, c->err);
}

static int xattr_fd(struct call *c)
{
    char text[256];
    auto_place struct place p = {.folder = -1};
    if (!place_of_fd(c->r->proc_fd, c->tid, (int)c->arg[0], &p) ||
        !read_text(c, 1, text, sizeof text))
        return 0;
    return record_xattr(c->r, &p, text, c->err);
}

static int binding(struct call *c)
{
    struct sockaddr_un address = {0};
    size_t size = c->arg[2] < sizeof address ? c->arg[2] : sizeof address;
    auto_place struct place p = {.folder = -1};
    if (read_memory(c, c->arg[1], &address, size) <
            (ssize_t)offsetof(struct sockaddr_un, sun_path) ||
        address.sun_family != AF_UNIX || address.sun_path[0] == '\0')
        return 0;
    char path[sizeof address.sun_path + 1] = "";
    memcpy(path, address.sun_path, sizeof address.sun_path);
    if (!place_find(c->r->proc_fd, c->tid, AT_FDCWD, path, false, &p))
        return 0;
    return record_making(c->r, &p, c->err);
}

static int utimensat_call(struct call *c)
{
    if (!c->arg[1])
        return attributes_fd(c, 0);
    return attributes(c, 0, 1, !(c->arg[3] & AT_SYMLINK_NOFOLLOW));
}

static int dispatch(struct call *c)
{
    const uint64_t *arg = c->arg;
    switch (c->nr) {
    case SYS_open:
        return opening(c, -1, 0, arg[1]);
    case SYS_openat:
        return opening(c, 0, 1, arg[2]);
    case SYS_openat2:
        return opening_how(c);
    case SYS_creat:
        return opening(c, -1, 0, O_CREAT | O_WRONLY | O_TRUNC);
    case SYS_truncate:
        return writing_path(c, 0);
    case SYS_ftruncate:
    case SYS_fallocate:
        return writing_fd(c, 0, ASPECT_CONTENT);
    /* A file opened for appending can be overwritten from now on. */
    case SYS_fcntl:
    case SYS_pwritev2:
        return writing_fd(c, 0, ASPECT_APPENDED);
    case SYS_mmap:
        return writing_fd(c, 4, ASPECT_APPENDED);
    case SYS_rename:
        return renaming(c, -1, 0, -1, 1, false);
    case SYS_renameat:
        return renaming(c, 0, 1, 2, 3, false);
    case SYS_renameat2:
        return renaming(c, 0, 1, 2, 3, arg[4] & RENAME_EXCHANGE);
    case SYS_unlink:
    case SYS_rmdir:
        return removal(c, -1, 0);
    case SYS_unlinkat:
        return removal(c, 0, 1);
    case SYS_link:
        return linking(c, -1, 0, -1, 1, false);
    case SYS_linkat:
        return linking(c, 0, 1, 2, 3, arg[4] & AT_SYMLINK_FOLLOW);
    case SYS_symlink:
        return making(c, -1, 1);
    case SYS_symlinkat:
        return making(c, 1, 2);
    case SYS_mkdir:
    case SYS_mknod:
        return making(c, -1, 0);
    case SYS_mkdirat:
    case SYS_mknodat:
        return making(c, 0, 1);
    case SYS_chmod:
    case SYS_chown:
    case SYS_utime:
    case SYS_utimes:
        return attributes(c, -1, 0, true);
    case SYS_lchown:
        return attributes(c, -1, 0, false);
    case SYS_fchmod:
    case SYS_fchown:
        return attributes_fd(c, 0);
    case SYS_fchmodat:
        return attributes(c, 0, 1, true);
    case SYS_fchmodat2:
        return attributes(c, 0, 1, !(arg[3] & AT_SYMLINK_NOFOLLOW));
    case SYS_futimesat:
        return arg[1] ? attributes(c, 0, 1, true) : attributes_fd(c, 0);
    case SYS_fchownat:
        return attributes(c, 0, 1, !(arg[4] & AT_SYMLINK_NOFOLLOW));
    case SYS_utimensat:
        return utimensat_call(c);
    case SYS_setxattr:
    case SYS_removexattr:
        return xattr(c, -1, 0, true, 1);
    case SYS_lsetxattr:
    case SYS_lremovexattr:
        return xattr(c, -1, 0, false, 1);
    case SYS_fsetxattr:
    case SYS_fremovexattr:
        return xattr_fd(c);
    case SYS_setxattrat:
    case SYS_removexattrat:
        return xattr(c, 0, 1, !(arg[2] & AT_SYMLINK_NOFOLLOW), 3);
    case SYS_bind:
        return binding(c);
    default:
        return 0;
    }
}

int call_record(struct recorder *r, const struct seccomp_notif *notif, cairn_error *err)
{
    struct call c = {.r = r, .tid = (pid_t)notif->pid, .nr = notif->data.nr, .err = err};
    for (int i = 0; i < 6; i++)
        c.arg[i] = notif->data.args[i];
    int rc = dispatch(&c);
    if (rc != 0 || !c.unreadable)
        return rc;
    char who[100];
    snprintf(who, sizeof who, "a process of the step (pid %d here) cannot be looked at", c.tid);
    return record_unknown(r, who, err);
}
