/* Makes a file without a name: makes it under its last name, opens it as often as needed, and
 * unlinks it again. If another file has that name now, a similar name in the same folder is used.
 */
#ifndef CAIRN_RESTORE_NAMELESS_H
#define CAIRN_RESTORE_NAMELESS_H

#include <limits.h>
#include <stddef.h>
#include <time.h>

#include "common/error.h"

enum nameless_kind { NAMELESS_FILE, NAMELESS_FOLDER, NAMELESS_FIFO, NAMELESS_LINK };

struct nameless {
    char path[PATH_MAX]; /* "" while nothing exists */
    enum nameless_kind kind;
    size_t there;             /* length of the path of the deepest folder that existed before */
    struct timespec modified; /* when that folder was */
};

/* `name` as /proc shows it, with " (deleted)". Also makes missing folders on the way.
 * NAMELESS_LINK: makes another link to the file `link`. */
CAIRN_CHECKED int nameless_begin(struct nameless *out, const char *name, enum nameless_kind kind,
                                 const char *link, cairn_error *err);
/* Removes the name and the folders that were made. */
void nameless_end(struct nameless *n);
#define auto_nameless __attribute__((cleanup(nameless_end)))

#endif
