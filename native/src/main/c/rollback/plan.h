/* Plans how the present tree becomes the recorded one. Touches nothing. */
#ifndef CAIRN_ROLLBACK_PLAN_H
#define CAIRN_ROLLBACK_PLAN_H

#include "common/error.h"
#include "rollback/compare.h"
#include "rollback/walk.h"

enum rb_source {
    RB_HERE,  /* at its place */
    RB_MOVED, /* it is elsewhere in the tree: fate.now */
    RB_KEPT,  /* from the image: a copy, or an inode to which the image holds a link */
    RB_MAKE,  /* a folder, link, pipe or device, made anew; or a hard link to its first name */
    RB_LEAVE, /* a socket that is gone, or has no listener: it is not restored */
};

struct rb_fate {
    enum rb_source source;
    size_t now;   /* the present node that serves, for MOVED and HERE, else RB_NONE */
    bool cut;     /* the file is longer than recorded */
    bool rewrite; /* its inode is in place with other content, and gets the image's copy */
};

struct rb_plan {
    const struct rb_tree *want;
    struct rb_arena arena;
    struct rb_tree now;
    size_t *now_by_path;
    struct rb_by_inode now_by_inode;
    struct rb_fate *fates; /* per wanted node */
    bool *extra;           /* for each present node: it moves to undone, with its content */
    bool *staged;          /* for each present node: it is a wanted file that is elsewhere */
    char *stage;           /* path of the folder for files on their way, relative to base */
    int base_fd;
};

/* The changes in a whole record that cannot be undone: the first is named, the others are counted.
 */
struct rb_problems {
    size_t n, by_others;
    char first[600];
};

/* kept_fd: the image's folder of copies, or -1. Always to be freed. */
CAIRN_CHECKED int rb_plan_make(const struct rb_tree *want, const struct rb_own *own, int kept_fd,
                               bool open_up, struct rb_plan *plan, struct rb_problems *problems,
                               cairn_error *err);
void rb_plan_free(struct rb_plan *plan);
/* Whether anything must be moved, made or truncated. (Modes and times are not part of a plan.) */
bool rb_plan_is_idle(const struct rb_plan *plan);

void rb_problem(struct rb_problems *problems, const struct rb_tree *tree, const char *path,
                const char *what);
/* A problem that the user may decide. */
void rb_problem_by_others(struct rb_problems *problems, const struct rb_tree *tree,
                          const char *path);

#endif
