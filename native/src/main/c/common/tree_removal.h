/* Removing a folder with all that is in it. */
#ifndef CAIRN_COMMON_TREE_REMOVAL_H
#define CAIRN_COMMON_TREE_REMOVAL_H

#include "common/error.h"

/* Removes dirfd/name, a file or a folder with its content; follows no links, crosses no mount
 * upwards. A missing tree is no error. Folders deeper than 200 levels are ELOOP. */
CAIRN_CHECKED int cairn_remove_tree(int dirfd, const char *name, cairn_error *err);

#endif
