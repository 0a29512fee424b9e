/* Finds changes that other processes made, after the step's end, to files that were open for
 * writing at the checkpoint.
 */
#ifndef CAIRN_ROLLBACK_CONFLICTS_H
#define CAIRN_ROLLBACK_CONFLICTS_H

#include <sys/stat.h>

#include "common/error.h"
#include "rollback/node.h"
#include "rollback/options.h"
#include "rollback/plan.h"
#include "rollback/walk.h"

struct rb_conflicts {
    int64_t ended;            /* end of the step; INT64_MAX: no change counts as a conflict */
    const struct rb_own *own; /* log files, to which Cairn may write after the step's end */
};

/* Whether another program has changed a file since the step's end. `now` holds the path or the
 * inode of a file that was open. Renames and links do not count as changes. */
bool rb_is_by_others(const struct rb_conflicts *c, const struct rb_node *want, const char *path,
                     const struct stat *now);
/* For a tree that is a single open file: adds a problem if others put another file in its place. */
CAIRN_CHECKED int rb_check_conflict(const struct rb_conflicts *c, const struct rb_tree *tree,
                                    int kept_fd, struct rb_problems *problems, cairn_error *err);

#endif
