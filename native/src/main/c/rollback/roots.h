/* Finds the folders that a list of user-named paths means. */
#ifndef CAIRN_ROLLBACK_ROOTS_H
#define CAIRN_ROLLBACK_ROOTS_H

#include "common/error.h"
#include "rollback/node.h"
#include "rollback/walk.h"

/* Fills record->trees with root, base and name of every path, symbolic links in it followed now,
 * once and for all. A path inside another one's folder, on the same mount, is left to that one.
 * base_fds gets a descriptor per tree, which the caller closes and frees, also after a failure. A
 * folder of Cairn itself is refused. `written`: files that belong to the record as well, unless
 * they are Cairn's own. */
CAIRN_CHECKED int rb_roots_resolve(const char *const *paths, const char *const *written,
                                   const struct rb_own *own, struct rb_record *record,
                                   int **base_fds, cairn_error *err);

#endif
