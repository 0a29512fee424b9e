/* Doing what a plan says.
 *
 * Every step leaves a state from which planning again reaches the same end, so that a roll-back
 * that was killed is simply repeated: wanted files that are elsewhere wait in the stage, where the
 * next plan finds them by inode; what is in the way goes to undone before anything takes its name;
 * a file that returns from the image is built in the stage and renamed to its place whole. */
#ifndef CAIRN_ROLLBACK_RESTORE_TREE_H
#define CAIRN_ROLLBACK_RESTORE_TREE_H

#include "rollback/plan.h"

CAIRN_CHECKED int rb_restore_tree(struct rb_plan *plan, int kept_fd, int undone_fd,
                                  cairn_error *err);

#endif
