/* In the pause: records files that are open for writing. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "rollback/beneath.h"
#include "rollback/notes.h"
#include "rollback/walk.h"

static int compare_tasks_by_inode(const void *a, const void *b)
{
    const struct rb_node *m = ((const struct rb_task *)a)->node,
                         *n = ((const struct rb_task *)b)->node;
    if (m->ino != n->ino)
        return m->ino < n->ino ? -1 : 1;
    return (m->dev > n->dev) - (m->dev < n->dev);
}

static struct rb_task *find_task(const rollback_notes *notes, size_t n_sorted,
                                 const struct rb_node *node)
{
    const struct rb_task key = {.node = (struct rb_node *)node};
    return bsearch(&key, notes->tasks, n_sorted, sizeof key, compare_tasks_by_inode);
}

/* 1 if the path leads to that inode; 0 if it does not, or may not be examined. */
static int leads_to(const char *path, const struct stat *st, cairn_error *err)
{
    auto_close int fd = rb_open_absolute(path, O_PATH);
    struct stat found;
    if (fd < 0 && (io_is_absent(errno) || errno == EACCES))
        return 0;
    if (fd < 0 || fstat(fd, &found) < 0)
        return cairn_fail_errno(err, "looking at %s", path);
    return found.st_dev == st->st_dev && found.st_ino == st->st_ino;
}

static struct rb_node *find_noted(const struct rb_tree *open, const struct rb_node *node)
{
    for (size_t i = 0; i < open->n; i++)
        if (open->nodes[i].ino == node->ino && open->nodes[i].dev == node->dev)
            return &open->nodes[i];
    return NULL;
}

/* A file that is only appended to can be copied in parts. */
static bool only_grows(const struct rollback_open_file *file)
{
    return file->append && !file->mapped;
}

static int note_open_file(const struct rollback_options *options, rollback_notes *notes,
                          const struct rollback_open_file *file, const struct stat *st,
                          cairn_error *err)
{
    struct rb_node node = {.same = RB_NONE};
    rb_node_stat(&node, st);
    struct rb_node *before = find_noted(&notes->record.open, &node);
    if (before && !only_grows(file))
        before->keep = RB_KEEP_NONE;
    int rc = before ? 0 : leads_to(file->path, st, err);
    if (rc <= 0)
        return rc;
    if (options->journal && only_grows(file) && (uint64_t)node.size <= notes->grow_bytes) {
        notes->grow_bytes -= (uint64_t)node.size;
        node.keep = RB_KEEP_GROWN;
    }
    node.mapped = file->mapped;
    node.whole = file->mapped && file->whole;
    node.settled = !node.mapped && rb_is_settled(&node, notes->now);
    node.path = rb_arena_text(&notes->record.arena, file->path + 1);
    if (!node.path)
        return cairn_fail(err, ENOMEM, "out of memory noting %s", file->path);
    rc = rb_content_ends(file->fd, (uint64_t)node.size, file->path, &node.ends, err);
    if (rc != 0)
        return rc;
    node.has_ends = true;
    struct rb_node *noted = rb_tree_add(&notes->record.open);
    if (!noted)
        return cairn_fail(err, ENOMEM, "out of memory noting %s", file->path);
    *noted = node;
    return 0;
}

int rb_note_open_files(const struct rollback_options *options,
                       const struct rollback_open_file *files, size_t n_files,
                       rollback_notes *notes, cairn_error *err)
{
    notes->record.open.root = notes->record.open.base = "/";
    notes->record.open.name = "";
    size_t n_trees = notes->n_tasks;
    qsort(notes->tasks, n_trees, sizeof *notes->tasks, compare_tasks_by_inode);
    for (size_t i = 0; i < n_files; i++) {
        struct stat st;
        struct rb_node node = {0};
        if (fstat(files[i].fd, &st) < 0)
            return cairn_fail_errno(err, "looking at %s", files[i].path);
        rb_node_stat(&node, &st);
        if (!S_ISREG(st.st_mode) || files[i].path[0] != '/')
            continue;
        struct rb_task *task = find_task(notes, n_trees, &node);
        if (task) {
            task->open = true;
            task->node->mapped |= files[i].mapped;
        } else if (options->open_files) {
            int rc = note_open_file(options, notes, &files[i], &st, err);
            if (rc != 0)
                return rc;
        }
    }
    return 0;
}
