#include "rollback/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "rollback/beneath.h"
#include "rollback/names.h"

#define MAX_DEPTH 100
#define NS 1000000000LL
/* File times have the resolution of the kernel's tick (10 ms at most); a file system without
 * nanoseconds counts in steps of up to 2 s. */
#define TICK_NS (50 * 1000000LL)
#define COARSE_NS (3 * NS)

struct walk {
    const struct rb_own *own;
    bool open_up;
    uint64_t dev; /* device of the root: files on another device are not entered */
    struct rb_arena *arena;
    struct rb_tree *tree;
    cairn_error *err;
};

void rb_own_add(struct rb_own *own, int fd)
{
    struct stat st;
    if (own->n < sizeof own->folders / sizeof own->folders[0] && fstat(fd, &st) == 0) {
        own->folders[own->n].dev = st.st_dev;
        own->folders[own->n++].ino = st.st_ino;
    }
}

bool rb_own_has(const struct rb_own *own, uint64_t dev, uint64_t ino)
{
    for (size_t i = 0; i < own->n; i++)
        if (own->folders[i].dev == dev && own->folders[i].ino == ino)
            return true;
    return false;
}

static void own_add_named(struct rb_own *own, int fd, const char *path)
{
    auto_close int folder = openat(fd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder >= 0)
        rb_own_add(own, folder);
}

/* Whether the path of this folder ends in runs/RUN/steps/STEP/NAME. */
static bool is_in_home(int fd)
{
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    if (len <= 0)
        return false;
    path[len] = '\0';
    const char *expected[] = {NULL, NULL, "steps", NULL, "runs"};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        char *slash = strrchr(path, '/');
        if (!slash || (expected[i] && strcmp(slash + 1, expected[i]) != 0))
            return false;
        *slash = '\0';
    }
    return true;
}

void rb_own_around(int checkpoints_fd, struct rb_own *own)
{
    rb_own_add(own, checkpoints_fd);
    own_add_named(own, checkpoints_fd, "../attempts");
    if (is_in_home(checkpoints_fd)) {
        const char *up[] = {"..", "../..", "../../..", "../../../..", "../../../../.."};
        for (size_t i = 0; i < sizeof up / sizeof up[0]; i++)
            own_add_named(own, checkpoints_fd, up[i]);
    }
}

int64_t rb_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return ts.tv_sec * NS + ts.tv_nsec;
}

bool rb_is_settled(const struct rb_node *node, int64_t now_ns)
{
    int64_t newest = node->ctime > node->mtime ? node->ctime : node->mtime;
    int64_t coarseness = node->ctime % NS == 0 ? COARSE_NS : TICK_NS;
    return newest < now_ns - coarseness;
}

static enum rb_type type_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return RB_DIR;
    case S_IFREG:
        return RB_FILE;
    case S_IFLNK:
        return RB_SYMLINK;
    case S_IFIFO:
        return RB_FIFO;
    case S_IFSOCK:
        return RB_SOCKET;
    default:
        return RB_DEVICE;
    }
}

void rb_node_stat(struct rb_node *node, const struct stat *st)
{
    node->type = type_of(st->st_mode);
    node->mode = st->st_mode & (node->type == RB_DEVICE ? (S_IFMT | 07777u) : 07777u);
    node->uid = st->st_uid;
    node->gid = st->st_gid;
    node->dev = st->st_dev;
    node->ino = st->st_ino;
    node->rdev = node->type == RB_DEVICE ? st->st_rdev : 0;
    node->size = st->st_size;
    node->mtime = st->st_mtim.tv_sec * NS + st->st_mtim.tv_nsec;
    node->ctime = st->st_ctim.tv_sec * NS + st->st_ctim.tv_nsec;
}

static int out_of_memory(const struct walk *w, const char *path)
{
    return cairn_fail(w->err, ENOMEM, "out of memory walking %s/%s", w->tree->base, path);
}

static bool is_mount_point(int dirfd, const char *name)
{
    struct statx stx;
    return statx(dirfd, name, AT_SYMLINK_NOFOLLOW, 0, &stx) == 0 &&
           (stx.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* -1 and EACCES if the folder may not be listed, or its entries may not be examined. */
static int open_listable(int dirfd, const char *name)
{
    auto_close int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || faccessat(fd, ".", X_OK, AT_EACCESS) < 0)
        return -1;
    return steal_fd(&fd);
}

static int open_folder(const struct walk *w, int dirfd, const char *name, const struct stat *st)
{
    int fd = open_listable(dirfd, name);
    if (fd < 0 && errno == EACCES && w->open_up &&
        fchmodat(dirfd, name, (st->st_mode & 07777) | 0700, 0) == 0)
        fd = open_listable(dirfd, name);
    return fd;
}

static int walk_into(const struct walk *w, int folder_fd, const char *path, int depth);

/* Examines one name. A name that vanishes meanwhile counts as absent. */
static int visit(const struct walk *w, int dirfd, const char *name, const char *path, int depth)
{
    struct stat st;
    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        if (errno == ENOENT)
            return 0;
        return cairn_fail_errno(w->err, "looking at %s/%s", w->tree->base, path);
    }
    if (depth > 0 && S_ISDIR(st.st_mode) && rb_own_has(w->own, st.st_dev, st.st_ino))
        return 0;
    if (w->tree->n >= RB_MAX_NODES)
        return cairn_fail(w->err, E2BIG, "%s holds more than %u names: name a smaller folder",
                          w->tree->root, RB_MAX_NODES);
    struct rb_node *node = rb_tree_add(w->tree);
    if (!node)
        return out_of_memory(w, path);
    rb_node_stat(node, &st);
    node->path = path;
    if (node->type == RB_SYMLINK) {
        char target[PATH_MAX];
        ssize_t len = readlinkat(dirfd, name, target, sizeof target - 1);
        if (len < 0)
            return cairn_fail_errno(w->err, "reading the link %s/%s", w->tree->base, path);
        target[len] = '\0';
        node->target = rb_arena_text(w->arena, target);
        return node->target ? 0 : out_of_memory(w, path);
    }
    if (node->type != RB_DIR)
        return 0;
    if (depth > 0 && (st.st_dev != w->dev || is_mount_point(dirfd, name))) {
        node->type = RB_CLOSED;
        return 0;
    }
    int fd = open_folder(w, dirfd, name, &st);
    if (fd < 0 && errno == EACCES) {
        node->type = RB_CLOSED;
        return 0;
    }
    if (fd < 0)
        return cairn_fail_errno(w->err, "opening the folder %s/%s", w->tree->base, path);
    return walk_into(w, fd, path, depth + 1);
}

static bool is_left_out(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, ".cairn") == 0 ||
           strcmp(name, RB_STAGE) == 0;
}

static int walk_into(const struct walk *w, int folder_fd, const char *path, int depth)
{
    auto_closedir DIR *dir = fdopendir(folder_fd);
    if (!dir) {
        close(folder_fd);
        return cairn_fail_errno(w->err, "listing %s/%s", w->tree->base, path);
    }
    if (depth > MAX_DEPTH)
        return cairn_fail(w->err, ELOOP, "%s/%s lies deeper than %d folders", w->tree->base, path,
                          MAX_DEPTH);
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(dir);
        if (!entry && errno != 0)
            return cairn_fail_errno(w->err, "listing %s/%s", w->tree->base, path);
        if (!entry)
            return 0;
        if (is_left_out(entry->d_name))
            continue;
        const char *below = rb_arena_join(w->arena, path, entry->d_name);
        if (!below)
            return out_of_memory(w, path);
        if (strlen(below) >= PATH_MAX)
            return cairn_fail(w->err, ENAMETOOLONG, "%s/%s", w->tree->base, below);
        int rc = visit(w, dirfd(dir), entry->d_name, below, depth);
        if (rc != 0)
            return rc;
    }
}

int rb_walk(int base, const char *name, const struct rb_own *own, bool open_up,
            struct rb_arena *arena, struct rb_tree *tree, cairn_error *err)
{
    const char *last;
    auto_close int parent = rb_open_parent(base, name, &last);
    if (parent < 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return 0;
        return cairn_fail_errno(err, "opening the folder of %s/%s", tree->base, name);
    }
    struct stat st;
    if (fstatat(parent, last, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : cairn_fail_errno(err, "looking at %s/%s", tree->base, name);
    struct walk w = {
        .own = own, .open_up = open_up, .dev = st.st_dev, .arena = arena, .tree = tree, .err = err};
    const char *path = rb_arena_text(arena, name);
    return path ? visit(&w, parent, last, path, 0) : out_of_memory(&w, name);
}
