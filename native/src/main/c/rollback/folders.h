/* Records and restores the folders above files that were open for writing. Others may have removed
 * them since. */
#ifndef CAIRN_ROLLBACK_FOLDERS_H
#define CAIRN_ROLLBACK_FOLDERS_H

#include <stdbool.h>

#include "common/error.h"
#include "rollback/node.h"

/* Fills record->folders. Call it in the pause, after all files. */
CAIRN_CHECKED int rb_note_folders(struct rb_record *record, int root_fd, cairn_error *err);

/* Makes the folders that are missing. made: one flag per folder, set here. */
CAIRN_CHECKED int rb_make_missing_folders(const struct rb_tree *folders, int root_fd, bool *made,
                                          cairn_error *err);
/* Restores the times of the folders. Call it once their content is complete. */
CAIRN_CHECKED int rb_finish_folders(const struct rb_tree *folders, int root_fd, const bool *made,
                                    cairn_error *err);

#endif
