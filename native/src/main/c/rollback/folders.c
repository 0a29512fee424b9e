/* Records and restores the folders above files that were open, because others may remove them with
 * their content. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "rollback/beneath.h"
#include "rollback/folders.h"
#include "rollback/truncate.h"
#include "rollback/walk.h"

static bool is_noted(const struct rb_tree *folders, const char *path)
{
    for (size_t i = folders->n; i-- > 0;)
        if (strcmp(folders->nodes[i].path, path) == 0)
            return true;
    return false;
}

static int note(struct rb_record *record, int root_fd, const char *path, cairn_error *err)
{
    struct stat st;
    auto_close int fd = rb_open_beneath(root_fd, path, O_PATH | O_DIRECTORY);
    if (fd < 0 || fstat(fd, &st) < 0)
        return 0; /* it is moving */
    const char *kept = rb_arena_text(&record->arena, path);
    struct rb_node *node = kept ? rb_tree_add(&record->folders) : NULL;
    if (!node)
        return cairn_fail(err, ENOMEM, "out of memory noting %s", path);
    rb_node_stat(node, &st);
    node->path = kept;
    return 0;
}

/* path: of a file, absolute or relative to "/". */
static int note_above(struct rb_record *record, int root_fd, const char *path, cairn_error *err)
{
    char above[4096];
    size_t begin = path[0] == '/';
    int rc = 0;
    for (size_t i = begin; path[i] && i < sizeof above && rc == 0; i++) {
        if (path[i] != '/')
            continue;
        memcpy(above, path + begin, i - begin);
        above[i - begin] = '\0';
        if (!is_noted(&record->folders, above))
            rc = note(record, root_fd, above, err);
    }
    return rc;
}

int rb_note_folders(struct rb_record *record, int root_fd, cairn_error *err)
{
    int rc = 0;
    record->folders.root = record->folders.base = "/";
    record->folders.name = "";
    for (size_t i = 0; i < record->open.n && rc == 0; i++)
        rc = note_above(record, root_fd, record->open.nodes[i].path, err);
    for (size_t i = 0; i < record->n_trees && rc == 0; i++) {
        const struct rb_tree *tree = &record->trees[i];
        char *path = tree->open ? rb_arena_join(&record->arena, tree->base, tree->name) : NULL;
        if (path)
            rc = note_above(record, root_fd, path, err);
    }
    return rc;
}

int rb_make_missing_folders(const struct rb_tree *folders, int root_fd, bool *made,
                            cairn_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < folders->n && rc == 0; i++) {
        const char *last, *path = folders->nodes[i].path;
        auto_close int parent = rb_open_parent(root_fd, path, &last);
        made[i] = parent >= 0 && mkdirat(parent, last, 0700) == 0;
        if (!made[i] && (parent < 0 || errno != EEXIST))
            return cairn_fail_errno(err, "making the folder /%s again", path);
        if (made[i])
            rc = rb_set_attributes(root_fd, "/", &folders->nodes[i], err);
    }
    return rc;
}

int rb_finish_folders(const struct rb_tree *folders, int root_fd, const bool *made,
                      cairn_error *err)
{
    int rc = 0;
    for (size_t i = folders->n; i-- > 0 && rc == 0;)
        if (made[i])
            rc = rb_set_attributes(root_fd, "/", &folders->nodes[i], err);
    return rc;
}
