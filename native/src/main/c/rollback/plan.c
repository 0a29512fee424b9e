#include "rollback/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "rollback/beneath.h"
#include "rollback/names.h"

/* The inodes that serve a wanted file already, under any name. */
struct taken {
    bool *by_place; /* in now_by_inode */
};

struct planner {
    struct rb_plan *plan;
    struct taken taken;
    int kept_fd;
    struct rb_problems *problems;
    cairn_error *err;
};

void rb_problem(struct rb_problems *problems, const struct rb_tree *tree, const char *path,
                const char *what)
{
    if (problems->n++ == 0)
        snprintf(problems->first, sizeof problems->first, "%s%s%s %s",
                 strcmp(tree->base, "/") == 0 ? "" : tree->base, "/", path, what);
}

void rb_problem_by_others(struct rb_problems *problems, const struct rb_tree *tree,
                          const char *path)
{
    problems->by_others++;
    rb_problem(problems, tree, path,
               "was open for writing at the checkpoint, and has been changed after the step ended; "
               "--accept-changed puts back what it held");
}

static int out_of_memory(const struct planner *p)
{
    return cairn_fail(p->err, ENOMEM, "out of memory planning the roll-back of %s",
                      p->plan->want->root);
}

static bool *taken_mark(const struct planner *p, size_t n)
{
    const struct rb_plan *plan = p->plan;
    struct rb_inode_place place =
        rb_find_inode(&plan->now, plan->now_by_inode, plan->now.nodes[n].ino);
    return &p->taken.by_place[place.at]; /* the node has been put in the order */
}

static bool is_taken(const struct planner *p, size_t n)
{
    return *taken_mark(p, n);
}

static void take(const struct planner *p, size_t n)
{
    *taken_mark(p, n) = true;
}

/* --- files --- */

static int judge_node(const struct planner *p, const struct rb_node *want,
                      const struct rb_node *now, enum rb_verdict *out)
{
    auto_close int fd = rb_open_beneath(p->plan->base_fd, now->path, O_RDONLY | O_NONBLOCK);
    return rb_compare(want, now, RB_BY_INODE, fd, p->kept_fd, out, p->err);
}

/* Uses an existing node for the wanted file if it has the wanted content, or can be truncated to
 * it. */
static int try_node(const struct planner *p, size_t w, size_t n, bool *served)
{
    const struct rb_plan *plan = p->plan;
    const struct rb_node *want = &plan->want->nodes[w], *now = &plan->now.nodes[n];
    enum rb_verdict verdict = RB_OTHER;
    /* A file in the place of the root folder must move first, because the stage lies inside the
     * root folder. */
    bool in_the_way = n == 0 && plan->want->nodes[0].type == RB_DIR;
    if (now->type == RB_FILE && !is_taken(p, n) && !in_the_way) {
        int rc = judge_node(p, want, now, &verdict);
        if (rc != 0)
            return rc;
    }
    *served = verdict != RB_OTHER;
    if (*served) {
        bool here = strcmp(want->path, now->path) == 0;
        take(p, n);
        plan->fates[w] = (struct rb_fate){
            .source = here ? RB_HERE : RB_MOVED, .now = n, .cut = verdict == RB_LONGER};
    }
    return 0;
}

enum pass { SAME_NAME_AND_INODE, SAME_INODE, SAME_NAME };

static int serve_from_tree(const struct planner *p, size_t w, enum pass pass, bool *served)
{
    const struct rb_plan *plan = p->plan;
    const struct rb_node *want = &plan->want->nodes[w];
    const struct rb_tree *now = &plan->now;
    *served = false;
    if (pass == SAME_INODE) {
        size_t n =
            rb_node_at(plan->now_by_inode, rb_find_inode(now, plan->now_by_inode, want->ino));
        return n == RB_NONE ? 0 : try_node(p, w, n, served);
    }
    size_t n = rb_find_path(now, plan->now_by_path, want->path);
    if (n == RB_NONE || (pass == SAME_NAME_AND_INODE && now->nodes[n].ino != want->ino) ||
        (pass == SAME_NAME && !want->has_digest))
        return 0;
    return try_node(p, w, n, served);
}

/* Whether the file is a running program, which cannot be written to and must be replaced. */
static bool is_running(const struct rb_plan *plan, const char *path)
{
    auto_close int fd = rb_open_beneath(plan->base_fd, path, O_WRONLY | O_NONBLOCK | O_NOCTTY);
    return fd < 0 && errno == ETXTBSY;
}

/* A file that was overwritten in place keeps its inode, for its other names and for programs that
 * compare inodes (SQLite refuses to write to a replaced database). */
static void keep_inode(const struct planner *p, size_t w)
{
    const struct rb_plan *plan = p->plan;
    const struct rb_node *want = &plan->want->nodes[w];
    size_t n = rb_find_path(&plan->now, plan->now_by_path, want->path);
    if (want->keep != RB_KEEP_COPY || n == RB_NONE || plan->now.nodes[n].type != RB_FILE ||
        plan->now.nodes[n].ino != want->ino || is_taken(p, n) || is_running(plan, want->path))
        return;
    take(p, n);
    plan->fates[w].now = n;
    plan->fates[w].rewrite = true;
}

/* The image's own file must be intact: a copy must be unchanged, and a linked inode may only have
 * grown. */
static int serve_from_image(const struct planner *p, size_t w)
{
    const struct rb_node *want = &p->plan->want->nodes[w];
    const char *why = want->why && want->why[0] ? want->why : "none was due";
    char what[200];
    snprintf(what, sizeof what,
             "was removed or rewritten since the checkpoint, and no copy was kept: %s", why);
    if (want->keep == RB_KEEP_NONE || p->kept_fd < 0) {
        rb_problem(p->problems, p->plan->want, want->path, what);
        return 0;
    }
    if (want->keep == RB_KEEP_COPY && want->uid != geteuid() && geteuid() != 0) {
        rb_problem(p->problems, p->plan->want, want->path,
                   "belonged to another user: only root can make it again");
        return 0;
    }
    auto_close int fd =
        openat(p->kept_fd, want->kept, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        rb_problem(p->problems, p->plan->want, want->path,
                   "cannot come back: its copy is not in the image");
        return 0;
    }
    struct rb_node now = {0};
    enum rb_verdict verdict = RB_OTHER;
    rb_node_stat(&now, &st);
    int rc = 0;
    if (want->keep == RB_KEEP_LINK || want->has_digest)
        rc = rb_compare(want, &now, RB_BY_INODE, fd, p->kept_fd, &verdict, p->err);
    else if (now.type == RB_FILE && now.size == want->size)
        verdict = RB_SAME; /* a reflink that is too large for a digest */
    if (rc != 0)
        return rc;
    if (verdict == RB_OTHER)
        rb_problem(p->problems, p->plan->want, want->path,
                   want->keep == RB_KEEP_LINK
                       ? what
                       : "cannot come back: its copy in the image is damaged");
    p->plan->fates[w].source = RB_KEPT;
    p->plan->fates[w].cut = want->keep == RB_KEEP_LINK && verdict == RB_LONGER;
    return 0;
}

/* Each file gets the best remaining source, in this order: its own inode at its own name; its inode
 * elsewhere (it was renamed); its own inode, overwritten; the right content under its name; the
 * image. An inode that stays with its own file serves no other file, because a hard link made since
 * would join the two. */
static int plan_files(const struct planner *p)
{
    const struct rb_tree *want = p->plan->want;
    auto_free bool *served = calloc(want->n + 1, sizeof *served);
    if (!served)
        return out_of_memory(p);
    for (enum pass pass = SAME_NAME_AND_INODE; pass <= SAME_NAME; pass++) {
        for (size_t w = 0; w < want->n && pass == SAME_NAME; w++)
            if (want->nodes[w].type == RB_FILE && want->nodes[w].same == RB_NONE && !served[w])
                keep_inode(p, w);
        for (size_t w = 0; w < want->n; w++) {
            if (want->nodes[w].type != RB_FILE || want->nodes[w].same != RB_NONE || served[w])
                continue;
            int rc = serve_from_tree(p, w, pass, &served[w]);
            if (rc != 0)
                return rc;
        }
    }
    for (size_t w = 0; w < want->n; w++) {
        if (want->nodes[w].type != RB_FILE || want->nodes[w].same != RB_NONE || served[w])
            continue;
        int rc = serve_from_image(p, w);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* --- everything else --- */

static bool is_alike(const struct rb_node *want, const struct rb_node *now)
{
    switch (want->type) {
    case RB_SYMLINK:
        return now->type == RB_SYMLINK && strcmp(want->target, now->target) == 0;
    case RB_DEVICE:
        return now->type == RB_DEVICE && want->rdev == now->rdev;
    case RB_CLOSED:
        return now->type == RB_CLOSED || now->type == RB_DIR;
    default:
        return want->type == now->type;
    }
}

static void plan_other(const struct planner *p, size_t w)
{
    const struct rb_plan *plan = p->plan;
    const struct rb_node *want = &plan->want->nodes[w];
    size_t n = rb_find_path(&plan->now, plan->now_by_path, want->path);
    if (n != RB_NONE && is_alike(want, &plan->now.nodes[n])) {
        plan->fates[w] = (struct rb_fate){.source = RB_HERE, .now = n};
        return;
    }
    plan->fates[w] = (struct rb_fate){.source = RB_MAKE, .now = RB_NONE};
    if (want->type == RB_SOCKET)
        plan->fates[w].source = RB_LEAVE;
    else if (want->type == RB_CLOSED)
        rb_problem(
            p->problems, plan->want, want->path,
            "has gone; it was a mount or an unreadable folder, and what it held is not known");
    else if (want->type == RB_DEVICE && geteuid() != 0)
        rb_problem(p->problems, plan->want, want->path, "was a device, which only root can make");
}

/* A further name of a file is right if it names the inode that serves the first name. */
static void plan_hard_link(const struct planner *p, size_t w)
{
    const struct rb_plan *plan = p->plan;
    const struct rb_fate *first = &plan->fates[plan->want->nodes[w].same];
    size_t n = rb_find_path(&plan->now, plan->now_by_path, plan->want->nodes[w].path);
    bool here = n != RB_NONE && first->now != RB_NONE &&
                plan->now.nodes[n].ino == plan->now.nodes[first->now].ino && n != first->now;
    plan->fates[w] =
        (struct rb_fate){.source = here ? RB_HERE : RB_MAKE, .now = here ? n : RB_NONE};
}

/* A file that serves no wanted file is moved away. A folder takes its content along. */
static int mark_extras(const struct planner *p)
{
    struct rb_plan *plan = p->plan;
    auto_free bool *stays = calloc(plan->now.n + 1, sizeof *stays);
    auto_free bool *untouched = calloc(plan->now.n + 1, sizeof *untouched);
    auto_free bool *gone = calloc(plan->now.n + 1, sizeof *gone);
    if (!stays || !untouched || !gone)
        return out_of_memory(p);
    for (size_t w = 0; w < plan->want->n; w++) {
        size_t n = plan->fates[w].now;
        if (n == RB_NONE)
            continue;
        stays[n] = plan->fates[w].source == RB_HERE || plan->fates[w].rewrite;
        plan->staged[n] = plan->fates[w].source == RB_MOVED;
        untouched[n] = plan->want->nodes[w].type == RB_CLOSED;
    }
    for (size_t n = 0; n < plan->now.n; n++) {
        char parent[4096];
        const char *path = plan->now.nodes[n].path, *slash = strrchr(path, '/');
        size_t len = slash ? (size_t)(slash - path) : 0, above;
        memcpy(parent, path, len);
        parent[len] = '\0';
        above = rb_find_path(&plan->now, plan->now_by_path, parent);
        bool taken_along = above != RB_NONE && gone[above];
        if (above != RB_NONE && untouched[above])
            untouched[n] = true;
        else if (!stays[n] && !plan->staged[n] && strcmp(path, plan->stage) != 0)
            gone[n] = true;
        plan->extra[n] = gone[n] && !taken_along;
    }
    return 0;
}

/* --- */

static int walk_now(const struct planner *p, const struct rb_own *own, bool open_up)
{
    struct rb_plan *plan = p->plan;
    const struct rb_tree *want = plan->want;
    plan->now = (struct rb_tree){.root = want->root, .base = want->base, .name = want->name};
    plan->base_fd = rb_open_absolute(want->base, O_PATH | O_DIRECTORY);
    if (plan->base_fd < 0)
        return cairn_fail(p->err, CAIRN_EROLLBACK,
                          "%s, the folder around %s, cannot be opened without following links: %s",
                          want->base, want->name, strerror(errno));
    bool folder = want->n > 0 && want->nodes[0].type == RB_DIR;
    plan->stage = rb_arena_join(&plan->arena, folder ? want->name : "", RB_STAGE);
    if (!plan->stage)
        return out_of_memory(p);
    if (!folder) { /* beside the file: each file name has its own stage */
        char hex[RB_HEX + 1], name[64];
        rb_digest_hex(rb_digest_bytes(want->name, strlen(want->name)), hex);
        snprintf(name, sizeof name, "%s-%s", RB_STAGE, hex);
        plan->stage = rb_arena_text(&plan->arena, name);
        if (!plan->stage)
            return out_of_memory(p);
    }
    int rc = rb_walk(plan->base_fd, want->name, own, open_up, &plan->arena, &plan->now, p->err);
    return rc ? rc
              : rb_walk(plan->base_fd, plan->stage, own, open_up, &plan->arena, &plan->now, p->err);
}

static int allocate(struct planner *p)
{
    struct rb_plan *plan = p->plan;
    plan->now_by_path = rb_order_by_path(&plan->now);
    plan->now_by_inode = rb_order_by_inode(&plan->now);
    plan->fates = calloc(plan->want->n + 1, sizeof *plan->fates);
    plan->extra = calloc(plan->now.n + 1, sizeof *plan->extra);
    plan->staged = calloc(plan->now.n + 1, sizeof *plan->staged);
    p->taken.by_place = calloc(plan->now.n + 1, sizeof *p->taken.by_place);
    bool all = plan->now_by_path && plan->now_by_inode.nodes && plan->fates && plan->extra &&
               plan->staged && p->taken.by_place;
    for (size_t w = 0; all && w < plan->want->n; w++)
        plan->fates[w].now = RB_NONE;
    return all ? 0 : out_of_memory(p);
}

static int plan_all(struct planner *p, const struct rb_own *own, bool open_up)
{
    int rc;
    const struct rb_tree *want = p->plan->want;
    if ((rc = walk_now(p, own, open_up)) || (rc = allocate(p)) || (rc = plan_files(p)))
        return rc;
    for (size_t w = 0; w < want->n; w++) {
        if (want->nodes[w].type != RB_FILE)
            plan_other(p, w);
        else if (want->nodes[w].same != RB_NONE)
            plan_hard_link(p, w);
    }
    return mark_extras(p);
}

int rb_plan_make(const struct rb_tree *want, const struct rb_own *own, int kept_fd, bool open_up,
                 struct rb_plan *plan, struct rb_problems *problems, cairn_error *err)
{
    *plan = (struct rb_plan){.want = want, .base_fd = -1};
    struct planner p = {.plan = plan, .kept_fd = kept_fd, .problems = problems, .err = err};
    int rc = plan_all(&p, own, open_up);
    free(p.taken.by_place);
    return rc;
}

bool rb_plan_is_idle(const struct rb_plan *plan)
{
    for (size_t n = 0; n < plan->now.n; n++)
        if (plan->extra[n] || plan->staged[n] || strcmp(plan->now.nodes[n].path, plan->stage) == 0)
            return false;
    for (size_t w = 0; w < plan->want->n; w++)
        if (plan->fates[w].cut ||
            (plan->fates[w].source != RB_HERE && plan->fates[w].source != RB_LEAVE))
            return false;
    return true;
}

void rb_plan_free(struct rb_plan *plan)
{
    cairn_cleanup_close(&plan->base_fd);
    free(plan->now.nodes);
    free(plan->now_by_path);
    free(plan->now_by_inode.nodes);
    free(plan->fates);
    free(plan->extra);
    free(plan->staged);
    rb_arena_free(&plan->arena);
    *plan = (struct rb_plan){.base_fd = -1};
}
