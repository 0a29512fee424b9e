/* Changes a file in place: truncates it to the recorded size, and restores its attributes. */
#ifndef CAIRN_ROLLBACK_TRUNCATE_H
#define CAIRN_ROLLBACK_TRUNCATE_H

#include "common/error.h"
#include "rollback/node.h"

/* Opens base/path for reading and writing, or returns -1. Makes the file writable for its owner if
 * necessary; rb_set_attributes restores the mode. */
int rb_open_to_change(int base, const char *path);

/* Truncates base/path, which the comparison found RB_LONGER than want: copies its tail to undone,
 * truncates it and restores its mtime. kept_fd may be -1. shown: base's absolute path. */
CAIRN_CHECKED int rb_truncate(int base, const char *shown, const char *path,
                              const struct rb_node *want, int kept_fd, int undone_fd,
                              cairn_error *err);

/* Sets owner (as root), mode and mtime of base/path to the recorded values, where they differ. */
CAIRN_CHECKED int rb_set_attributes(int base, const char *shown, const struct rb_node *want,
                                    cairn_error *err);

#endif
