#include "journal/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "journal/log.h"
#include "journal/names.h"

#define NS 1000000000LL
#define FILE_COST 4096 /* minimum bytes counted for a kept name */
#define XATTR_LIMIT (64u << 10)
/* Up to this size a file is copied, even where its size alone would usually do. */
#define SMALL_BYTES (1 << 20)

static struct rb_digest key_of_file(const struct place *p)
{
    return marks_inode(p->st.st_dev, p->st.st_ino, p->born);
}

static struct rb_digest key_of_folder(const struct place *p)
{
    return marks_inode(p->folder_st.st_dev, p->folder_st.st_ino, p->folder_born);
}

static struct rb_digest key_of_name(const struct place *p)
{
    return marks_name(key_of_folder(p), p->name);
}

static int mark(struct recorder *r, struct rb_digest key, uint32_t add, uint32_t remove,
                cairn_error *err)
{
    return marks_change(&r->marks, key, add, remove)
               ? 0
               : cairn_fail(err, ENOMEM, "out of memory journalling");
}

static struct record describe(enum record_type type, const struct stat *st, int64_t born,
                              const char *path)
{
    return (struct record){
        .type = type,
        .mode = st->st_mode,
        .uid = st->st_uid,
        .gid = st->st_gid,
        .dev = st->st_dev,
        .ino = st->st_ino,
        .rdev = st->st_rdev,
        .born = born,
        .size = st->st_size,
        .mtime = st->st_mtim.tv_sec * NS + st->st_mtim.tv_nsec,
        .path = path,
        .other = "",
    };
}

static int path_of(const struct recorder *r, const struct place *p, char path[PATH_MAX],
                   cairn_error *err)
{
    return place_path(r->proc_fd, p, path)
               ? 0
               : cairn_fail_errno(err, "finding the path of %s", p->name);
}

/* --- files made since the cut --- */

/* Finds a folder as a name in its parent folder. */
static bool place_above(const struct recorder *r, int folder, struct place *out)
{
    char link[48], path[PATH_MAX];
    snprintf(link, sizeof link, "self/fd/%d", folder);
    ssize_t len = readlinkat(r->proc_fd, link, path, sizeof path - 1);
    if (len <= 1)
        return false;
    path[len] = '\0';
    const char *name = strrchr(path, '/') + 1;
    *out = (struct place){.folder = openat(folder, "..", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (out->folder < 0 || strlen(name) > NAME_MAX ||
        !place_stat(out->folder, "", AT_EMPTY_PATH, &out->folder_st, &out->folder_born)) {
        place_close(out);
        return false;
    }
    strcpy(out->name, name);
    return true;
}

/* The roll-back removes a folder made since the cut as a whole, so no name in it has to be
 * recorded. */
static int is_new_folder(struct recorder *r, const struct place *p, bool *is_new, cairn_error *err)
{
    struct rb_digest key = key_of_folder(p);
    uint32_t known = marks_get(&r->marks, key);
    *is_new = known & MARK_NEW;
    if (known & (MARK_NEW | MARK_OLD))
        return 0;
    struct place above;
    if (place_above(r, p->folder, &above)) {
        int rc = 0;
        if (marks_get(&r->marks, key_of_name(&above)) & MARK_NAMED)
            *is_new = true; /* and the inode is not known to have moved here */
        else
            rc = is_new_folder(r, &above, is_new, err);
        place_close(&above);
        if (rc != 0)
            return rc;
    }
    return mark(r, key, *is_new ? MARK_NEW : MARK_OLD, 0, err);
}

/* A file under a name that was recorded already came there later. Unless the journal saw it move
 * there, it was made since the cut. */
static int is_new_file(struct recorder *r, const struct place *p, bool *is_new, cairn_error *err)
{
    struct rb_digest key = key_of_file(p);
    uint32_t known = marks_get(&r->marks, key);
    *is_new = known & MARK_NEW;
    if (known & (MARK_NEW | MARK_OLD))
        return 0;
    int rc = 0;
    *is_new = marks_get(&r->marks, key_of_name(p)) & MARK_NAMED;
    if (!*is_new)
        rc = is_new_folder(r, p, is_new, err);
    return rc ? rc : mark(r, key, *is_new ? MARK_NEW : MARK_OLD, 0, err);
}

/* --- keeping --- */

static bool has_room(struct recorder *r, uint64_t bytes)
{
    if (r->used + bytes > r->limit)
        return false;
    r->used += bytes;
    return true;
}

static int note_lost(struct recorder *r, const struct place *p, const char *path, const char *why,
                     cairn_error *err)
{
    struct record lost = describe(RECORD_LOST, &p->st, p->born, path);
    lost.other = why;
    return log_append(r->log, &lost, err);
}

/* Keeps a copy of a file's content as `name`, or returns why it cannot. */
static int keep_copy(struct recorder *r, const struct place *p, const char *name, cairn_error *why)
{
    if (!has_room(r, (uint64_t)p->st.st_blocks * 512))
        return cairn_fail(why, ENOSPC, "the journal is full (checkpoint.journal)");
    auto_close int from =
        openat(p->folder, p->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (from < 0)
        return cairn_fail_errno(why, "it could not be read");
    auto_close int to =
        openat(r->kept, name, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (to < 0)
        return cairn_fail_errno(why, "it could not be copied");
    if (rb_content_reflink(from, (uint64_t)p->st.st_size, to))
        return 0;
    int rc = rb_content_copy(from, 0, (uint64_t)p->st.st_size, to, p->name, NULL, why);
    if (rc != 0)
        unlinkat(r->kept, name, 0);
    return rc;
}

static int keep_content(struct recorder *r, const struct place *p, const char *path,
                        cairn_error *err)
{
    char name[KEPT_NAME_BYTES];
    struct record content = describe(RECORD_CONTENT, &p->st, p->born, path);
    if (p->st.st_size > 0) {
        kept_copy_name(r->epoch, r->serial++, name);
        cairn_error why = {0};
        if (keep_copy(r, p, name, &why) != 0)
            return note_lost(r, p, path, why.message, err);
        content.other = name;
    }
    return log_append(r->log, &content, err);
}

/* Copies also a small file that is appended to, because others may remove it after the step's end.
 * If it cannot be copied, its size must be enough. */
static int keep_size(struct recorder *r, const struct place *p, const char *path, cairn_error *err)
{
    char name[KEPT_NAME_BYTES];
    struct record size = describe(RECORD_SIZE, &p->st, p->born, path);
    cairn_error ignored;
    if (p->st.st_size <= SMALL_BYTES) {
        kept_copy_name(r->epoch, r->serial++, name);
        if (keep_copy(r, p, name, &ignored) == 0)
            size.other = name;
    }
    return log_append(r->log, &size, err);
}

static int mark_content(struct recorder *r, const struct place *p, cairn_error *err)
{
    return mark(r, key_of_file(p), MARK_CONTENT | MARK_SIZE | MARK_ATTRIBUTES | MARK_OLD, 0, err);
}

/* Gives the inode itself a second name, so that it can return to its place even if its name is
 * removed. False if the file system does not allow a second name. */
static int keep_link(struct recorder *r, const struct place *p, bool *linked, cairn_error *err)
{
    char name[KEPT_NAME_BYTES];
    *linked = marks_get(&r->marks, key_of_file(p)) & MARK_LINKED;
    if (*linked)
        return 0;
    kept_link_name(r->epoch, p->st.st_dev, p->st.st_ino, name);
    struct stat st;
    if (linkat(p->folder, p->name, r->kept, name, 0) < 0 && errno != EEXIST)
        return 0;
    if (fstatat(r->kept, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_ino != p->st.st_ino)
        return 0;
    has_room(r, p->st.st_nlink == 1 ? (uint64_t)p->st.st_blocks * 512 : FILE_COST);
    *linked = true;
    return mark(r, key_of_file(p), MARK_LINKED, 0, err);
}

/* A file with several names can be changed through a name that is not recorded. */
static int keep_findable(struct recorder *r, const struct place *p, cairn_error *err)
{
    bool linked;
    return S_ISDIR(p->st.st_mode) || p->st.st_nlink < 2 ? 0 : keep_link(r, p, &linked, err);
}

/* --- names --- */

static int note_folder(struct recorder *r, const struct place *p, cairn_error *err)
{
    struct rb_digest key = key_of_folder(p);
    if (marks_get(&r->marks, key) & MARK_ATTRIBUTES)
        return 0;
    char link[48], path[PATH_MAX];
    snprintf(link, sizeof link, "self/fd/%d", p->folder);
    ssize_t len = readlinkat(r->proc_fd, link, path, sizeof path - 1);
    if (len <= 0)
        return cairn_fail_errno(err, "looking for the path of a folder");
    path[len] = '\0';
    struct record folder = describe(RECORD_FOLDER, &p->folder_st, p->folder_born, path);
    int rc = log_append(r->log, &folder, err);
    return rc ? rc : mark(r, key, MARK_ATTRIBUTES, 0, err);
}

static int note_xattr(struct recorder *r, const struct place *p, const char *path, const char *name,
                      cairn_error *err)
{
    struct rb_digest key = marks_name(key_of_file(p), name);
    key.high ^= 1; /* nothing named in a folder */
    if (marks_get(&r->marks, key))
        return 0;
    auto_free void *value = malloc(XATTR_LIMIT);
    if (!value)
        return cairn_fail(err, ENOMEM, "out of memory journalling %s", path);
    struct record xattr = describe(RECORD_XATTR, &p->st, p->born, path);
    ssize_t len = lgetxattr(path, name, value, XATTR_LIMIT);
    if (len < 0 && (errno == EACCES || errno == ERANGE))
        return note_lost(r, p, path, "an extended attribute could not be read", err);
    xattr.other = name;
    xattr.size = len < 0 ? -1 : len;
    xattr.value = value;
    xattr.value_len = len < 0 ? 0 : (size_t)len;
    int rc = log_append(r->log, &xattr, err);
    return rc ? rc : mark(r, key, MARK_NAMED, 0, err);
}

/* When a removed folder is made again, it gets all of its attributes. */
static int note_xattrs(struct recorder *r, const struct place *p, const char *path,
                       cairn_error *err)
{
    auto_free char *names = malloc(XATTR_LIMIT);
    if (!names)
        return cairn_fail(err, ENOMEM, "out of memory journalling %s", path);
    ssize_t len = llistxattr(path, names, XATTR_LIMIT);
    int rc = 0;
    for (char *name = names; rc == 0 && len > 0 && name < names + len; name += strlen(name) + 1)
        rc = note_xattr(r, p, path, name, err);
    return rc;
}

static int note_what_was_there(struct recorder *r, const struct place *p, const char *path,
                               cairn_error *err)
{
    char target[PATH_MAX] = "";
    struct record was = describe(RECORD_NAMED, &p->st, p->born, path);
    bool linked = false;
    int rc = 0;
    if (!S_ISDIR(p->st.st_mode))
        rc = keep_link(r, p, &linked, err);
    if (rc != 0)
        return rc;
    if (!linked && S_ISREG(p->st.st_mode) &&
        !(marks_get(&r->marks, key_of_file(p)) & MARK_CONTENT)) {
        rc = keep_content(r, p, path, err);
        if (rc == 0)
            rc = mark_content(r, p, err);
        if (rc != 0)
            return rc;
    }
    if (S_ISDIR(p->st.st_mode) && (rc = note_xattrs(r, p, path, err)))
        return rc;
    if (S_ISLNK(p->st.st_mode)) {
        ssize_t len = readlinkat(p->folder, p->name, target, sizeof target - 1);
        target[len > 0 ? len : 0] = '\0';
        was.other = target;
    }
    return log_append(r->log, &was, err);
}

/* Records what a name leads to, before the name changes for the first time. */
static int note_name(struct recorder *r, const struct place *p, cairn_error *err)
{
    bool is_new;
    int rc = is_new_folder(r, p, &is_new, err);
    if (rc != 0 || is_new || (marks_get(&r->marks, key_of_name(p)) & MARK_NAMED))
        return rc;
    char path[PATH_MAX];
    if ((rc = path_of(r, p, path, err)) || (rc = note_folder(r, p, err)))
        return rc;
    if (p->exists) {
        rc = note_what_was_there(r, p, path, err);
        if (rc == 0)
            rc = mark(r, key_of_file(p), MARK_OLD, 0, err);
    } else {
        struct record absent = describe(RECORD_ABSENT, &p->folder_st, p->folder_born, path);
        rc = log_append(r->log, &absent, err);
    }
    return rc ? rc : mark(r, key_of_name(p), MARK_NAMED, 0, err);
}

static bool is_private(const struct recorder *r, uint64_t dev)
{
    for (size_t i = 0; i < r->n_private; i++)
        if (r->private[i] == dev)
            return true;
    return false;
}

static bool is_nowhere(const struct recorder *r, const struct place *p)
{
    return is_private(r, p->folder_st.st_dev);
}

int record_making(struct recorder *r, const struct place *name, cairn_error *err)
{
    return name->exists || is_nowhere(r, name) ? 0 : note_name(r, name, err);
}

int record_removal(struct recorder *r, const struct place *name, cairn_error *err)
{
    bool is_new;
    if (!name->exists || is_nowhere(r, name))
        return 0;
    int rc = S_ISDIR(name->st.st_mode) ? 0 : is_new_file(r, name, &is_new, err);
    if (rc == 0)
        rc = note_name(r, name, err);
    return rc;
}

int record_link(struct recorder *r, const struct place *from, const struct place *to,
                cairn_error *err)
{
    bool is_new;
    if (!from->exists || to->exists || is_nowhere(r, to))
        return 0;
    int rc = is_new_file(r, from, &is_new, err);
    /* A record of the file itself: by its new name alone it would pass for a new file. */
    if (rc == 0)
        rc = record_attributes(r, from, err);
    return rc ? rc : note_name(r, to, err);
}

/* Records a move: an undoing looks for a folder, or a file without a second name, where it was
 * moved. */
static int note_move(struct recorder *r, const struct place *from, const struct place *to,
                     cairn_error *err)
{
    char path[PATH_MAX], other[PATH_MAX];
    uint32_t known = marks_get(&r->marks, key_of_file(from));
    if (!S_ISDIR(from->st.st_mode) && (known & (MARK_NEW | MARK_LINKED)))
        return 0;
    int rc;
    if ((rc = path_of(r, from, path, err)) || (rc = path_of(r, to, other, err)))
        return rc;
    struct record move = describe(RECORD_MOVE, &from->st, from->born, path);
    move.other = other;
    return log_append(r->log, &move, err);
}

int record_rename(struct recorder *r, const struct place *from, const struct place *to,
                  bool exchange, cairn_error *err)
{
    bool is_new;
    int rc;
    if (!from->exists || is_nowhere(r, from) ||
        (to->exists && to->st.st_ino == from->st.st_ino && to->st.st_dev == from->st.st_dev))
        return 0;
    if ((rc = is_new_file(r, from, &is_new, err)) ||
        (to->exists && (rc = is_new_file(r, to, &is_new, err))) || (rc = note_name(r, from, err)) ||
        (rc = note_name(r, to, err)) || (rc = note_move(r, from, to, err)))
        return rc;
    if (exchange && to->exists)
        return note_move(r, to, from, err);
    return 0;
}

/* --- contents and attributes --- */

bool record_is_needed(const struct recorder *r, const struct stat *file, int64_t born,
                      enum aspect aspect)
{
    uint32_t known = marks_get(&r->marks, marks_inode(file->st_dev, file->st_ino, born));
    if (is_private(r, file->st_dev))
        return false;
    switch (aspect) {
    case ASPECT_ATTRIBUTES:
        return !(known & (MARK_NEW | MARK_ATTRIBUTES));
    case ASPECT_CONTENT:
        return !(known & (MARK_NEW | MARK_CONTENT));
    default:
        return (known & MARK_SIZE) && !(known & MARK_CONTENT);
    }
}

/* Finds a file that is about to change; *needed is false for a new one. */
static int begin_change(struct recorder *r, const struct place *file, char path[PATH_MAX],
                        bool *needed, cairn_error *err)
{
    bool is_new;
    int rc = is_new_file(r, file, &is_new, err);
    *needed = rc == 0 && !is_new;
    if (*needed && (rc = path_of(r, file, path, err)) == 0)
        rc = keep_findable(r, file, err);
    return rc;
}

int record_writing(struct recorder *r, const struct place *file, bool append, cairn_error *err)
{
    bool needed;
    char path[PATH_MAX];
    if (!file->exists || !S_ISREG(file->st.st_mode) || is_private(r, file->st.st_dev))
        return 0;
    uint32_t known = marks_get(&r->marks, key_of_file(file));
    if (known & (MARK_NEW | (append ? MARK_SIZE : MARK_CONTENT)))
        return 0;
    int rc = begin_change(r, file, path, &needed, err);
    if (rc != 0 || !needed)
        return rc;
    if (append && file->st.st_size > 0) {
        rc = keep_size(r, file, path, err);
        return rc ? rc : mark(r, key_of_file(file), MARK_SIZE | MARK_ATTRIBUTES, 0, err);
    }
    rc = keep_content(r, file, path, err);
    return rc ? rc : mark_content(r, file, err);
}

int record_attributes(struct recorder *r, const struct place *file, cairn_error *err)
{
    bool needed;
    char path[PATH_MAX];
    if (!file->exists || !record_is_needed(r, &file->st, file->born, ASPECT_ATTRIBUTES))
        return 0;
    int rc = begin_change(r, file, path, &needed, err);
    if (rc != 0 || !needed)
        return rc;
    struct record attributes = describe(RECORD_ATTRIBUTES, &file->st, file->born, path);
    rc = log_append(r->log, &attributes, err);
    return rc ? rc : mark(r, key_of_file(file), MARK_ATTRIBUTES, 0, err);
}

int record_xattr(struct recorder *r, const struct place *file, const char *name, cairn_error *err)
{
    bool needed;
    char path[PATH_MAX];
    if (!file->exists || is_private(r, file->st.st_dev))
        return 0;
    int rc = begin_change(r, file, path, &needed, err);
    return rc != 0 || !needed ? rc : note_xattr(r, file, path, name, err);
}

int record_unknown(struct recorder *r, const char *who, cairn_error *err)
{
    struct record lost = {.type = RECORD_LOST, .path = "", .other = who};
    return log_append(r->log, &lost, err);
}
