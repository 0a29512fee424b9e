/* How a tree as it is becomes the tree that was recorded. Only looks. */
#ifndef CAIRN_ROLLBACK_PLAN_H
#define CAIRN_ROLLBACK_PLAN_H

#include "common/error.h"
#include "rollback/compare.h"
#include "rollback/walk.h"

enum rb_source {
    RB_HERE,  /* at its place */
    RB_MOVED, /* elsewhere in the tree: fate.now */
    RB_KEPT,  /* from the image: a copy, or the inode that has a name there */
    RB_MAKE,  /* a folder, link, pipe or device, made anew; a hard link to its first name */
    RB_LEAVE, /* a socket that has gone: it has no listener */
};

struct rb_fate {
    enum rb_source source;
    size_t now;   /* the node that serves, for MOVED and HERE, else RB_NONE */
    bool cut;     /* it is longer than recorded */
    bool rewrite; /* its inode is at its place with other content, and gets the image's copy */
};

struct rb_plan {
    const struct rb_tree *want;
    struct rb_arena arena;
    struct rb_tree now;
    size_t *now_by_path;
    struct rb_by_inode now_by_inode;
    struct rb_fate *fates; /* per wanted node */
    bool *extra;           /* per present node: it goes to undone, with all that is in it */
    bool *staged;          /* per present node: a wanted file that is elsewhere */
    char *stage;           /* path of the folder for names on their way, relative to base */
    int base_fd;
};

/* What cannot be undone in a whole record: the first is named, the others are counted. */
struct rb_problems {
    size_t n;
    char first[600];
};

/* kept_fd: the image's folder of copies, or -1. Always to be freed. */
CAIRN_CHECKED int rb_plan_make(const struct rb_tree *want, const struct rb_own *own, int kept_fd,
                               bool open_up, struct rb_plan *plan, struct rb_problems *problems,
                               cairn_error *err);
void rb_plan_free(struct rb_plan *plan);
/* Is there anything to move, make or cut? (Modes and times are no part of a plan.) */
bool rb_plan_is_idle(const struct rb_plan *plan);

void rb_problem(struct rb_problems *problems, const struct rb_tree *tree, const char *path,
                const char *what);

#endif
