#include "rollback/restore_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "rollback/beneath.h"
#include "rollback/truncate.h"
#include "rollback/names.h"
#include "rollback/undone.h"

#define UNFINISHED ".new" /* the suffix of a file that is being built in the stage */

struct restorer {
    struct rb_plan *plan;
    int stage_fd;
    const char **staged; /* for each wanted node: its name in the stage */
    int kept_fd, undone_fd;
    cairn_error *err;
};

static int failed(const struct restorer *r, const char *doing, const char *path)
{
    return cairn_fail_errno(r->err, "%s %s/%s", doing, r->plan->want->base, path);
}

static int move_away(const struct restorer *r, const char *path)
{
    return rb_undone_take(r->undone_fd, r->plan->base_fd, r->plan->want->base, path, r->err);
}

/* Folders whose owner may not write in them. Their modes are set again at the end. */
static int open_up_folders(const struct restorer *r)
{
    const struct rb_tree *now = &r->plan->now;
    for (size_t n = 0; n < now->n; n++) {
        const struct rb_node *node = &now->nodes[n];
        if (node->type != RB_DIR || (node->mode & 0700) == 0700 || node->uid != geteuid())
            continue;
        auto_close int fd = rb_open_beneath(r->plan->base_fd, node->path, O_RDONLY | O_DIRECTORY);
        if (fd < 0 || fchmod(fd, node->mode | 0700) < 0)
            return failed(r, "opening up the folder", node->path);
    }
    return 0;
}

static int make_stage(struct restorer *r)
{
    const struct rb_plan *plan = r->plan;
    const char *last;
    auto_close int parent = rb_open_parent(plan->base_fd, plan->stage, &last);
    if (parent < 0 || (mkdirat(parent, last, 0700) < 0 && errno != EEXIST))
        return failed(r, "making the folder", plan->stage);
    r->stage_fd = rb_open_beneath(parent, last, O_RDONLY | O_DIRECTORY);
    return r->stage_fd < 0 ? failed(r, "opening the folder", plan->stage) : 0;
}

static bool needs_stage(const struct rb_plan *plan)
{
    for (size_t n = 0; n < plan->now.n; n++)
        if (plan->staged[n] || strcmp(plan->now.nodes[n].path, plan->stage) == 0)
            return true;
    for (size_t w = 0; w < plan->want->n; w++)
        if (plan->fates[w].source == RB_KEPT && !plan->fates[w].rewrite)
            return true;
    return false;
}

/* The root itself may no longer be a folder, but the stage must lie in it. */
static int make_root(const struct restorer *r)
{
    const struct rb_plan *plan = r->plan;
    if (plan->want->n == 0 || plan->want->nodes[0].type != RB_DIR ||
        plan->fates[0].source == RB_HERE)
        return 0;
    if (plan->now.n > 0 && plan->extra[0]) {
        int rc = move_away(r, plan->want->name);
        if (rc != 0)
            return rc;
        plan->extra[0] = false;
    }
    if (mkdirat(plan->base_fd, plan->want->name, 0700) < 0 && errno != EEXIST)
        return failed(r, "making the folder", plan->want->name);
    return 0;
}

/* --- moving files out of the way --- */

/* Finds an unused name in the stage: earlier tries may have left some. */
static const char *vacant_name(const struct restorer *r, size_t w, const char *suffix)
{
    char name[64];
    for (unsigned n = 0; n < 10000; n++) {
        struct stat st;
        snprintf(name, sizeof name, "%zu-%u%s", w, n, suffix);
        if (fstatat(r->stage_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            return errno == ENOENT ? rb_arena_text(&r->plan->arena, name) : NULL;
    }
    errno = EEXIST;
    return NULL;
}

static int to_stage(const struct restorer *r, size_t w)
{
    const char *last, *path = r->plan->now.nodes[r->plan->fates[w].now].path;
    auto_close int parent = rb_open_parent(r->plan->base_fd, path, &last);
    if (parent < 0)
        return failed(r, "opening the folder of", path);
    if (rb_path_within(path, r->plan->stage)) {
        r->staged[w] = last;
        return 0;
    }
    r->staged[w] = vacant_name(r, w, "");
    if (!r->staged[w] || rb_rename_vacant(parent, last, r->stage_fd, r->staged[w]) < 0)
        return failed(r, "moving", path);
    return 0;
}

static bool is_unfinished_copy(const struct rb_plan *plan, const char *path)
{
    size_t len = strlen(path);
    return rb_path_within(path, plan->stage) && len > strlen(UNFINISHED) &&
           strcmp(path + len - strlen(UNFINISHED), UNFINISHED) == 0;
}

static int remove_unfinished(const struct restorer *r, const char *path)
{
    const char *last = strrchr(path, '/') + 1;
    return unlinkat(r->stage_fd, last, 0) < 0 ? failed(r, "removing", path) : 0;
}

static int clear_the_way(const struct restorer *r)
{
    const struct rb_plan *plan = r->plan;
    int rc = 0;
    for (size_t w = 0; w < plan->want->n && rc == 0; w++)
        if (plan->fates[w].source == RB_MOVED)
            rc = to_stage(r, w);
    for (size_t n = 0; n < plan->now.n && rc == 0; n++) {
        const char *path = plan->now.nodes[n].path;
        if (plan->extra[n])
            rc = is_unfinished_copy(plan, path) ? remove_unfinished(r, path) : move_away(r, path);
    }
    return rc;
}

/* --- into place --- */

static int place(const struct restorer *r, const char *staged, const char *path)
{
    const char *last;
    auto_close int parent = rb_open_parent(r->plan->base_fd, path, &last);
    if (parent < 0)
        return failed(r, "opening the folder of", path);
    if (rb_rename_vacant(r->stage_fd, staged, parent, last) < 0)
        return failed(r, "putting back", path);
    return 0;
}

/* `to` is empty. */
static int fill_from_copy(const struct restorer *r, const struct rb_node *want, int to)
{
    auto_close int from = openat(r->kept_fd, want->kept, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (from < 0)
        return failed(r, "opening the copy of", want->path);
    if (rb_content_reflink(from, (uint64_t)want->size, to))
        return 0; /* rb_plan_make has read it */
    struct rb_digest digest;
    int rc = rb_content_copy(from, 0, (uint64_t)want->size, to, want->path, &digest, r->err);
    if (rc == 0 && want->has_digest && !rb_digest_equal(digest, want->digest))
        rc = cairn_fail(r->err, CAIRN_EIMAGE_CORRUPT, "the image's copy of %s/%s is damaged",
                        r->plan->want->base, want->path);
    return rc;
}

static int build_copy(const struct restorer *r, const struct rb_node *want, const char *staged)
{
    auto_close int to =
        openat(r->stage_fd, staged, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return to < 0 ? failed(r, "making the copy of", want->path) : fill_from_copy(r, want, to);
}

/* If the supervisor is killed meanwhile, the file is written again, because its content is still
 * not the wanted one. */
static int rewrite(const struct restorer *r, const struct rb_node *want)
{
    struct stat st;
    auto_close int fd = rb_open_to_change(r->plan->base_fd, want->path);
    if (fd < 0 || fstat(fd, &st) < 0)
        return failed(r, "opening for its earlier content", want->path);
    int rc = rb_undone_tail(r->undone_fd, fd, 0, (uint64_t)st.st_size, r->plan->want->base,
                            want->path, r->err);
    if (rc == 0 && ftruncate(fd, 0) < 0)
        rc = failed(r, "emptying", want->path);
    return rc != 0 ? rc : fill_from_copy(r, want, fd);
}

static int bring_back(const struct restorer *r, size_t w)
{
    const struct rb_node *want = &r->plan->want->nodes[w];
    const char *name = vacant_name(r, w, UNFINISHED);
    if (!name)
        return failed(r, "staging", want->path);
    if (want->keep == RB_KEEP_COPY) {
        int rc = build_copy(r, want, name);
        return rc ? rc : place(r, name, want->path);
    }
    if (linkat(r->kept_fd, want->kept, r->stage_fd, name, 0) < 0)
        return failed(r, "linking the image's", want->path);
    return place(r, name, want->path);
}

static int make_anew(const struct restorer *r, const struct rb_node *want)
{
    const int base = r->plan->base_fd;
    const char *last;
    auto_close int parent = rb_open_parent(base, want->path, &last);
    if (parent < 0)
        return failed(r, "opening the folder of", want->path);
    int rc = 0;
    if (want->type == RB_DIR) {
        rc = mkdirat(parent, last, 0700);
        if (rc < 0 && errno == EEXIST)
            rc = 0; /* make_root */
    } else if (want->type == RB_SYMLINK) {
        rc = symlinkat(want->target, parent, last);
    } else if (want->type == RB_FIFO) {
        rc = mkfifoat(parent, last, 0600);
    } else if (want->type == RB_DEVICE) {
        rc = mknodat(parent, last, (want->mode & S_IFMT) | 0600, want->rdev);
    } else {
        const char *first, *path = r->plan->want->nodes[want->same].path;
        auto_close int from = rb_open_parent(base, path, &first);
        rc = from < 0 ? -1 : linkat(from, first, parent, last, 0);
    }
    return rc < 0 ? failed(r, "making", want->path) : 0;
}

static int restore_node(const struct restorer *r, size_t w)
{
    const struct rb_node *want = &r->plan->want->nodes[w];
    const struct rb_fate *fate = &r->plan->fates[w];
    int rc = 0;
    switch (fate->source) {
    case RB_HERE:
    case RB_LEAVE:
        break;
    case RB_MOVED:
        rc = place(r, r->staged[w], want->path);
        break;
    case RB_KEPT:
        rc = fate->rewrite ? rewrite(r, want) : bring_back(r, w);
        break;
    case RB_MAKE:
        rc = make_anew(r, want);
        break;
    }
    if (rc == 0 && fate->cut)
        rc = rb_truncate(r->plan->base_fd, r->plan->want->base, want->path, want, r->kept_fd,
                         r->undone_fd, r->err);
    return rc;
}

/* --- */

static int remove_stage(struct restorer *r)
{
    const char *last;
    auto_close int parent = rb_open_parent(r->plan->base_fd, r->plan->stage, &last);
    if (parent < 0 || unlinkat(parent, last, AT_REMOVEDIR) < 0)
        return failed(r, "removing", r->plan->stage);
    return 0;
}

/* The folders above an absent root were absent too. One that others use is not empty and stays. */
static void remove_ancestors(const struct restorer *r)
{
    char path[4096];
    strcpy(path, r->plan->want->name);
    for (char *slash; (slash = strrchr(path, '/'));) {
        const char *last;
        *slash = '\0';
        auto_close int parent = rb_open_parent(r->plan->base_fd, path, &last);
        if (parent < 0 || (unlinkat(parent, last, AT_REMOVEDIR) < 0 && errno != ENOENT))
            return;
    }
}

static int set_all_attributes(const struct restorer *r)
{
    const struct rb_plan *plan = r->plan;
    int rc = 0;
    /* Sets the content of a folder first: that changes no time of the folder, but the folder's mode
     * may deny access. */
    for (size_t w = plan->want->n; w-- > 0 && rc == 0;) {
        const struct rb_node *want = &plan->want->nodes[w];
        if (want->same == RB_NONE && want->type != RB_CLOSED && plan->fates[w].source != RB_LEAVE)
            rc = rb_set_attributes(plan->base_fd, plan->want->base, want, r->err);
    }
    return rc;
}

static int rearrange(struct restorer *r)
{
    const struct rb_plan *plan = r->plan;
    int rc;
    bool staging = needs_stage(plan);
    if ((rc = open_up_folders(r)) || (rc = make_root(r)) || (staging && (rc = make_stage(r))) ||
        (rc = clear_the_way(r)))
        return rc;
    for (size_t w = 0; w < plan->want->n && rc == 0; w++)
        rc = restore_node(r, w);
    if (rc == 0 && staging)
        rc = remove_stage(r);
    if (rc == 0 && plan->want->n == 0)
        remove_ancestors(r);
    return rc;
}

int rb_restore_tree(struct rb_plan *plan, int kept_fd, int undone_fd, cairn_error *err)
{
    struct restorer r = {.plan = plan,
                         .stage_fd = -1,
                         .staged =
                             rb_arena_alloc(&plan->arena, (plan->want->n + 1) * sizeof(char *)),
                         .kept_fd = kept_fd,
                         .undone_fd = undone_fd,
                         .err = err};
    if (!r.staged)
        return cairn_fail(err, ENOMEM, "out of memory restoring %s", plan->want->root);
    int rc = rb_plan_is_idle(plan) ? 0 : rearrange(&r);
    cairn_cleanup_close(&r.stage_fd);
    return rc ? rc : set_all_attributes(&r);
}
