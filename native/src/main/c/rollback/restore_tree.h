/* Carries out a plan. Every action leaves a state from which a new plan reaches the same end, so a
 * roll-back that was killed is simply repeated. Wanted files that are elsewhere wait in the stage,
 * where the next plan finds them by inode. A file in the way moves to undone before another takes
 * its name. A file that returns from the image is built in the stage and then renamed to its place.
 */
#ifndef CAIRN_ROLLBACK_RESTORE_TREE_H
#define CAIRN_ROLLBACK_RESTORE_TREE_H

#include "rollback/plan.h"

CAIRN_CHECKED int rb_restore_tree(struct rb_plan *plan, int kept_fd, int undone_fd,
                                  cairn_error *err);

#endif
