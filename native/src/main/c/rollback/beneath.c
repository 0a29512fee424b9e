#include "rollback/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"

static int open_resolved(int base, const char *path, int flags, uint64_t resolve)
{
    struct open_how how = {
        .flags = (uint64_t)(flags | O_CLOEXEC | O_NOFOLLOW),
        .resolve = resolve | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    for (;;) {
        long fd = syscall(SYS_openat2, base, path, &how, sizeof how);
        /* EAGAIN: a rename elsewhere raced with the look-up. */
        if (fd >= 0 || (errno != EINTR && errno != EAGAIN))
            return (int)fd;
    }
}

int rb_open_beneath(int base, const char *path, int flags)
{
    return open_resolved(base, path, flags, RESOLVE_BENEATH);
}

int rb_open_absolute(const char *path, int flags)
{
    return open_resolved(AT_FDCWD, path, flags, 0);
}

int rb_open_parent(int base, const char *path, const char **last)
{
    const char *slash = strrchr(path, '/');
    *last = slash ? slash + 1 : path;
    char parent[PATH_MAX] = ".";
    if (slash) {
        size_t len = (size_t)(slash - path);
        if (len >= sizeof parent) {
            errno = ENAMETOOLONG;
            return -1;
        }
        memcpy(parent, path, len);
        parent[len] = '\0';
    }
    return rb_open_beneath(base, parent, O_PATH | O_DIRECTORY);
}

int rb_make_folders(int base, const char *path, cairn_error *err)
{
    char part[PATH_MAX];
    size_t len = strlen(path);
    if (len >= sizeof part)
        return cairn_fail(err, ENAMETOOLONG, "making folder %s", path);
    memcpy(part, path, len + 1);
    for (char *p = part; p;) {
        p = strchr(p, '/');
        if (p)
            *p = '\0';
        const char *last;
        auto_close int parent = rb_open_parent(base, part, &last);
        if (parent < 0)
            return cairn_fail_errno(err, "opening the folder of %s", part);
        if (mkdirat(parent, last, 0700) < 0 && errno != EEXIST)
            return cairn_fail_errno(err, "making folder %s", part);
        if (p)
            *p++ = '/';
    }
    return 0;
}
