/* In the pause: handles the content of files in trees. native/docs/rollback.md gives the rules for
 * what is copied when. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "rollback/beneath.h"
#include "rollback/notes.h"
#include "rollback/walk.h"

/* Bytes copied during the pause, over all files: about 50 ms. */
#define PAUSE_BYTES (64ull << 20)
#define FILE_COST (16ull << 10)
/* A larger file is not copied at all. It is linked, or shared if the file system can. */
#define LATER_BYTES (1ull << 30)

/* Whether the file can be copied after the pause: it is idle. The copy then most likely has the
 * content of the pause, and a difference would be noticed. */
static bool may_wait(const struct rb_task *task)
{
    return task->node->settled && !task->open && task->node->size <= (int64_t)LATER_BYTES;
}

/* Orders files: those that must be copied now, then those that could wait; smaller files first. */
static int compare_urgency(const void *a, const void *b)
{
    const struct rb_task *s = a, *t = b;
    bool s_waits = may_wait(s), t_waits = may_wait(t);
    if (s_waits != t_waits)
        return s_waits ? 1 : -1;
    return (s->node->size > t->node->size) - (s->node->size < t->node->size);
}

/* Opens the file; -1 if it may not be read, and sets node->why. Notes changes by processes outside
 * the step since the walk. */
static int open_task(struct rb_task *task, int64_t now)
{
    struct rb_node *node = task->node;
    struct stat st;
    auto_close int fd =
        rb_open_beneath(task->base_fd, node->path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        node->why = errno == EACCES || errno == EPERM ? "it could not be read"
                                                      : "it was not to be found again";
        return -1;
    }
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        node->why = "it was replaced while it was noted";
        return -1;
    }
    rb_node_stat(node, &st);
    node->settled = !node->mapped && rb_is_settled(node, now);
    return steal_fd(&fd);
}

/* Gives the inode a second name, which changes its ctime. The file system may refuse; then the file
 * can only be truncated. */
static int link_file(rollback_notes *notes, struct rb_task *task, int readable_fd, cairn_error *err)
{
    struct rb_node *node = task->node;
    auto_close int path_fd =
        readable_fd < 0 ? rb_open_beneath(task->base_fd, node->path, O_PATH) : -1;
    int fd = readable_fd < 0 ? path_fd : readable_fd;
    struct stat st;
    cairn_error ignored;
    if (fd < 0 || rb_kept_link(&notes->kept, &notes->record.arena, node, fd, &ignored) != 0)
        return 0;
    if (fstat(fd, &st) < 0)
        return cairn_fail_errno(err, "looking at %s", node->path);
    node->ctime = st.st_ctim.tv_sec * 1000000000LL + st.st_ctim.tv_nsec;
    node->settled = false;
    return 0;
}

/* Sharing blocks first writes dirty pages out, so it is used only for large files that may not
 * wait. */
static int share_now(rollback_notes *notes, struct rb_task *task, int fd, bool *done,
                     cairn_error *err)
{
    cairn_error reason = {0};
    int rc = rb_kept_reflink(&notes->kept, &notes->record.arena, task->node, fd, &reason);
    *done = rc == 0;
    if (*done && task->node->size <= (int64_t)LATER_BYTES)
        task->duty = RB_DUTY_DIGEST;
    return rc == 0 || rc == -EOPNOTSUPP ? 0 : cairn_fail(err, reason.code, "%s", reason.message);
}

/* The cost of reading the file, in bytes: opening a file takes as long as copying some KiB. */
static uint64_t cost_of(const struct rb_node *node)
{
    return (uint64_t)node->size + FILE_COST;
}

/* Copies into memory, because making a file takes longer than reading one. */
static int read_now(rollback_notes *notes, struct rb_task *task, int fd, cairn_error *err)
{
    struct rb_node *node = task->node;
    notes->pause_bytes -= cost_of(node);
    task->duty = RB_DUTY_WRITE;
    task->bytes = malloc((size_t)node->size + 1);
    if (!task->bytes)
        return cairn_fail(err, ENOMEM, "out of memory reading %s", node->path);
    return io_pread_full(fd, task->bytes, (size_t)node->size, 0, node->path, err);
}

static void copy_later(rollback_notes *notes, struct rb_task *task, int *fd)
{
    task->duty = RB_DUTY_COPY;
    if (notes->may_hold > 0) {
        notes->may_hold--;
        task->fd = steal_fd(fd);
    }
}

static bool is_kept_already(rollback_notes *notes, struct rb_task *task, int *rc, cairn_error *err)
{
    bool found = false;
    if (task->node->settled)
        *rc = rb_kept_find(&notes->kept, &notes->record.arena, task->node, &found, err);
    if (found)
        task->duty = RB_DUTY_CARRY;
    return found;
}

static int note_content(rollback_notes *notes, struct rb_task *task, cairn_error *err)
{
    struct rb_node *node = task->node;
    int rc = 0;
    bool done = false;
    if (is_kept_already(notes, task, &rc, err) || rc != 0)
        return rc;
    auto_close int fd = open_task(task, notes->now);
    if (fd < 0)
        return link_file(notes, task, -1, err);
    if (cost_of(node) <= notes->pause_bytes)
        return read_now(notes, task, fd, err);
    rc = rb_content_ends(fd, (uint64_t)node->size, node->path, &node->ends, err);
    node->has_ends = rc == 0;
    if (rc == 0 && may_wait(task)) {
        copy_later(notes, task, &fd);
        return 0;
    }
    if (rc == 0)
        rc = share_now(notes, task, fd, &done, err);
    if (rc != 0 || done)
        return rc;
    node->why = node->size > (int64_t)LATER_BYTES ? "it was larger than 1 GiB"
                                                  : "it was large and being written";
    return link_file(notes, task, fd, err);
}

/* How many files stay open until they are copied, so that a rename or removal meanwhile does no
 * harm: half of the descriptors that this process may have. */
static size_t holdable_files(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur / 2 : 0;
}

int rb_note_contents(rollback_notes *notes, cairn_error *err)
{
    int rc = 0;
    notes->pause_bytes = PAUSE_BYTES;
    notes->may_hold = holdable_files();
    for (size_t i = 0; i < notes->n_tasks; i++) {
        struct rb_task *task = &notes->tasks[i];
        task->node->settled = !task->node->mapped && rb_is_settled(task->node, notes->now);
    }
    qsort(notes->tasks, notes->n_tasks, sizeof *notes->tasks, compare_urgency);
    for (size_t i = 0; i < notes->n_tasks && rc == 0; i++)
        rc = note_content(notes, &notes->tasks[i], err);
    return rc;
}
