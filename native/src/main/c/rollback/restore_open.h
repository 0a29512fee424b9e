/* Restores files that were open for writing and lie in no tree. */
#ifndef CAIRN_ROLLBACK_RESTORE_OPEN_H
#define CAIRN_ROLLBACK_RESTORE_OPEN_H

#include "common/error.h"
#include "rollback/conflicts.h"

/* The action for one of these files. */
struct rb_open_fate {
    const char *found; /* its path relative to "/", which differs from the recorded one if it was
                        * renamed inside its folder; NULL if it is gone and will be made anew */
    bool cut;
    bool replaced; /* the file that has its name now goes to `undone` */
};

/* fates: one per node of open. */
CAIRN_CHECKED int rb_open_plan(const struct rb_tree *open, int root_fd, int kept_fd,
                               const struct rb_conflicts *conflicts, struct rb_arena *arena,
                               struct rb_open_fate *fates, struct rb_problems *problems,
                               cairn_error *err);
CAIRN_CHECKED int rb_open_restore(const struct rb_tree *open, int root_fd, int kept_fd,
                                  int undone_fd, const struct rb_open_fate *fates,
                                  cairn_error *err);

#endif
