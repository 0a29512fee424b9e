/* Finds the folders to which a list of user-named paths refers. */
#ifndef CAIRN_ROLLBACK_ROOTS_H
#define CAIRN_ROLLBACK_ROOTS_H

#include "common/error.h"
#include "rollback/node.h"
#include "rollback/walk.h"

/* Fills record->trees with root, base and name of every path. Follows symbolic links in a path now,
 * once and for all. Leaves out a path that lies inside another path's folder, on the same mount.
 * base_fds gets a descriptor per tree; the caller closes and frees them, also after a failure.
 * Refuses a folder of Cairn itself. `written`: files that also belong to the record, unless they
 * are Cairn's own. */
CAIRN_CHECKED int rb_roots_resolve(const char *const *paths, const char *const *written,
                                   const struct rb_own *own, struct rb_record *record,
                                   int **base_fds, cairn_error *err);

#endif
