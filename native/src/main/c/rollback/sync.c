/* After the pause: makes the larger copies, syncs, and describes the record. */
#include "rollback/sync.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "rollback/beneath.h"
#include "rollback/format.h"
#include "rollback/notes.h"
#include "rollback/walk.h"

/* --- copies --- */

static int open_live(const struct rb_task *task)
{
    return rb_open_beneath(task->base_fd, task->node->path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

/* Whether the file was written: writes change mtime. (Renames and links change ctime only, and
 * leave the content alone.) */
static bool is_as_noted(int fd, const struct rb_node *node)
{
    struct stat st;
    struct rb_node now = {0};
    if (fstat(fd, &st) < 0)
        return false;
    rb_node_stat(&now, &st);
    return now.size == node->size && now.mtime == node->mtime;
}

/* fd: the noted inode, or -1. */
static int give_up(rollback_notes *notes, struct rb_node *node, int fd, const char *why)
{
    cairn_error ignored;
    node->keep = RB_KEEP_NONE;
    node->kept = NULL;
    node->has_digest = false;
    node->settled = false;
    node->why = why;
    /* A file that has been removed meanwhile cannot be linked any more. */
    if (fd >= 0 && rb_kept_link(&notes->kept, &notes->record.arena, node, fd, &ignored) != 0)
        node->keep = RB_KEEP_NONE;
    return 0;
}

/* Moves the copy to the name under which the next image finds it. */
static int name_if_settled(rollback_notes *notes, struct rb_node *node, cairn_error *err)
{
    return node->settled ? rb_kept_name(&notes->kept, &notes->record.arena, node, err) : 0;
}

static int write_read(rollback_notes *notes, struct rb_task *task, cairn_error *err)
{
    int rc = rb_kept_write(&notes->kept, &notes->record.arena, task->node, task->bytes, err);
    free(task->bytes);
    task->bytes = NULL;
    return rc ? rc : name_if_settled(notes, task->node, err);
}

static int digest_reflink(rollback_notes *notes, struct rb_node *node, cairn_error *err)
{
    auto_close int fd = openat(notes->kept.fd, node->kept, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return cairn_fail_errno(err, "opening the copy of %s", node->path);
    int rc = rb_content_digest(fd, (uint64_t)node->size, node->path, &node->digest, err);
    node->has_digest = rc == 0;
    return rc;
}

/* Shares the file's blocks if possible, else copies it with a digest. */
static int duplicate(rollback_notes *notes, struct rb_node *node, int fd, cairn_error *err)
{
    int rc = rb_kept_reflink(&notes->kept, &notes->record.arena, node, fd, err);
    if (rc == 0)
        return digest_reflink(notes, node, err);
    return rc == -EOPNOTSUPP ? rb_kept_copy(&notes->kept, &notes->record.arena, node, fd, err) : rc;
}

static int copy_from(rollback_notes *notes, struct rb_node *node, int fd, cairn_error *err)
{
    static const char changed[] = "it was large and changed while it was copied";
    cairn_error reason = {0};
    if (!is_as_noted(fd, node))
        return give_up(notes, node, fd, changed);
    int rc = duplicate(notes, node, fd, &reason);
    if (rc == -CAIRN_EIMAGE_TORN) /* it became shorter */
        return give_up(notes, node, fd, changed);
    if (rc != 0)
        return cairn_fail(err, reason.code, "%s", reason.message);
    if (!is_as_noted(fd, node)) {
        unlinkat(notes->kept.fd, node->kept, 0);
        return give_up(notes, node, fd, changed);
    }
    return name_if_settled(notes, node, err);
}

static int copy_later(rollback_notes *notes, struct rb_task *task, cairn_error *err)
{
    struct stat st;
    auto_close int fd = task->fd >= 0 ? steal_fd(&task->fd) : open_live(task);
    if (fd < 0 || fstat(fd, &st) < 0 || st.st_ino != task->node->ino)
        return give_up(notes, task->node, -1, "it was renamed or removed before it was copied");
    return copy_from(notes, task->node, fd, err);
}

/* The earlier image may just have been deleted, or the copy may have the maximum number of links.
 */
static int carry(rollback_notes *notes, struct rb_task *task, cairn_error *err)
{
    cairn_error ignored;
    if (rb_kept_carry(&notes->kept, task->node->kept, &ignored) == 0)
        return 0;
    task->duty = RB_DUTY_COPY;
    return copy_later(notes, task, err);
}

/* A log that was removed or overwritten meanwhile has no copy. */
static int grow(rollback_notes *notes, struct rb_task *task, cairn_error *err)
{
    static const char gone[] = "it was renamed or removed before it was copied";
    cairn_error reason = {0};
    struct stat st;
    auto_close int fd = task->fd < 0 ? open_live(task) : -1;
    int from = task->fd < 0 ? fd : task->fd;
    if (from < 0 || fstat(from, &st) < 0 || st.st_ino != task->node->ino)
        return give_up(notes, task->node, -1, gone);
    int rc = rb_kept_grow(&notes->kept, &notes->record.arena, task->node, from, task->continues,
                          &reason);
    if (rc == -CAIRN_EIMAGE_TORN)
        return give_up(notes, task->node, -1, "it was written over while it was copied");
    return rc == 0 ? 0 : cairn_fail(err, reason.code, "%s", reason.message);
}

static int do_duty(rollback_notes *notes, struct rb_task *task, cairn_error *err)
{
    int rc;
    switch (task->duty) {
    case RB_DUTY_CARRY:
        return carry(notes, task, err);
    case RB_DUTY_DIGEST:
        rc = digest_reflink(notes, task->node, err);
        return rc ? rc : name_if_settled(notes, task->node, err);
    case RB_DUTY_WRITE:
        return write_read(notes, task, err);
    case RB_DUTY_COPY:
        return copy_later(notes, task, err);
    case RB_DUTY_GROW:
        return grow(notes, task, err);
    case RB_DUTY_SYNC:
        break;
    }
    return 0;
}

/* --- durability --- */

static int sync_fd(int fd, const char *path, cairn_error *err)
{
    /* Some file systems have nothing to sync, and return this error for it. */
    if (fdatasync(fd) == 0 || errno == EINVAL || errno == EROFS || errno == ENOSYS)
        return 0;
    return cairn_fail_errno(err, "syncing %s", path);
}

/* A file that is gone, or that may not be read, is not needed by the image, so nothing waits for
 * it. */
static int cannot_open(const char *path, cairn_error *err)
{
    static const int needless[] = {ENOENT, ENOTDIR, EACCES, EPERM, ELOOP, EXDEV, ENXIO};
    for (size_t i = 0; i < sizeof needless / sizeof *needless; i++)
        if (errno == needless[i])
            return 0;
    return cairn_fail_errno(err, "opening %s to sync it", path);
}

static int sync_beneath(int base, const char *path, int flags, cairn_error *err)
{
    auto_close int fd = rb_open_beneath(base, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | flags);
    return fd < 0 ? cannot_open(path, err) : sync_fd(fd, path, err);
}

static int sync_folder_of(int base, const char *path, cairn_error *err)
{
    const char *last;
    auto_close int parent = rb_open_parent(base, path, &last);
    return parent < 0 ? cannot_open(path, err) : sync_beneath(parent, ".", O_DIRECTORY, err);
}

static bool has_copy(const struct rb_node *node)
{
    return node->keep == RB_KEEP_COPY || node->keep == RB_KEEP_GROWN;
}

/* Starts writing out everything, so that few of the later syncs have to wait. */
static void start_writing(const rollback_notes *notes, const struct rb_task *task)
{
    auto_close int live = open_live(task);
    if (live >= 0)
        (void)sync_file_range(live, 0, 0, SYNC_FILE_RANGE_WRITE);
    if (has_copy(task->node)) {
        auto_close int copy = openat(notes->kept.fd, task->node->kept, O_RDONLY | O_CLOEXEC);
        if (copy >= 0)
            (void)sync_file_range(copy, 0, 0, SYNC_FILE_RANGE_WRITE);
    }
}

static int sync_task(const rollback_notes *notes, const struct rb_task *task, cairn_error *err)
{
    int rc = task->fd >= 0 ? sync_fd(task->fd, task->node->path, err)
                           : sync_beneath(task->base_fd, task->node->path, 0, err);
    if (rc == 0 && has_copy(task->node))
        rc = sync_beneath(notes->kept.fd, task->node->kept, 0, err);
    if (rc == 0 && task->tree == &notes->record.open)
        rc = sync_folder_of(task->base_fd, task->node->path, err);
    return rc;
}

static int sync_folders(const rollback_notes *notes, size_t t, cairn_error *err)
{
    const struct rb_tree *tree = &notes->record.trees[t];
    int rc = 0;
    for (size_t i = 0; i < tree->n && rc == 0; i++)
        if (tree->nodes[i].type == RB_DIR)
            rc = sync_beneath(notes->base_fds[t], tree->nodes[i].path, O_DIRECTORY, err);
    return rc ? rc : sync_folder_of(notes->base_fds[t], tree->name, err);
}

static int sync_all(rollback_notes *notes, int image_fd, cairn_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < notes->n_tasks; i++)
        if (notes->tasks[i].duty != RB_DUTY_CARRY)
            start_writing(notes, &notes->tasks[i]);
    for (size_t i = 0; i < notes->n_tasks && rc == 0; i++)
        if (notes->tasks[i].duty != RB_DUTY_CARRY)
            rc = sync_task(notes, &notes->tasks[i], err);
    for (size_t t = 0; t < notes->record.n_trees && rc == 0; t++)
        rc = sync_folders(notes, t, err);
    if (rc == 0 && notes->kept.fd >= 0)
        rc = sync_fd(notes->kept.fd, "the folder of copies", err);
    return rc ? rc : sync_beneath(image_fd, ".", O_DIRECTORY, err);
}

int rb_sync_at(rollback_notes *notes, int image_fd, json_t **out, cairn_error *err)
{
    for (size_t i = 0; i < notes->n_tasks; i++) {
        int rc = do_duty(notes, &notes->tasks[i], err);
        if (rc != 0)
            return rc;
    }
    int rc = sync_all(notes, image_fd, err);
    return rc ? rc : rb_format(&notes->record, out, err);
}
