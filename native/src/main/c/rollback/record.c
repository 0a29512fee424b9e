/* During the pause: examines the files and records them. */
#include "rollback/record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "rollback/beneath.h"
#include "rollback/folders.h"
#include "rollback/notes.h"
#include "rollback/roots.h"
#include "rollback/walk.h"

/* Adds files that are open for overwriting (databases) as trees. The journal does not see writes
 * through a descriptor, so such a file becomes a tree of its own, up to the limit. Beyond the limit
 * it stays one of the open files, and a resume refuses the image once the file was overwritten. The
 * caller frees the list. */
static const char **list_written(const struct rollback_options *options,
                                 const struct rollback_open_file *files, size_t n_files,
                                 uint64_t *left)
{
    const char **paths = calloc(n_files + 1, sizeof *paths);
    struct stat st, found;
    size_t n = 0;
    *left = options->journal ? options->journal->limit : 0;
    for (size_t i = 0; paths && options->journal && i < n_files; i++)
        if (!files[i].append && !files[i].mapped && files[i].path[0] == '/' &&
            fstat(files[i].fd, &st) == 0 && S_ISREG(st.st_mode) &&
            lstat(files[i].path, &found) == 0 && found.st_ino == st.st_ino &&
            found.st_dev == st.st_dev && (uint64_t)st.st_size <= *left) {
            *left -= (uint64_t)st.st_size;
            paths[n++] = files[i].path;
        }
    return paths;
}

static int walk_trees(const struct rollback_options *options,
                      const struct rollback_open_file *files, size_t n_files, rollback_notes *notes,
                      cairn_error *err)
{
    auto_free const char **written = list_written(options, files, n_files, &notes->grow_bytes);
    if (!written)
        return cairn_fail(err, ENOMEM, "out of memory noting files");
    struct rb_own own = {0};
    struct rb_record *record = &notes->record;
    rb_own_around(options->checkpoints_fd, &own);
    int rc = rb_roots_resolve(options->trees, written, &own, record, &notes->base_fds, err);
    for (size_t i = 0; i < record->n_trees && rc == 0; i++)
        rc = rb_walk(notes->base_fds[i], record->trees[i].name, &own, false, &record->arena,
                     &record->trees[i], err);
    return rc;
}

/* Of several names of one inode, the first represents all. */
static void find_hard_links(struct rb_tree *tree, struct rb_by_inode order)
{
    for (size_t i = 1; i < tree->n; i++) {
        struct rb_node *node = &tree->nodes[order.nodes[i]],
                       *before = &tree->nodes[order.nodes[i - 1]];
        if (node->type == RB_FILE && before->type == RB_FILE && node->ino == before->ino)
            node->same = before->same == RB_NONE ? order.nodes[i - 1] : before->same;
    }
}

static int list_tasks(rollback_notes *notes, size_t n_open, cairn_error *err)
{
    size_t n = n_open;
    for (size_t i = 0; i < notes->record.n_trees; i++)
        n += notes->record.trees[i].n;
    notes->tasks = calloc(n + 1, sizeof *notes->tasks);
    if (!notes->tasks)
        return cairn_fail(err, ENOMEM, "out of memory noting files");
    for (size_t t = 0; t < notes->record.n_trees; t++) {
        struct rb_tree *tree = &notes->record.trees[t];
        struct rb_by_inode by_inode = rb_order_by_inode(tree);
        if (!by_inode.nodes)
            return cairn_fail(err, ENOMEM, "out of memory noting files");
        find_hard_links(tree, by_inode);
        free(by_inode.nodes);
        for (size_t i = 0; i < tree->n; i++)
            if (tree->nodes[i].type == RB_FILE && tree->nodes[i].same == RB_NONE)
                notes->tasks[notes->n_tasks++] = (struct rb_task){
                    .tree = tree, .node = &tree->nodes[i], .base_fd = notes->base_fds[t], .fd = -1};
    }
    return 0;
}

/* The file may be renamed before it is copied. */
static void hold(rollback_notes *notes, struct rb_task *task)
{
    if (notes->may_hold == 0)
        return;
    task->fd = rb_open_beneath(task->base_fd, task->node->path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    notes->may_hold -= task->fd >= 0;
}

static void add_open_tasks(rollback_notes *notes, const struct rollback_journal *journal)
{
    for (size_t i = 0; i < notes->record.open.n; i++) {
        struct rb_task *task = &notes->tasks[notes->n_tasks++];
        *task = (struct rb_task){.tree = &notes->record.open,
                                 .node = &notes->record.open.nodes[i],
                                 .base_fd = notes->root_fd,
                                 .fd = -1};
        if (task->node->keep != RB_KEEP_GROWN)
            continue;
        task->duty = RB_DUTY_GROW;
        hold(notes, task);
        task->continues = task->fd >= 0 && journal->only_grew(journal->context, task->fd);
    }
}

/* The path of an open folder; NULL if the kernel does not tell it. */
static const char *name_of(struct rb_arena *arena, int folder)
{
    char link[48], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t len = readlink(link, path, sizeof path - 1);
    if (len <= 0)
        return NULL;
    path[len] = '\0';
    return rb_arena_text(arena, path);
}

static int record_all(const struct rollback_options *options,
                      const struct rollback_open_file *files, size_t n_files, int image_fd,
                      rollback_notes *notes, cairn_error *err)
{
    int rc;
    if ((rc = walk_trees(options, files, n_files, notes, err)) ||
        (rc = list_tasks(notes, n_files, err)) ||
        (rc = rb_note_open_files(options, files, n_files, notes, err)))
        return rc;
    bool keeps = notes->record.n_trees > 0 || (options->journal && notes->record.open.n > 0);
    if (keeps && (rc = rb_kept_open(image_fd, options->checkpoints_fd, options->previous,
                                    &notes->kept, err)))
        return rc;
    rc = rb_note_contents(notes, err);
    notes->record.checkpoints = name_of(&notes->record.arena, options->checkpoints_fd);
    notes->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (rc == 0 && notes->root_fd < 0)
        rc = cairn_fail_errno(err, "opening /");
    add_open_tasks(notes, options->journal);
    if (rc == 0 && options->journal)
        rc = rb_note_folders(&notes->record, notes->root_fd, err);
    uint32_t epoch;
    notes->record.epoch = -1;
    if (rc == 0 && options->journal) {
        rc = options->journal->cut(options->journal->context, &epoch, err);
        notes->record.epoch = epoch;
    }
    return rc;
}

int rb_record_at(const struct rollback_options *options, const struct rollback_open_file *files,
                 size_t n_files, int image_fd, rollback_notes **out, cairn_error *err)
{
    rollback_notes *notes = calloc(1, sizeof *notes);
    if (!notes)
        return cairn_fail(err, ENOMEM, "out of memory noting files");
    notes->kept.fd = notes->kept.previous_fd = notes->root_fd = -1;
    notes->now = rb_now();
    int rc = record_all(options, files, n_files, image_fd, notes, err);
    if (rc != 0) {
        rb_notes_free(notes);
        return rc;
    }
    *out = notes;
    return 0;
}

void rb_notes_free(rollback_notes *notes)
{
    if (!notes)
        return;
    for (size_t i = 0; i < notes->n_tasks; i++) {
        cairn_cleanup_close(&notes->tasks[i].fd);
        free(notes->tasks[i].bytes);
    }
    for (size_t i = 0; i < notes->record.n_trees; i++)
        cairn_cleanup_close(&notes->base_fds[i]);
    cairn_cleanup_close(&notes->root_fd);
    rb_kept_close(&notes->kept);
    free(notes->base_fds);
    free(notes->tasks);
    rb_record_free(&notes->record);
    free(notes);
}
