/* Restore: recreates the process tree of an image. */
#ifndef CAIRN_RESTORE_RESTORE_H
#define CAIRN_RESTORE_RESTORE_H

#include "image/image.h"
#include "sandbox/tree.h"

/* Recreates the tree of an image. spec gives what is not in images: the log files and the pty. On
 * success every process runs. On failure no process of the tree remains. */
CAIRN_CHECKED int tree_restore(const struct tree_spec *spec, const image_reader *image,
                               struct tree *out, cairn_error *err);

#endif
