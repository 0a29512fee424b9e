/* A file that has lost its name is made again under that name, opened as often as needed, and
 * unlinked again. If another file has the name now, a name beside it is used. */
#ifndef CAIRN_RESTORE_NAMELESS_H
#define CAIRN_RESTORE_NAMELESS_H

#include <limits.h>
#include <stddef.h>
#include <time.h>

#include "common/error.h"

enum nameless_kind { NAMELESS_FILE, NAMELESS_FOLDER, NAMELESS_FIFO, NAMELESS_LINK };

struct nameless {
    char path[PATH_MAX]; /* "" while nothing is there */
    enum nameless_kind kind;
    size_t there;             /* bytes of the path of the deepest folder that was there before */
    struct timespec modified; /* when that folder was */
};

/* `name` as /proc shows it, with " (deleted)". Folders on the way are made, too. NAMELESS_LINK:
 * another link to the file `link`. */
CAIRN_CHECKED int nameless_begin(struct nameless *out, const char *name, enum nameless_kind kind,
                                 const char *link, cairn_error *err);
/* Takes away the name and the folders that were made. */
void nameless_end(struct nameless *n);
#define auto_nameless __attribute__((cleanup(nameless_end)))

#endif
