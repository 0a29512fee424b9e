#include "journal/place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/cleanup.h"

#define MOST_LINKS 8

void place_close(struct place *p)
{
    cairn_cleanup_close(&p->folder);
}

static bool link_of(int proc_fd, const char *link, char out[PATH_MAX])
{
    ssize_t len = readlinkat(proc_fd, link, out, PATH_MAX - 1);
    if (len <= 0)
        return false;
    out[len] = '\0';
    return true;
}

/* The descriptor number that a path of /proc or /dev means to the task itself, or -1. Following the
 * path would lead to the supervisor's descriptor. */
static int own_descriptor(const char *path)
{
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/"};
    static const char *const streams[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(path, streams[i]) == 0)
            return i;
        size_t len = strlen(folders[i]);
        char *end;
        if (strncmp(path, folders[i], len) != 0)
            continue;
        long fd = strtol(path + len, &end, 10);
        return end != path + len && *end == '\0' && fd >= 0 && fd <= INT_MAX ? (int)fd : -1;
    }
    return -1;
}

/* Where a relative path starts. */
struct base {
    int fd;        /* below it ... */
    char link[48]; /* ... by this link first: the task's working folder, or a folder that it has
                    * open */
};

static struct base base_of(int proc_fd, pid_t tid, int dirfd)
{
    struct base base = {.fd = proc_fd};
    if (dirfd == AT_FDCWD)
        snprintf(base.link, sizeof base.link, "%d/cwd/", tid);
    else
        snprintf(base.link, sizeof base.link, "%d/fd/%d/", tid, dirfd);
    return base;
}

static bool has_other_root(int proc_fd, pid_t tid)
{
    char link[48], root[PATH_MAX];
    snprintf(link, sizeof link, "%d/root", tid);
    return link_of(proc_fd, link, root) && strcmp(root, "/") != 0;
}

static int open_in_other_root(int proc_fd, pid_t tid, const char *path)
{
    char link[48];
    snprintf(link, sizeof link, "%d/root", tid);
    auto_close int root = openat(proc_fd, link, O_PATH | O_CLOEXEC);
    const struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                                 .resolve = RESOLVE_IN_ROOT};
    return root < 0 ? -1 : (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

/* The folder `path` (which may be empty) from base, or from the task's root. */
static int open_folder(int proc_fd, pid_t tid, const struct base *base, const char *path)
{
    char below[PATH_MAX];
    if (path[0] == '/')
        return has_other_root(proc_fd, tid) ? open_in_other_root(proc_fd, tid, path)
                                            : open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    /* One look-up replaces two. */
    int n = snprintf(below, sizeof below, "%s%s", base->link, path[0] ? path : ".");
    if (n >= 0 && (size_t)n < sizeof below)
        return openat(base->fd, below, O_PATH | O_DIRECTORY | O_CLOEXEC);
    auto_close int start = openat(base->fd, base->link, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return start < 0 ? -1 : openat(start, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool stat_at(int folder, const char *name, int flags, struct stat *st, int64_t *born)
{
    struct statx sx;
    if (statx(folder, name, flags, STATX_BASIC_STATS | STATX_BTIME, &sx) < 0)
        return false;
    *st = (struct stat){
        .st_dev = makedev(sx.stx_dev_major, sx.stx_dev_minor),
        .st_ino = sx.stx_ino,
        .st_mode = sx.stx_mode,
        .st_nlink = sx.stx_nlink,
        .st_uid = sx.stx_uid,
        .st_gid = sx.stx_gid,
        .st_rdev = makedev(sx.stx_rdev_major, sx.stx_rdev_minor),
        .st_size = (off_t)sx.stx_size,
        .st_blocks = (blkcnt_t)sx.stx_blocks,
        .st_mtim = {sx.stx_mtime.tv_sec, sx.stx_mtime.tv_nsec},
    };
    *born =
        sx.stx_mask & STATX_BTIME ? sx.stx_btime.tv_sec * 1000000000LL + sx.stx_btime.tv_nsec : 0;
    return true;
}

bool place_stat(int folder, const char *name, int flags, struct stat *st, int64_t *born)
{
    return stat_at(folder, name, flags | AT_SYMLINK_NOFOLLOW, st, born);
}

static bool look(struct place *p)
{
    if (!place_stat(p->folder, "", AT_EMPTY_PATH, &p->folder_st, &p->folder_born))
        return false;
    p->exists = place_stat(p->folder, p->name, 0, &p->st, &p->born);
    return p->exists || errno == ENOENT;
}

/* Finds the file by the name that the kernel shows for a link of /proc. */
static bool place_of_link(int proc_fd, const char *link, struct place *out)
{
    char path[PATH_MAX];
    struct stat st;
    *out = (struct place){.folder = -1};
    if (fstatat(proc_fd, link, &st, 0) < 0 || st.st_nlink == 0 || !link_of(proc_fd, link, path) ||
        path[0] != '/')
        return false;
    char *slash = strrchr(path, '/');
    if (strlen(slash + 1) > NAME_MAX)
        return false;
    strcpy(out->name, slash[1] ? slash + 1 : ".");
    slash[slash == path] = '\0';
    out->folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (out->folder < 0 || !look(out) || !out->exists || out->st.st_ino != st.st_ino ||
        out->st.st_dev != st.st_dev) {
        place_close(out);
        out->folder = -1;
        return false;
    }
    return true;
}

bool place_inode_of_fd(int proc_fd, pid_t tid, int fd, struct stat *st, int64_t *born)
{
    char link[48];
    snprintf(link, sizeof link, "%d/fd/%d", tid, fd);
    return stat_at(proc_fd, link, 0, st, born);
}

bool place_of_fd(int proc_fd, pid_t tid, int fd, struct place *out)
{
    char link[48];
    snprintf(link, sizeof link, "%d/fd/%d", tid, fd);
    return place_of_link(proc_fd, link, out);
}

/* A path that does not end in a name (".", "..", "/"): opens the folder and asks the kernel for its
 * name. */
static bool place_of_folder(int proc_fd, int folder, struct place *out)
{
    char link[48];
    snprintf(link, sizeof link, "self/fd/%d", folder);
    return folder >= 0 && place_of_link(proc_fd, link, out);
}

/* Cuts off trailing slashes and splits at the last one: *name points into path. False if the last
 * component is no name. */
static bool split(char *path, char **name)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        path[--len] = '\0';
    char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    return **name && strcmp(*name, ".") != 0 && strcmp(*name, "..") != 0 &&
           strlen(*name) <= NAME_MAX;
}

static bool find_from(int proc_fd, pid_t tid, const struct base *base, const char *from_path,
                      bool follow, int links, struct place *out)
{
    char path[PATH_MAX], *name;
    int own = own_descriptor(from_path);
    if (own >= 0)
        return place_of_fd(proc_fd, tid, own, out);
    if (strncmp(from_path, "/proc/", 6) == 0 || strlen(from_path) >= sizeof path)
        return false;
    strcpy(path, from_path);
    if (!split(path, &name)) {
        auto_close int folder = open_folder(proc_fd, tid, base, path);
        return place_of_folder(proc_fd, folder, out);
    }
    *out = (struct place){.folder = -1};
    strcpy(out->name, name);
    bool at_root = name == path + 1 && path[0] == '/';
    if (!at_root && name > path)
        name[-1] = '\0';
    out->folder = open_folder(proc_fd, tid, base, at_root ? "/" : name > path ? path : "");
    if (out->folder < 0 || !look(out))
        return false;
    if (!follow || !out->exists || !S_ISLNK(out->st.st_mode))
        return true;
    char target[PATH_MAX];
    ssize_t len = readlinkat(out->folder, out->name, target, sizeof target - 1);
    if (len <= 0 || links == MOST_LINKS)
        return false;
    target[len] = '\0';
    struct place through = *out;
    const struct base there = {.fd = through.folder};
    *out = (struct place){.folder = -1};
    bool found = find_from(proc_fd, tid, &there, target, true, links + 1, out);
    place_close(&through);
    return found;
}

bool place_find(int proc_fd, pid_t tid, int dirfd, const char *path, bool follow, struct place *out)
{
    const struct base base = base_of(proc_fd, tid, dirfd);
    *out = (struct place){.folder = -1};
    if (find_from(proc_fd, tid, &base, path, follow, 0, out))
        return true;
    place_close(out);
    out->folder = -1;
    return false;
}

bool place_path(int proc_fd, const struct place *p, char out[PATH_MAX])
{
    char link[48];
    snprintf(link, sizeof link, "self/fd/%d", p->folder);
    if (!link_of(proc_fd, link, out))
        return false;
    size_t len = strlen(out);
    bool at_root = len == 1;
    int n = snprintf(out + len, PATH_MAX - len, "%s%s", at_root ? "" : "/", p->name);
    return n >= 0 && (size_t)n < PATH_MAX - len;
}
