/* The folders above files that were open for writing, which others may have removed since. */
#ifndef CAIRN_ROLLBACK_FOLDERS_H
#define CAIRN_ROLLBACK_FOLDERS_H

#include <stdbool.h>

#include "common/error.h"
#include "rollback/node.h"

/* In the pause, after all files: fills record->folders. */
CAIRN_CHECKED int rb_note_folders(struct rb_record *record, int root_fd, cairn_error *err);

/* Makes those that have gone. made: one for each, set here. */
CAIRN_CHECKED int rb_make_missing_folders(const struct rb_tree *folders, int root_fd, bool *made,
                                          cairn_error *err);
/* Once all is in them: their times. */
CAIRN_CHECKED int rb_finish_folders(const struct rb_tree *folders, int root_fd, const bool *made,
                                    cairn_error *err);

#endif
