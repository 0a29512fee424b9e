/* Opens files below a folder, without following any symbolic link on the way. */
#ifndef CAIRN_ROLLBACK_BENEATH_H
#define CAIRN_ROLLBACK_BENEATH_H

#include <stdbool.h>

#include "common/error.h"

/* As openat(base, path, flags | O_CLOEXEC | O_NOFOLLOW); -1 and errno (ELOOP: a link; EXDEV: the
 * path leads out of base). */
int rb_open_beneath(int base, const char *path, int flags);
/* Opens the folder that holds path's last component; *last points into path. -1 and errno. */
int rb_open_parent(int base, const char *path, const char **last);
/* Opens an absolute path that must hold no symbolic link. -1 and errno. */
int rb_open_absolute(const char *path, int flags);
/* As mkdir -p below base, for all components of path (0700). */
CAIRN_CHECKED int rb_make_folders(int base, const char *path, cairn_error *err);

#endif
