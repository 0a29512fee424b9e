/* Removes a folder with its content. */
#ifndef CAIRN_COMMON_TREE_REMOVAL_H
#define CAIRN_COMMON_TREE_REMOVAL_H

#include "common/error.h"

/* Removes dirfd/name, a file or a folder with its content. Follows no links and leaves no mount
 * upwards. A missing tree is no error. Folders deeper than 200 levels are ELOOP. */
CAIRN_CHECKED int cairn_remove_tree(int dirfd, const char *name, cairn_error *err);

#endif
