#include "journal/undo.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "journal/doubts.h"
#include "journal/folder.h"
#include "journal/log.h"
#include "journal/made.h"
#include "journal/names.h"
#include "journal/passage.h"
#include "journal/place.h"
#include "journal/stamp.h"
#include "rollback/beneath.h"
#include "rollback/file_content.h"
#include "rollback/undone.h"

#define NS 1000000000LL
#define MOST_DEVICES 32
#define MOST_DEPTH 64

struct undoing {
    int folder, kept, root, undone;
    uint32_t oldest; /* the epoch whose beginning is restored */
    uint32_t epoch;
    const struct log *log;
    struct doubts *doubts; /* NULL: does not look for changes by others */
    const struct siblings *others;
    struct undo_left *left; /* NULL: a check, which undoes nothing */
    const struct path_map *moved;
    struct made made;
    cairn_error *err;
};

static int failed(const struct undoing *u, const char *doing, const char *path)
{
    return cairn_fail_errno(u->err, "%s %s", doing, path);
}

static const char *beneath(const char *path)
{
    return path[0] == '/' ? path + 1 : path;
}

/* --- looking --- */

/* Turns the result of a system call on a path into: 1, the file is there; 0, it is absent; or a
 * negative code. */
static int seen(const struct undoing *u, int rc, const char *path)
{
    return rc == 0 ? 1 : io_is_absent(errno) ? 0 : failed(u, "looking at", path);
}

static int stat_of(int folder, const char *name, struct stat *st, int64_t *born)
{
    return folder >= 0 && place_stat(folder, name, name[0] ? 0 : AT_EMPTY_PATH, st, born) ? 0 : -1;
}

/* Returns a result as described at seen(). */
static int look_born(const struct undoing *u, const char *path, struct stat *st, int64_t *born)
{
    const char *last;
    auto_close int parent = rb_open_parent(u->root, beneath(path), &last);
    return seen(u, stat_of(parent, last, st, born), path);
}

static int look(const struct undoing *u, const char *path, struct stat *st)
{
    int64_t born;
    return look_born(u, path, st, &born);
}

static struct inode_id id_of(const struct stat *st, int64_t born)
{
    return (struct inode_id){.dev = st->st_dev, .ino = st->st_ino, .born = born};
}

static struct inode_id id_in(const struct record *r)
{
    return (struct inode_id){.dev = r->dev, .ino = r->ino, .born = r->born};
}

static bool is_it(const struct undoing *u, const struct record *r, const struct stat *st,
                  int64_t born)
{
    const struct inode_id want = made_now(&u->made, id_in(r));
    return st->st_ino == want.ino && (st->st_mode & S_IFMT) == (r->mode & S_IFMT) &&
           (want.born == 0 || born == 0 || want.born == born);
}

/* The name under which the journal holds the inode of a record, unless another file has got the
 * number of the inode since. Returns a result as described at seen(). */
static int has_link(const struct undoing *u, const struct record *r, char name[KEPT_NAME_BYTES])
{
    struct stat st;
    int64_t born;
    kept_link_name(u->epoch, r->dev, r->ino, name);
    int rc = seen(u, stat_of(u->kept, name, &st, &born), name);
    return rc <= 0 ? rc : is_it(u, r, &st, born);
}

/* Opens the inode of a record with O_PATH: by the journal's own name, or at its path. -1 and errno.
 */
static int open_subject(const struct undoing *u, const struct record *r)
{
    char name[KEPT_NAME_BYTES];
    struct stat st;
    int64_t born;
    kept_link_name(u->epoch, r->dev, r->ino, name);
    auto_close int kept = openat(u->kept, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (kept < 0 && errno != ENOENT)
        return -1;
    if (kept >= 0 && stat_of(kept, "", &st, &born) < 0)
        return -1;
    if (kept >= 0 && is_it(u, r, &st, born))
        return steal_fd(&kept);
    auto_close int fd = rb_open_beneath(u->root, beneath(r->path), O_PATH);
    if (stat_of(fd, "", &st, &born) < 0)
        return -1;
    if (is_it(u, r, &st, born))
        return steal_fd(&fd);
    errno = ENOENT;
    return -1;
}

/* The same, to set recorded attributes. Also finds a folder that was made again, see make().
 * Returns a result as described at seen().
 */
static int open_to_set(const struct undoing *u, const struct record *r, int *out)
{
    auto_close int fd = open_subject(u, r);
    if (fd < 0 && io_is_absent(errno) && S_ISDIR(r->mode))
        fd = rb_open_beneath(u->root, beneath(r->path), O_PATH | O_DIRECTORY);
    int rc = seen(u, fd < 0 ? -1 : 0, r->path);
    *out = steal_fd(&fd);
    return rc;
}

/* --- attributes --- */

static int set_attributes(const struct undoing *u, const struct record *r, int path_fd)
{
    char link[48];
    struct stat st;
    const int64_t s = r->mtime / NS, ns = r->mtime % NS;
    const struct timespec times[2] = {
        {.tv_nsec = UTIME_OMIT}, {.tv_sec = ns < 0 ? s - 1 : s, .tv_nsec = ns < 0 ? ns + NS : ns}};
    snprintf(link, sizeof link, "/proc/self/fd/%d", path_fd);
    if (fstat(path_fd, &st) < 0)
        return failed(u, "looking at", r->path);
    bool given_back = false;
    if (st.st_uid != r->uid || st.st_gid != r->gid) {
        given_back = fchownat(path_fd, "", r->uid, r->gid, AT_EMPTY_PATH) == 0;
        if (!given_back && errno != EPERM)
            return failed(u, "giving back to its owner", r->path);
    }
    /* In another user's folder the step can change only names, and thereby the folder's times. */
    if (!S_ISLNK(r->mode) && (given_back || (st.st_mode & 07777) != (r->mode & 07777)) &&
        chmod(link, r->mode & 07777) < 0)
        return failed(u, "setting the mode of", r->path);
    if (utimensat(path_fd, "", times, AT_EMPTY_PATH) < 0 && errno != EPERM)
        return failed(u, "setting the time of", r->path);
    return 0;
}

static int attributes(const struct undoing *u, const struct record *r)
{
    auto_close int fd = -1;
    struct stat st;
    int rc = open_to_set(u, r, &fd);
    if (rc <= 0)
        return rc;
    if (fstat(fd, &st) < 0)
        return failed(u, "looking at", r->path);
    return (st.st_mode & S_IFMT) == (r->mode & S_IFMT) ? set_attributes(u, r, fd) : 0;
}

static int set_xattr(const struct record *r, const char *link)
{
    return r->size < 0 ? removexattr(link, r->other)
                       : setxattr(link, r->other, r->value, r->value_len, 0);
}

/* Our own file was closed to us, and is open now. */
static bool permits(int path_fd, struct stat *was)
{
    return fstat(path_fd, was) == 0 && was->st_uid == geteuid() &&
           passage_permit(path_fd, was->st_mode) == 0;
}

static int xattr(const struct undoing *u, const struct record *r)
{
    char link[48];
    struct stat st;
    auto_close int fd = -1;
    int rc = open_to_set(u, r, &fd);
    if (rc <= 0)
        return rc;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (set_xattr(r, link) < 0 && errno == EACCES && permits(fd, &st)) {
        rc = set_xattr(r, link);
        int why = errno;
        if (chmod(link, st.st_mode & 07777) < 0)
            return failed(u, "setting the mode of", r->path);
        errno = why;
    }
    return rc < 0 && errno != ENODATA && errno != EPERM
               ? failed(u, "setting an extended attribute of", r->path)
               : 0;
}

/* --- names --- */

/* Opens the folder of a path, to change names in it. -1 and errno. */
static int open_folder_of(const struct undoing *u, const char *path, const char **last)
{
    char link[48];
    struct stat st;
    int parent = rb_open_parent(u->root, beneath(path), last);
    if (parent >= 0 && fstat(parent, &st) == 0 && (st.st_mode & 0300) != 0300) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", parent);
        if (chmod(link, (st.st_mode & 07777) | 0700) < 0) {
            /* then what follows fails, and says so */
        }
    }
    return parent;
}

/* Makes a folder above a file that comes back. The folder's own record is undone later: see
 * adopts(). */
static int make_folder(struct undoing *u, const char *path)
{
    const char *last;
    struct stat st;
    int64_t born;
    auto_close int parent = rb_open_parent(u->root, path, &last);
    if (parent < 0 || fstat(parent, &st) < 0 || mkdirat(parent, last, 0700) < 0 ||
        fchmodat(parent, last, (st.st_mode & 0777) | 0700, 0) < 0 ||
        stat_of(parent, last, &st, &born) < 0)
        return -1;
    if (made_note(&u->made, (struct inode_id){0}, id_of(&st, born), u->err) == 0)
        return 0;
    errno = EIO;
    return -1;
}

/* As open_folder_of, to put a file there. */
static int need_folder_of(struct undoing *u, const char *path, const char **last)
{
    char above[PATH_MAX];
    int parent = open_folder_of(u, path, last);
    if (parent >= 0 || errno != ENOENT || strlen(beneath(path)) >= sizeof above)
        return parent;
    strcpy(above, beneath(path));
    for (char *slash = strchr(above, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (make_folder(u, above) < 0 && errno != EEXIST)
            return -1;
        *slash = '/';
    }
    return open_folder_of(u, path, last);
}

static int drop_links(const struct undoing *u, int folder, const char *name);

static int drop_links_in(const struct undoing *u, DIR *dir)
{
    struct dirent *entry;
    while (errno = 0, (entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            int rc = drop_links(u, dirfd(dir), entry->d_name);
            if (rc != 0)
                return rc;
        }
    return errno == 0 ? 0 : failed(u, "looking into", "a folder that goes");
}

/* A move to `undone` must not take along a second name of a file that is in its right place, or
 * that the journal holds. */
static int drop_links(const struct undoing *u, int folder, const char *name)
{
    struct stat st;
    int rc = seen(u, fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW), name);
    if (rc <= 0)
        return rc;
    if (!S_ISDIR(st.st_mode))
        return st.st_nlink > 1 && unlinkat(folder, name, 0) < 0 ? failed(u, "removing", name) : 0;
    /* Opens a folder that the step has closed: its user must be able to remove it from `undone`. */
    if ((st.st_mode & S_IRWXU) != S_IRWXU && st.st_uid == geteuid() &&
        fchmodat(folder, name, (st.st_mode & 07777) | S_IRWXU, 0) < 0)
        return failed(u, "opening", name);
    auto_close int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == EACCES) /* another user's */
        return 0;
    auto_closedir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return io_is_absent(errno) ? 0 : failed(u, "looking into", name);
    steal_fd(&fd);
    return drop_links_in(u, dir);
}

/* Clears the path: removes a further name of a file, and moves anything else to `undone`.
 */
static int clear(const struct undoing *u, const char *path)
{
    const char *last;
    struct stat st;
    auto_close int parent = open_folder_of(u, path, &last);
    int rc = seen(u, parent < 0 ? -1 : 0, path);
    if (rc <= 0 || (rc = drop_links(u, parent, last)) != 0)
        return rc;
    rc = seen(u, fstatat(parent, last, &st, AT_SYMLINK_NOFOLLOW), path);
    return rc <= 0 ? rc : rb_undone_take(u->undone, u->root, "/", beneath(path), u->err);
}

static int make(struct undoing *u, const struct record *r, int parent, const char *last)
{
    struct stat st;
    int64_t born;
    int rc = 0;
    if (S_ISDIR(r->mode)) {
        rc = mkdirat(parent, last, 0700);
    } else if (S_ISLNK(r->mode)) {
        rc = symlinkat(r->other, parent, last);
    } else if (S_ISREG(r->mode)) { /* its content is in an earlier record */
        auto_close int fd = openat(parent, last, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        rc = fd < 0 ? -1 : 0;
    } else if (S_ISSOCK(r->mode)) {
        return 0; /* no process listens on the socket any more */
    } else {
        rc = mknodat(parent, last, (r->mode & S_IFMT) | 0600, r->rdev);
    }
    if (rc < 0)
        return failed(u, "making", r->path);
    auto_close int fd = openat(parent, last, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (stat_of(fd, "", &st, &born) < 0)
        return failed(u, "opening", r->path);
    if (S_ISDIR(r->mode))
        rc = made_note(&u->made, made_now(&u->made, id_in(r)), id_of(&st, born), u->err);
    return rc ? rc : set_attributes(u, r, fd);
}

/* From now on, a folder that make_folder() has made stands for the one of the record. 1, or a
 * negative code.
 */
static int adopts(struct undoing *u, const struct record *r, const struct stat *st, int64_t born)
{
    const struct inode_id now = id_of(st, born);
    if (!S_ISDIR(r->mode) || !S_ISDIR(st->st_mode) || !made_is_nobodys(&u->made, now))
        return 1;
    int rc = made_note(&u->made, made_now(&u->made, id_in(r)), now, u->err);
    return rc ? rc : 1;
}

static int named(struct undoing *u, const struct record *r)
{
    char link[KEPT_NAME_BYTES];
    const char *last;
    struct stat st;
    int64_t born;
    int rc = look_born(u, r->path, &st, &born);
    if (rc < 0)
        return rc;
    if (rc && !is_it(u, r, &st, born) && (rc = adopts(u, r, &st, born)) < 0)
        return rc;
    if (rc && is_it(u, r, &st, born))
        return S_ISDIR(r->mode) ? attributes(u, r) : 0;
    if (rc && (rc = clear(u, r->path)) != 0)
        return rc;
    auto_close int parent = need_folder_of(u, r->path, &last);
    if (parent < 0)
        return failed(u, "opening the folder of", r->path);
    rc = has_link(u, r, link);
    if (rc <= 0)
        return rc ? rc : make(u, r, parent, last);
    return linkat(u->kept, link, parent, last, 0) < 0 ? failed(u, "putting back", r->path) : 0;
}

/* A folder that its owner may not write cannot move to another folder, since ".." in it changes. */
static int rename_any(int from_dir, const char *from, int to_dir, const char *to, unsigned flags,
                      const struct stat *st)
{
    int rc = renameat2(from_dir, from, to_dir, to, flags);
    if (rc == 0 || errno != EACCES || !S_ISDIR(st->st_mode) || st->st_uid != geteuid() ||
        fchmodat(from_dir, from, (st->st_mode & 07777) | S_IRWXU, 0) < 0)
        return rc;
    rc = renameat2(from_dir, from, to_dir, to, flags);
    int why = errno;
    if (fchmodat(rc == 0 ? to_dir : from_dir, rc == 0 ? to : from, st->st_mode & 07777, 0) < 0)
        return -1;
    errno = why;
    return rc;
}

static int move_back(struct undoing *u, const struct record *r)
{
    struct stat here, there;
    const char *from, *to;
    int64_t born;
    int rc = look_born(u, r->other, &there, &born);
    if (rc <= 0 || !is_it(u, r, &there, born))
        return rc < 0 ? rc : 0; /* it never moved, or is back already */
    auto_close int from_dir = open_folder_of(u, r->other, &from);
    auto_close int to_dir = need_folder_of(u, r->path, &to);
    if (from_dir < 0 || to_dir < 0)
        return failed(u, "opening the folder of", r->path);
    rc = look(u, r->path, &here);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return rename_any(from_dir, from, to_dir, to, 0, &there) < 0
                   ? failed(u, "moving back", r->path)
                   : 0;
    /* A file in its place may also have to move: earlier records decide about it. */
    if (rename_any(from_dir, from, to_dir, to, RENAME_EXCHANGE, &there) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return failed(u, "moving back", r->path);
    rc = clear(u, r->path);
    if (rc != 0)
        return rc;
    return rename_any(from_dir, from, to_dir, to, 0, &there) < 0 ? failed(u, "moving back", r->path)
                                                                 : 0;
}

static int move(struct undoing *u, const struct record *r)
{
    struct passage way;
    passage_open(&way, u->root, beneath(r->other));
    int rc = move_back(u, r);
    passage_close(&way);
    return rc;
}

/* --- contents --- */

/* Opens the file of a record for reading and writing, or -1 and errno. */
static int open_file(const struct undoing *u, const struct record *r)
{
    char link[48];
    auto_close int path_fd = open_subject(u, r);
    if (path_fd < 0 && io_is_absent(errno))
        path_fd = rb_open_beneath(u->root, beneath(r->path), O_PATH); /* made again, see make() */
    struct stat st;
    if (path_fd < 0 || fstat(path_fd, &st) < 0)
        return -1;
    if (!S_ISREG(st.st_mode)) {
        errno = EINVAL;
        return -1;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", path_fd);
    if ((st.st_mode & 0600) != 0600 && chmod(link, 0600) < 0)
        return -1;
    return open(link, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static int reset_attributes(const struct undoing *u, const struct record *r, int fd)
{
    char link[48];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    auto_close int path_fd = open(link, O_PATH | O_CLOEXEC);
    return path_fd < 0 ? failed(u, "opening", r->path) : set_attributes(u, r, path_fd);
}

/* Others have removed the file. Its folder has its time already, if that is recorded. */
static int open_anew(struct undoing *u, const struct record *r)
{
    const char *last;
    struct stat st;
    auto_close int parent = need_folder_of(u, r->path, &last);
    if (parent < 0 || fstat(parent, &st) < 0)
        return -1;
    auto_close int fd =
        openat(parent, last, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, st.st_mtim};
    if (fd >= 0 && utimensat(parent, "", times, AT_EMPTY_PATH) < 0 && errno != EPERM)
        return -1;
    return steal_fd(&fd);
}

/* Restores the content from the copy. The present content is kept in `undone`. */
static int fill(const struct undoing *u, const struct record *r, int fd)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return failed(u, "looking at", r->path);
    if (st.st_size > 0) {
        int rc =
            rb_undone_tail(u->undone, fd, 0, (uint64_t)st.st_size, "/", beneath(r->path), u->err);
        if (rc != 0)
            return rc;
    }
    if (ftruncate(fd, 0) < 0)
        return failed(u, "emptying", r->path);
    if (r->other[0]) {
        auto_close int from = openat(u->kept, r->other, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        if (from < 0)
            return failed(u, "opening the copy of", r->path);
        if (!rb_content_reflink(from, (uint64_t)r->size, fd)) {
            int rc = rb_content_copy(from, 0, (uint64_t)r->size, fd, r->path, NULL, u->err);
            if (rc != 0)
                return rc;
        }
    }
    return reset_attributes(u, r, fd);
}

static int cut_back(const struct undoing *u, const struct record *r, int fd, int64_t size)
{
    if (size < r->size)
        return cairn_fail(u->err, CAIRN_EROLLBACK,
                          "%s was appended to by the step, and has been cut since by another",
                          r->path);
    if (size > r->size) {
        int rc = rb_undone_tail(u->undone, fd, (uint64_t)r->size, (uint64_t)size, "/",
                                beneath(r->path), u->err);
        if (rc != 0)
            return rc;
        if (ftruncate(fd, r->size) < 0)
            return failed(u, "cutting back", r->path);
    }
    return reset_attributes(u, r, fd);
}

static int size(struct undoing *u, const struct record *r)
{
    struct stat st;
    int64_t born;
    auto_close int fd = open_file(u, r);
    if (fd < 0 && errno == ENOENT && r->other[0])
        fd = open_anew(u, r);
    if (stat_of(fd, "", &st, &born) < 0)
        return failed(u, "opening to cut it back", r->path);
    bool other = !is_it(u, r, &st, born) || st.st_size < r->size;
    return other && r->other[0] ? fill(u, r, fd) : cut_back(u, r, fd, st.st_size);
}

static int content(struct undoing *u, const struct record *r)
{
    auto_close int fd = open_file(u, r);
    if (fd < 0 && errno == ENOENT)
        fd = open_anew(u, r);
    return fd < 0 ? failed(u, "opening for its earlier content", r->path) : fill(u, r, fd);
}

/* --- files that other steps change, too --- */

static int share_of(const struct undoing *u, const struct record *r, enum share *out)
{
    struct stat st;
    int rc = u->others ? look(u, r->path, &st) : 0;
    if (rc == -EACCES) /* the step has closed the folder, and undoing that opens it again */
        rc = 0;
    if (rc < 0)
        return rc;
    *out = u->others ? siblings_share(u->others, r, rc ? &st : NULL) : SHARE_NOTHING;
    return 0;
}

/* names: with a comma and a space between. */
static bool is_named(const char *names, const char *path)
{
    size_t len = strlen(path);
    for (const char *at = names; (at = strstr(at, path)); at++)
        if ((at == names || (at - names > 1 && memcmp(at - 2, ", ", 2) == 0)) &&
            (at[len] == '\0' || strncmp(at + len, ", ", 2) == 0))
            return true;
    return false;
}

static int leave(const struct undoing *u, const char *path)
{
    size_t used = strlen(u->left->names), room = sizeof u->left->names - used;
    u->left->files++;
    if (!is_named(u->left->names, path) && strlen(path) + 2 < room)
        snprintf(u->left->names + used, room, "%s%s", used ? ", " : "", path);
    return 0;
}

/* Moves a new folder away with its content, except for files that other steps have put there. */
static int clear_own(const struct undoing *u, const char *path, int depth)
{
    auto_close int fd = rb_open_beneath(u->root, beneath(path), O_RDONLY | O_DIRECTORY);
    auto_closedir DIR *dir = fd < 0 || depth == MOST_DEPTH ? NULL : fdopendir(fd);
    if (!dir)
        return leave(u, path);
    steal_fd(&fd);
    for (struct dirent *entry; errno = 0, (entry = readdir(dir));) {
        char inner[PATH_MAX];
        struct stat st;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name) >= (int)sizeof inner)
            continue;
        int rc = look(u, inner, &st);
        if (rc < 0)
            return rc;
        if (rc == 0)
            continue;
        enum share share = siblings_share_path(u->others, inner, &st);
        rc = share == SHARE_NOTHING ? clear(u, inner)
             : share == SHARE_BELOW ? clear_own(u, inner, depth + 1)
                                    : 0;
        if (rc != 0)
            return rc;
    }
    return errno == 0 ? 0 : failed(u, "looking into", path);
}

static int undo_own(struct undoing *u, const struct record *r)
{
    switch (r->type) {
    case RECORD_FOLDER:
    case RECORD_ATTRIBUTES:
        return attributes(u, r);
    case RECORD_ABSENT:
        return clear(u, r->path);
    case RECORD_NAMED:
        return named(u, r);
    case RECORD_MOVE:
        return move(u, r);
    case RECORD_SIZE:
        return size(u, r);
    case RECORD_CONTENT:
        return content(u, r);
    case RECORD_XATTR:
        return xattr(u, r);
    case RECORD_LOST:
        return 0; /* undo_check found it unchanged */
    case RECORD_SHARED:
        return 0;
    }
    return cairn_fail(u->err, CAIRN_EROLLBACK, "the journal holds a record of unknown type %d",
                      (int)r->type);
}

static int undo_record(struct undoing *u, const struct record *r)
{
    enum share share = SHARE_NOTHING;
    struct passage way;
    passage_open(&way, u->root, beneath(r->path));
    int rc = r->type == RECORD_SHARED ? 0 : share_of(u, r, &share);
    if (rc == 0)
        rc = share == SHARE_NOTHING ? undo_own(u, r)
             : share == SHARE_BELOW ? clear_own(u, r->path, 0)
                                    : leave(u, r->path);
    passage_close(&way);
    return rc;
}

/* --- an epoch --- */

/* The progress of undoing a log. A record describes the state at its own time: once earlier records
 * are undone, a later one must not be undone again. */
struct progress {
    uint64_t log_ino, count, next; /* records below `next` are still to be undone */
};

static void progress_name(uint32_t epoch, char out[LOG_NAME_BYTES + 8])
{
    snprintf(out, LOG_NAME_BYTES + 8, "%08u.undoing", epoch);
}

static int progress_open(const struct undoing *u, struct progress *p, int *fd)
{
    char name[LOG_NAME_BYTES + 8], log[LOG_NAME_BYTES];
    struct progress was;
    struct stat st;
    log_name(u->epoch, log);
    progress_name(u->epoch, name);
    *fd = openat(u->folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (*fd < 0 || fstatat(u->folder, log, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return failed(u, "noting the progress of undoing", log);
    *p = (struct progress){st.st_ino, u->log->count, u->log->count};
    if (pread(*fd, &was, sizeof was, 0) == sizeof was && was.log_ino == p->log_ino &&
        was.count == p->count && was.next <= was.count)
        *p = was;
    return 0;
}

static int sync_devices(const struct undoing *u)
{
    uint64_t seen[MOST_DEVICES];
    size_t n = 0;
    for (size_t i = 0; i < u->log->count; i++) {
        const struct record *r = &u->log->records[i];
        size_t k = 0;
        while (k < n && seen[k] != r->dev)
            k++;
        if (k < n || n == MOST_DEVICES)
            continue;
        const char *last;
        auto_close int parent = rb_open_parent(u->root, beneath(r->path), &last);
        auto_close int fd = parent < 0 ? -1 : openat(parent, ".", O_RDONLY | O_CLOEXEC);
        if (fd >= 0 && syncfs(fd) < 0)
            return failed(u, "making durable what was undone near", r->path);
        if (fd >= 0)
            seen[n++] = r->dev;
    }
    return 0;
}

static int undo_log(struct undoing *u)
{
    struct progress progress;
    auto_close int fd = -1;
    int rc = progress_open(u, &progress, &fd);
    for (size_t i = rc == 0 ? progress.next : 0; i > 0 && rc == 0; i--) {
        progress.next = i;
        rc = io_pwrite_full(fd, &progress, sizeof progress, 0, "the progress", u->err);
        if (rc == 0)
            rc = undo_record(u, &u->log->records[i - 1]);
    }
    return rc ? rc : sync_devices(u);
}

static void remove_progress(const struct undoing *u)
{
    char name[LOG_NAME_BYTES + 8];
    progress_name(u->epoch, name);
    unlinkat(u->folder, name, 0);
}

/* --- all of them --- */

static int undoing_open(int folder, int undone, struct undoing *u, cairn_error *err)
{
    *u = (struct undoing){
        .folder = folder, .kept = -1, .root = -1, .undone = undone, .made = {.fd = -1}, .err = err};
    u->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    u->kept = openat(folder, JOURNAL_KEPT, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (u->root < 0 || u->kept < 0)
        return failed(u, "opening", "the journal");
    return made_open(folder, &u->made, err);
}

static void undoing_close(struct undoing *u)
{
    cairn_cleanup_close(&u->root);
    cairn_cleanup_close(&u->kept);
    made_close(&u->made);
}

/* A file that only grows, or is new, may stay in place. A file that is replaced may not. */
static int check_share(const struct undoing *u, const struct record *r)
{
    bool can_stay = r->type == RECORD_ABSENT || r->type == RECORD_SIZE ||
                    r->type == RECORD_ATTRIBUTES || r->type == RECORD_SHARED;
    if (can_stay)
        return u->doubts ? doubts_cover(u->doubts, r, u->err) : 0;
    return cairn_fail(u->err, CAIRN_ECHANGED,
                      "%s is changed by another step of the run, too, and cannot go back "
                      "with this one; --accept-changed undoes both",
                      r->path);
}

static int check_record(const struct undoing *u, const struct record *r)
{
    struct stat st;
    enum share share;
    int rc = share_of(u, r, &share);
    if (rc != 0)
        return rc;
    if (share == SHARE_ALL)
        return check_share(u, r);
    if (r->type == RECORD_CONTENT && r->other[0]) {
        rc = seen(u, fstatat(u->kept, r->other, &st, AT_SYMLINK_NOFOLLOW), r->other);
        if (rc < 0)
            return rc;
        if (rc == 0 || st.st_size != r->size)
            return cairn_fail(u->err, CAIRN_EROLLBACK,
                              "%s cannot come back: its copy in the journal is damaged", r->path);
    }
    if (u->doubts) {
        char link[KEPT_NAME_BYTES];
        kept_link_name(u->epoch, r->dev, r->ino, link);
        auto_close int subject =
            r->type == RECORD_ABSENT ? -1 : openat(u->kept, link, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (r->type != RECORD_ABSENT && (rc = seen(u, subject < 0 ? -1 : 0, link)) < 0)
            return rc;
        rc = doubts_about(u->doubts, r, subject, u->err);
        if (rc != 0)
            return rc;
    }
    if (r->type != RECORD_LOST)
        return 0;
    if (!r->path[0])
        return cairn_fail(u->err, CAIRN_EROLLBACK, "what changed is not known: %s", r->other);
    int64_t born;
    rc = look_born(u, r->path, &st, &born);
    if (rc < 0)
        return rc;
    bool same = rc && is_it(u, r, &st, born) && st.st_size == r->size &&
                st.st_mtim.tv_sec * NS + st.st_mtim.tv_nsec == r->mtime;
    return same ? 0
                : cairn_fail(u->err, CAIRN_EROLLBACK,
                             "%s changed since the checkpoint and cannot come back: %s", r->path,
                             r->other);
}

/* Calls `each` for every epoch from the newest to `epoch`. */
static int for_epochs(struct undoing *u, uint32_t epoch, int (*each)(struct undoing *))
{
    int64_t newest;
    int rc = folder_newest(u->folder, &newest, u->err);
    if (rc == 0 && newest < epoch)
        rc = cairn_fail(u->err, CAIRN_EROLLBACK,
                        "the journal of what changed since this checkpoint (epoch %u) has gone",
                        epoch);
    for (int64_t e = rc == 0 ? newest : -1; e >= epoch && rc == 0; e--) {
        struct log log;
        u->epoch = (uint32_t)e;
        rc = log_read(u->folder, u->epoch, &log, u->err);
        if (rc == -ENOENT && e > u->oldest) { /* the epoch was merged into the one before */
            rc = 0;
            continue;
        }
        if (rc == -ENOENT)
            rc = cairn_fail(u->err, CAIRN_EROLLBACK, "a part of the journal (epoch %lld) has gone",
                            (long long)e);
        if (rc != 0)
            break;
        u->log = &log;
        rc = log_translate(&log, u->moved, u->err);
        if (rc == 0)
            rc = each(u);
        log_free(&log);
    }
    return rc;
}

static int check_log(struct undoing *u)
{
    int rc = 0;
    for (size_t i = 0; i < u->log->count && rc == 0; i++)
        rc = check_record(u, &u->log->records[i]);
    return rc;
}

static int look_around_log(struct undoing *u)
{
    int rc = 0;
    for (size_t i = 0; i < u->log->count && rc == 0; i++)
        rc = doubts_look_in(u->doubts, &u->log->records[i], u->err);
    return rc;
}

/* Once undoing has begun, its own changes cannot be told from those of others. Returns a result as
 * described at seen().
 */
static int has_begun(const struct undoing *u)
{
    return seen(u, faccessat(u->folder, JOURNAL_BEGUN, F_OK, 0), "the journal");
}

static int check_with_doubts(struct undoing *u, const struct undo_options *how)
{
    int64_t newest;
    struct doubts doubts;
    struct log log;
    int rc = folder_newest(u->folder, &newest, u->err);
    int begun = rc == 0 ? has_begun(u) : rc;
    if (begun < 0)
        return begun;
    if (newest < 0 || how->accept_changed || begun)
        return for_epochs(u, u->oldest, check_log);
    if ((rc = log_read(u->folder, (uint32_t)newest, &log, u->err)))
        return rc;
    rc = doubts_begin(&doubts, u->folder, log.boot_id, u->err);
    log_free(&log);
    u->doubts = &doubts;
    if (rc == 0)
        rc = for_epochs(u, u->oldest, check_log);
    if (rc == 0)
        rc = doubts_look_around(&doubts, how->cwd, u->err);
    if (rc == 0 && doubts.cut)
        rc = for_epochs(u, u->oldest, look_around_log);
    doubts_end(&doubts);
    return rc;
}

int undo_check(int folder, uint32_t epoch, const struct undo_options *how,
               const struct siblings *others, cairn_error *err)
{
    struct undoing u;
    int rc = undoing_open(folder, -1, &u, err);
    u.oldest = epoch;
    u.others = others;
    u.moved = how->moved;
    if (rc == 0)
        rc = check_with_doubts(&u, how);
    undoing_close(&u);
    return rc;
}

/* The target epoch stays, with an empty log, because its image still refers to it. */
static int undo_and_remove(struct undoing *u)
{
    char name[LOG_NAME_BYTES];
    int rc = undo_log(u);
    if (rc != 0)
        return rc;
    log_name(u->epoch, name);
    if (unlinkat(u->folder, name, 0) < 0)
        return failed(u, "removing the journal", name);
    remove_progress(u);
    return 0;
}

static int empty(struct undoing *u)
{
    char boot_id[BOOT_ID_BYTES];
    uint64_t pid_ns;
    auto_close int fd = -1;
    int rc = process_pid_space(boot_id, &pid_ns, u->err);
    if (rc == 0)
        rc = log_begin(u->folder, u->epoch, boot_id, &fd, u->err);
    for (size_t i = 0; rc == 0 && u->log && i < u->log->count; i++)
        if (u->log->records[i].type == RECORD_SHARED)
            rc = log_append(fd, &u->log->records[i], u->err);
    if (rc == 0)
        rc = log_publish(u->folder, u->epoch, fd, u->err);
    if (rc == 0)
        remove_progress(u);
    return rc;
}

static int undo_and_empty(struct undoing *u)
{
    int rc = undo_log(u);
    return rc ? rc : empty(u);
}

int undo_nothing(int folder, uint32_t epoch, cairn_error *err)
{
    int64_t newest;
    char name[LOG_NAME_BYTES];
    int rc = folder_newest(folder, &newest, err);
    for (int64_t e = rc == 0 ? newest : -1; e > epoch; e--) {
        log_name((uint32_t)e, name);
        if (unlinkat(folder, name, 0) < 0 && errno != ENOENT)
            return cairn_fail_errno(err, "removing the journal %s", name);
    }
    struct undoing u = {.folder = folder, .epoch = epoch, .err = err};
    if (rc == 0)
        rc = empty(&u);
    return rc ? rc : folder_drop_kept(folder, epoch, err);
}

static int note_shared(struct undoing *u)
{
    char name[LOG_NAME_BYTES];
    struct stat st;
    log_name(u->oldest, name);
    auto_close int to = openat(u->folder, name, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
    int rc = to < 0 ? failed(u, "opening the journal", name) : 0;
    for (size_t i = 0; rc == 0 && i < u->log->count; i++) {
        struct record shared = u->log->records[i];
        enum share share = SHARE_NOTHING;
        int found = 0;
        if (shared.type != RECORD_SHARED)
            rc = share_of(u, &shared, &share);
        if (rc == 0 && share == SHARE_ALL)
            rc = (found = look(u, shared.path, &st)) < 0 ? found : 0;
        if (rc != 0 || share != SHARE_ALL)
            continue;
        if (found) {
            shared.dev = st.st_dev;
            shared.ino = st.st_ino;
        }
        shared.type = RECORD_SHARED;
        shared.other = "";
        shared.value_len = 0;
        rc = log_append(to, &shared, u->err);
    }
    if (rc == 0 && fdatasync(to) < 0)
        rc = failed(u, "writing", "the journal");
    return rc;
}

int undo_note_shared(int folder, uint32_t epoch, const struct undo_options *how,
                     const struct siblings *others, cairn_error *err)
{
    struct undoing u;
    int rc = undoing_open(folder, -1, &u, err);
    u.oldest = epoch;
    u.others = others;
    u.moved = how->moved;
    /* An undoing counts the records of a log, so none is added once it has begun. */
    int begun = rc == 0 && others->marks.count ? has_begun(&u) : 1;
    if (begun <= 0)
        rc = begun < 0 ? begun : for_epochs(&u, epoch, note_shared);
    undoing_close(&u);
    return rc;
}

int undo_to(int folder, uint32_t epoch, const struct undo_options *how,
            const struct siblings *others, cairn_error *err)
{
    struct undoing u;
    int64_t newest = epoch;
    int rc = undoing_open(folder, how->undone_fd, &u, err);
    u.oldest = epoch;
    u.others = others;
    u.moved = how->moved;
    u.left = how->left;
    if (rc == 0)
        rc = io_publish_file(folder, JOURNAL_BEGUN, "", 0, err);
    if (rc == 0)
        rc = folder_newest(folder, &newest, err);
    if (rc == 0 && newest > epoch)
        rc = for_epochs(&u, epoch + 1, undo_and_remove);
    if (rc == 0)
        rc = for_epochs(&u, epoch, undo_and_empty);
    if (rc == 0)
        rc = folder_drop_kept(folder, epoch, err);
    /* Resets the stamps, because the undoing's own changes must not count as those of other
     * processes. */
    if (rc == 0)
        stamp_write(folder, STAMP_ALIVE, (struct stamp){.at = stamp_now(), .ended = 1}, false);
    if (rc == 0 && unlinkat(folder, JOURNAL_BEGUN, 0) < 0)
        rc = failed(&u, "ending", "the undoing");
    undoing_close(&u);
    return rc;
}
