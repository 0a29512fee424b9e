#include "rollback/roots.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "rollback/beneath.h"
#include "rollback/names.h"

/* Splits a real path into the folder and the name in it. */
static int set_place(struct rb_arena *arena, struct rb_tree *tree, const char *real,
                     size_t base_len, cairn_error *err)
{
    char base[PATH_MAX];
    memcpy(base, real, base_len);
    base[base_len] = '\0';
    tree->base = rb_arena_text(arena, base_len ? base : "/");
    tree->name = rb_arena_text(arena, real + base_len + 1);
    if (!tree->base || !tree->name)
        return cairn_fail(err, ENOMEM, "out of memory resolving %s", tree->root);
    if (!rb_path_is_plain(tree->name))
        return cairn_fail(err, EINVAL, "%s cannot be rolled back: name a folder below it",
                          tree->root);
    return 0;
}

/* The deepest existing folder above path becomes the base. */
static int resolve_absent(struct rb_arena *arena, struct rb_tree *tree, cairn_error *err)
{
    char above[PATH_MAX], real[PATH_MAX * 2];
    if (strlen(tree->root) >= sizeof above)
        return cairn_fail(err, ENAMETOOLONG, "%s", tree->root);
    strcpy(above, tree->root);
    for (;;) {
        char *slash = strrchr(above, '/');
        *slash = '\0';
        if (realpath(above[0] ? above : "/", real))
            break;
        if (errno != ENOENT || slash == above)
            return cairn_fail_errno(err, "resolving %s", tree->root);
    }
    size_t base_len = strcmp(real, "/") == 0 ? 0 : strlen(real);
    strcpy(real + base_len, tree->root + strlen(above));
    return set_place(arena, tree, real, base_len, err);
}

static int resolve(struct rb_arena *arena, struct rb_tree *tree, cairn_error *err)
{
    char real[PATH_MAX];
    if (tree->root[0] != '/')
        return cairn_fail(err, EINVAL, "%s is not an absolute path", tree->root);
    if (realpath(tree->root, real))
        return set_place(arena, tree, real, (size_t)(strrchr(real, '/') - real), err);
    if (errno != ENOENT)
        return cairn_fail_errno(err, "resolving %s", tree->root);
    return resolve_absent(arena, tree, err);
}

static const char *real_path(struct rb_arena *arena, const struct rb_tree *tree)
{
    return rb_arena_join(arena, strcmp(tree->base, "/") == 0 ? "" : tree->base, tree->name);
}

static int open_base(const struct rb_tree *tree, const struct rb_own *own, int *out,
                     cairn_error *err)
{
    *out = rb_open_absolute(tree->base, O_PATH | O_DIRECTORY);
    if (*out < 0)
        return cairn_fail_errno(err, "opening %s", tree->base);
    struct stat st;
    if (fstatat(*out, tree->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
        rb_own_has(own, st.st_dev, st.st_ino))
        return cairn_fail(err, EINVAL, "%s is a folder of Cairn's own: name one below it",
                          tree->root);
    return 0;
}

/* Whether one tree's root lies in the other tree, reached without crossing a mount. 1 or 0. */
static int covers(struct rb_arena *arena, const struct rb_tree *outer, int outer_base,
                  const struct rb_tree *inner, int inner_base, cairn_error *err)
{
    const char *o = real_path(arena, outer), *i = real_path(arena, inner);
    if (!o || !i)
        return cairn_fail(err, ENOMEM, "out of memory comparing folders");
    if (!rb_path_within(i, o))
        return 0;
    struct statx a, b;
    if (statx(outer_base, outer->name, AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &a) < 0 ||
        statx(inner_base, inner->name, AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &b) < 0)
        return io_is_absent(errno) ? 1 /* an absent root could only be made inside the other tree */
                                   : cairn_fail_errno(err, "looking at %s and %s", o, i);
    return a.stx_mnt_id == b.stx_mnt_id;
}

static void drop(struct rb_record *record, int *fds, size_t i)
{
    close(fds[i]);
    record->n_trees--;
    memmove(&record->trees[i], &record->trees[i + 1],
            (record->n_trees - i) * sizeof *record->trees);
    memmove(&fds[i], &fds[i + 1], (record->n_trees - i) * sizeof *fds);
}

/* Drops the last tree if an earlier one covers it, or the earlier trees that it covers. */
static int merge_last(struct rb_record *record, int *fds, cairn_error *err)
{
    size_t last = record->n_trees - 1;
    for (size_t i = 0; i < last; i++) {
        int inside =
            covers(&record->arena, &record->trees[i], fds[i], &record->trees[last], fds[last], err);
        if (inside < 0)
            return inside;
        if (inside) {
            drop(record, fds, last);
            return 0;
        }
    }
    for (size_t i = last; i-- > 0;) {
        last = record->n_trees - 1;
        int inside =
            covers(&record->arena, &record->trees[last], fds[last], &record->trees[i], fds[i], err);
        if (inside < 0)
            return inside;
        if (inside)
            drop(record, fds, i);
    }
    return 0;
}

static int add_root(const char *path, bool open, const struct rb_own *own, struct rb_record *record,
                    int *fds, cairn_error *err)
{
    struct rb_tree tree = {.root = rb_arena_text(&record->arena, path), .open = open};
    if (!tree.root)
        return cairn_fail(err, ENOMEM, "out of memory resolving folders");
    auto_close int fd = -1;
    int rc = resolve(&record->arena, &tree, err);
    if (rc == 0)
        rc = open_base(&tree, own, &fd, err);
    if (rc != 0)
        return rc;
    record->trees[record->n_trees] = tree;
    fds[record->n_trees++] = steal_fd(&fd);
    return merge_last(record, fds, err);
}

static size_t count(const char *const *paths)
{
    size_t n = 0;
    while (paths && paths[n])
        n++;
    return n;
}

int rb_roots_resolve(const char *const *paths, const char *const *written, const struct rb_own *own,
                     struct rb_record *record, int **base_fds, cairn_error *err)
{
    size_t n = count(paths), files = count(written);
    if (n > RB_MAX_TREES)
        return cairn_fail(err, E2BIG, "more than %d folders to roll back", RB_MAX_TREES);
    record->trees = calloc(n + files + 1, sizeof *record->trees);
    *base_fds = calloc(n + files + 1, sizeof **base_fds);
    if (!record->trees || !*base_fds)
        return cairn_fail(err, ENOMEM, "out of memory resolving folders");
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = add_root(paths[i], false, own, record, *base_fds, err);
    for (size_t i = 0; i < files && rc == 0 && record->n_trees < RB_MAX_TREES; i++) {
        cairn_error ignored; /* then the file is recorded as an open file only */
        int skipped = add_root(written[i], true, own, record, *base_fds, &ignored);
        (void)skipped;
    }
    return rc;
}
