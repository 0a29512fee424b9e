#include "rollback/undone.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "rollback/beneath.h"
#include "rollback/file_content.h"

#define PLACES 10000

int rb_rename_vacant(int from_dir, const char *from, int to_dir, const char *to)
{
    if (renameat2(from_dir, from, to_dir, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    /* For a file system without the flag, which is safe because no other process works in these
     * folders. */
    struct stat st;
    if (fstatat(to_dir, to, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return -1;
    }
    return renameat(from_dir, from, to_dir, to);
}

/* --- across file systems --- */

static int copy_away(int from_dir, const char *from, int to_dir, const char *to, cairn_error *err);
static int remove_all(int dir, const char *name, cairn_error *err);

/* Opens a stream over a folder, or NULL. */
static DIR *list_folder(int dir, const char *name)
{
    auto_close int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    if (stream)
        steal_fd(&fd);
    return stream;
}

static struct dirent *next_entry(DIR *stream)
{
    struct dirent *entry;
    do {
        errno = 0;
        entry = readdir(stream);
    } while (entry && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
    return entry;
}

static int copy_folder_away(int from_dir, const char *from, int to_dir, const char *to,
                            cairn_error *err)
{
    auto_closedir DIR *stream = list_folder(from_dir, from);
    if (!stream)
        return cairn_fail_errno(err, "listing %s", from);
    if (mkdirat(to_dir, to, 0700) < 0)
        return cairn_fail_errno(err, "making the folder %s in undone", to);
    auto_close int into = openat(to_dir, to, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (into < 0)
        return cairn_fail_errno(err, "opening the folder %s in undone", to);
    for (struct dirent *entry; (entry = next_entry(stream));) {
        int rc = copy_away(dirfd(stream), entry->d_name, into, entry->d_name, err);
        if (rc != 0)
            return rc;
    }
    if (errno != 0 || fsync(into) < 0)
        return cairn_fail_errno(err, "copying the folder %s to undone", from);
    return 0;
}

static int copy_file_away(int from_dir, const char *from, const struct stat *st, int to_dir,
                          const char *to, cairn_error *err)
{
    auto_close int in = openat(from_dir, from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    auto_close int out =
        in < 0 ? -1
               : openat(to_dir, to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (out < 0)
        return cairn_fail_errno(err, "moving %s to undone", from);
    int rc = rb_content_copy(in, 0, (uint64_t)st->st_size, out, from, NULL, err);
    if (rc != 0)
        return rc;
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, st->st_mtim};
    if (fchmod(out, st->st_mode & 07777) < 0 || futimens(out, times) < 0 || fsync(out) < 0)
        return cairn_fail_errno(err, "moving %s to undone", from);
    return 0;
}

static int copy_away(int from_dir, const char *from, int to_dir, const char *to, cairn_error *err)
{
    struct stat st;
    if (fstatat(from_dir, from, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return cairn_fail_errno(err, "looking at %s", from);
    if (S_ISDIR(st.st_mode))
        return copy_folder_away(from_dir, from, to_dir, to, err);
    if (S_ISREG(st.st_mode))
        return copy_file_away(from_dir, from, &st, to_dir, to, err);
    if (S_ISLNK(st.st_mode)) {
        char target[PATH_MAX];
        ssize_t len = readlinkat(from_dir, from, target, sizeof target - 1);
        if (len < 0)
            return cairn_fail_errno(err, "reading the link %s", from);
        target[len] = '\0';
        if (symlinkat(target, to_dir, to) < 0)
            return cairn_fail_errno(err, "moving the link %s to undone", from);
    }
    return 0; /* a pipe, socket or device holds no data to keep */
}

static int remove_folder(int dir, const char *name, cairn_error *err)
{
    auto_closedir DIR *stream = list_folder(dir, name);
    if (!stream)
        return cairn_fail_errno(err, "listing %s", name);
    for (struct dirent *entry; (entry = next_entry(stream));) {
        int rc = remove_all(dirfd(stream), entry->d_name, err);
        if (rc != 0)
            return rc;
    }
    if (errno != 0 || unlinkat(dir, name, AT_REMOVEDIR) < 0)
        return cairn_fail_errno(err, "removing the folder %s, which is in undone now", name);
    return 0;
}

static int remove_all(int dir, const char *name, cairn_error *err)
{
    struct stat st;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return cairn_fail_errno(err, "looking at %s", name);
    if (S_ISDIR(st.st_mode))
        return remove_folder(dir, name, err);
    if (unlinkat(dir, name, 0) < 0)
        return cairn_fail_errno(err, "removing %s, which is in undone now", name);
    return 0;
}

static int move_across(int from_dir, const char *from, int to_dir, const char *to, cairn_error *err)
{
    int rc = copy_away(from_dir, from, to_dir, to, err);
    if (rc != 0)
        return rc;
    auto_close int folder = openat(to_dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || fsync(folder) < 0)
        return cairn_fail_errno(err, "syncing undone");
    return remove_all(from_dir, from, err);
}

/* --- places --- */

/* Makes the folders of the n-th place for a path. 0 and *folder with *last; 1: this place is taken.
 */
static int open_place(int undone_fd, unsigned n, const char *shown, const char *path,
                      const char *suffix, char place[PATH_MAX], int *folder, const char **last,
                      cairn_error *err)
{
    int len = snprintf(place, PATH_MAX, "%u%s%s%s%s", n, strcmp(shown, "/") == 0 ? "" : shown, "/",
                       path, suffix);
    if (len >= PATH_MAX)
        return cairn_fail(err, ENAMETOOLONG, "moving %s/%s to undone", shown, path);
    /* Finds a free place before it makes anything. So an undoing that is killed again and again
     * makes the same number of changes to find the next place. */
    auto_close int taken = rb_open_beneath(undone_fd, place, O_PATH);
    if (taken >= 0 || errno == ENOTDIR || errno == ELOOP)
        return 1;
    char *slash = strrchr(place, '/');
    *slash = '\0';
    cairn_error reason;
    int rc = rb_make_folders(undone_fd, place, &reason);
    *slash = '/';
    if (rc != 0)
        return cairn_fail(err, reason.code, "making a place in undone: %s", reason.message);
    *folder = rb_open_parent(undone_fd, place, last);
    return *folder < 0 ? cairn_fail_errno(err, "opening a place in undone") : 0;
}

static int find_place(int undone_fd, const char *shown, const char *path, const char *suffix,
                      char place[PATH_MAX], int *folder, const char **last, cairn_error *err)
{
    for (unsigned n = 0; n < PLACES; n++) {
        int rc = open_place(undone_fd, n, shown, path, suffix, place, folder, last, err);
        if (rc <= 0)
            return rc;
    }
    return cairn_fail(err, EEXIST, "no place in undone for %s/%s", shown, path);
}

int rb_undone_take(int undone_fd, int base, const char *shown, const char *path, cairn_error *err)
{
    char place[PATH_MAX];
    const char *from, *to;
    auto_close int to_dir = -1;
    auto_close int from_dir = rb_open_parent(base, path, &from);
    if (from_dir < 0)
        return cairn_fail_errno(err, "opening the folder of %s/%s", shown, path);
    int rc = find_place(undone_fd, shown, path, "", place, &to_dir, &to, err);
    if (rc != 0)
        return rc;
    if (rb_rename_vacant(from_dir, from, to_dir, to) == 0)
        return 0;
    if (errno == EXDEV)
        return move_across(from_dir, from, to_dir, to, err);
    return cairn_fail_errno(err, "moving %s/%s to undone", shown, path);
}

int rb_undone_tail(int undone_fd, int fd, uint64_t from, uint64_t to, const char *shown,
                   const char *path, cairn_error *err)
{
    char place[PATH_MAX], suffix[32];
    const char *name;
    auto_close int folder = -1;
    snprintf(suffix, sizeof suffix, ".from-%llu", (unsigned long long)from);
    int rc = find_place(undone_fd, shown, path, suffix, place, &folder, &name, err);
    if (rc != 0)
        return rc;
    auto_close int out =
        openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (out < 0)
        return cairn_fail_errno(err, "keeping the tail of %s/%s", shown, path);
    rc = rb_content_copy(fd, from, to - from, out, path, NULL, err);
    if (rc == 0 && fsync(out) < 0)
        rc = cairn_fail_errno(err, "keeping the tail of %s/%s", shown, path);
    return rc;
}
