#include "common/tree_removal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"

#define DEEPEST 200 /* the removal holds a descriptor for each level */

static int remove_at(int dirfd, const char *name, int depth, cairn_error *err);

static int remove_content(int fd, const char *name, int depth, cairn_error *err)
{
    auto_closedir DIR *dir = fdopendir(fd);
    if (!dir) {
        int rc = cairn_fail_errno(err, "listing %s", name);
        close(fd);
        return rc;
    }
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(dir);
        if (!entry)
            return errno == 0 ? 0 : cairn_fail_errno(err, "listing %s", name);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        int rc = remove_at(fd, entry->d_name, depth + 1, err);
        if (rc != 0)
            return rc;
    }
}

static int remove_at(int dirfd, const char *name, int depth, cairn_error *err)
{
    if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return cairn_fail_errno(err, "removing %s", name);
    if (depth > DEEPEST)
        return cairn_fail(err, ELOOP, "removing %s: more than %d folders deep", name, DEEPEST);
    int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return cairn_fail_errno(err, "opening %s to remove it", name);
    int rc = remove_content(fd, name, depth, err);
    if (rc == 0 && unlinkat(dirfd, name, AT_REMOVEDIR) < 0)
        rc = cairn_fail_errno(err, "removing %s", name);
    return rc;
}

int cairn_remove_tree(int dirfd, const char *name, cairn_error *err)
{
    return remove_at(dirfd, name, 0, err);
}
