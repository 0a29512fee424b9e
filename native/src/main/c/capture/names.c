#include "capture/names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The path by which this process reaches the file; "" if it is too long. */
static void in_step(const struct objects *o, const char *path, char *out, size_t size)
{
    if (snprintf(out, size, "/proc/%d/root%s", o->init, path) >= (int)size)
        *out = '\0';
}

/* Looks for the entry that is the file `st`, in the folder that `path` (cut at its last slash)
 * names. */
static int look_in_folder(const char *path, const struct stat *st, char **name, cairn_error *err)
{
    auto_closedir DIR *dir = opendir(path);
    if (!dir)
        return errno == ENOENT || errno == EACCES || errno == ENOTDIR
                   ? 0
                   : cairn_fail_errno(err, "reading %s", path);
    for (struct dirent *entry; (entry = readdir(dir));) {
        struct stat found;
        if (entry->d_ino != st->st_ino ||
            fstatat(dirfd(dir), entry->d_name, &found, AT_SYMLINK_NOFOLLOW) < 0 ||
            !is_same(&found, st))
            continue;
        *name = strdup(entry->d_name);
        return *name ? 0 : cairn_fail(err, ENOMEM, "out of memory looking for a link");
    }
    return 0;
}

static int find_other_link(const struct objects *o, const char *path, const struct stat *st,
                           char **other, cairn_error *err)
{
    char folder[PATH_MAX + 64];
    auto_free char *name = NULL;
    int length = (int)(strrchr(path, '/') + 1 - path);
    in_step(o, path, folder, sizeof folder);
    if (!*folder)
        return 0;
    *(strrchr(folder, '/') + 1) = '\0';
    int rc = look_in_folder(folder, st, &name, err);
    if (rc != 0 || !name)
        return rc;
    return asprintf(other, "%.*s%s", length, path, name) < 0
               ? cairn_fail(err, ENOMEM, "out of memory looking for a link")
               : 0;
}

int name_find(const struct objects *o, const char *path, const struct stat *st,
              enum name_state *out, char **other, cairn_error *err)
{
    char here[PATH_MAX + 64];
    struct stat found;
    *out = NAME_LOST;
    if (path[0] != '/') /* an object of an internal file system, such as a namespace or a message
                         * queue */
        return 0;
    in_step(o, path, here, sizeof here);
    if (*here && lstat(here, &found) == 0 && is_same(&found, st)) {
        *out = NAME_LEADS;
        return 0;
    }
    if (st->st_nlink == 0) {
        *out = NAME_GONE;
        return 0;
    }
    if (S_ISDIR(st->st_mode) || !path_is_deleted(path))
        return 0;
    int rc = find_other_link(o, path, st, other, err);
    if (rc == 0 && *other)
        *out = NAME_ELSEWHERE;
    return rc;
}

/* Whether the name may be made again for a moment, in its old place. */
static bool may_be_made(const struct objects *o, const char *path)
{
    char here[PATH_MAX + 64];
    in_step(o, path, here, sizeof here);
    for (char *slash; (slash = strrchr(here, '/')) && slash > here;) {
        *slash = '\0';
        if (faccessat(AT_FDCWD, here, W_OK | X_OK, AT_EACCESS) == 0)
            return true;
        if (errno != ENOENT)
            return false;
    }
    return false;
}

int object_capture_folder(struct objects *o, const struct stat *st, const char *path,
                          struct object **out, cairn_error *err)
{
    struct object *object = object_find(o, st->st_dev, st->st_ino);
    int rc = 0;
    if (!may_be_made(o, path))
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "the folder %s, which cannot be made again, for a moment, where it was: "
                          "leave it before the checkpoint",
                          path);
    if (!object)
        rc = object_add(o, st->st_dev, st->st_ino, "folder", path, &object, err);
    if (rc != 0)
        return rc;
    object_note_attributes(object, st);
    *out = object;
    return 0;
}

int capture_working_folder(struct objects *o, const struct captured_process *p, cairn_error *err)
{
    char link[64];
    struct stat st;
    enum name_state state;
    auto_free char *other = NULL;
    const char *path = json_string_value(json_object_get(p->json, "cwd"));
    snprintf(link, sizeof link, "/proc/%d/cwd", p->pid);
    if (stat(link, &st) < 0)
        return cairn_fail_errno(err, "looking at the working folder of pid %d", p->ns_pid);
    int rc = name_find(o, path, &st, &state, &other, err);
    if (rc != 0 || state == NAME_LEADS)
        return rc;
    if (state != NAME_GONE)
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "pid %d: its working folder, to which %s does not lead any more; let it "
                          "work in one that has a path",
                          p->ns_pid, path);
    struct object *object;
    rc = object_capture_folder(o, &st, path, &object, err);
    if (rc != 0)
        return cairn_fail_within(err, rc, "pid %d", p->ns_pid);
    json_object_set_new(p->json, "cwd_object", json_integer(object->space));
    return 0;
}
