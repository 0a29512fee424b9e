/* Keeps what a roll-back removes, below UNDONE/N/<absolute path>. N is the first number at which
 * that place is free. */
#ifndef CAIRN_ROLLBACK_UNDONE_H
#define CAIRN_ROLLBACK_UNDONE_H

#include <stdint.h>

#include "common/error.h"

/* Renames if the target does not exist yet; otherwise -1 and EEXIST. */
int rb_rename_vacant(int from_dir, const char *from, int to_dir, const char *to);

/* Moves base/path, a file or a whole folder, away. Across file systems it copies, syncs and
 * removes. shown: base's absolute path. */
CAIRN_CHECKED int rb_undone_take(int undone_fd, int base, const char *shown, const char *path,
                                 cairn_error *err);
/* Copies bytes [from, to) of fd to <absolute path>.from-<from>, durably. */
CAIRN_CHECKED int rb_undone_tail(int undone_fd, int fd, uint64_t from, uint64_t to,
                                 const char *shown, const char *path, cairn_error *err);

#endif
