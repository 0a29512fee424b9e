#include "journal/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "journal/log.h"

static int open_or_make(int at, const char *name, int *out, cairn_error *err)
{
    if (mkdirat(at, name, 0700) < 0 && errno != EEXIST)
        return cairn_fail_errno(err, "making the folder %s", name);
    *out = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *out < 0 ? cairn_fail_errno(err, "opening the folder %s", name) : 0;
}

int folder_open(int checkpoints, int *out, cairn_error *err)
{
    auto_close int folder = -1;
    auto_close int kept = -1;
    int rc = open_or_make(checkpoints, JOURNAL_FOLDER, &folder, err);
    if (rc == 0)
        rc = open_or_make(folder, JOURNAL_KEPT, &kept, err);
    if (rc == 0)
        *out = steal_fd(&folder);
    return rc;
}

static DIR *list(int at, const char *name)
{
    auto_close int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir)
        steal_fd(&fd);
    return dir;
}

int folder_newest(int folder, int64_t *out, cairn_error *err)
{
    auto_closedir DIR *dir = list(folder, ".");
    if (!dir)
        return cairn_fail_errno(err, "listing the journal");
    *out = -1;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (log_epoch(entry->d_name) > *out)
            *out = log_epoch(entry->d_name);
    return 0;
}

int folder_next(int folder, int64_t after, int64_t *out, cairn_error *err)
{
    auto_closedir DIR *dir = list(folder, ".");
    if (!dir)
        return cairn_fail_errno(err, "listing the journal");
    *out = -1;
    for (struct dirent *entry; (entry = readdir(dir));) {
        int64_t epoch = log_epoch(entry->d_name);
        if (epoch > after && (*out < 0 || epoch < *out))
            *out = epoch;
    }
    return 0;
}

int folder_drop_kept(int folder, uint32_t epoch, cairn_error *err)
{
    auto_closedir DIR *dir = list(folder, JOURNAL_KEPT);
    if (!dir)
        return cairn_fail_errno(err, "listing what the journal keeps");
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.' && strtoul(entry->d_name, NULL, 10) >= epoch &&
            unlinkat(dirfd(dir), entry->d_name, 0) < 0 && errno != ENOENT)
            return cairn_fail_errno(err, "removing %s from the journal", entry->d_name);
    return 0;
}

int folder_used(int folder, uint64_t *out, cairn_error *err)
{
    auto_closedir DIR *dir = list(folder, JOURNAL_KEPT);
    if (!dir)
        return cairn_fail_errno(err, "listing what the journal keeps");
    *out = 0;
    struct stat st;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.' &&
            fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_nlink == 1)
            *out += (uint64_t)st.st_blocks * 512;
    return 0;
}
