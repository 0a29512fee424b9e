/* Folders that undoing has made again. The new folder has another inode than the records of its
 * time know: earlier records, also of later undoings, find it here. */
#ifndef CAIRN_JOURNAL_MADE_H
#define CAIRN_JOURNAL_MADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct inode_id {
    uint64_t dev, ino;
    int64_t born; /* ns; 0: not known */
};

struct made {
    int fd;
    struct made_pair *pairs;
    size_t count;
};

/* folder: of the journal. */
CAIRN_CHECKED int made_open(int folder, struct made *m, cairn_error *err);
void made_close(struct made *m);
/* Notes, before anything else happens to `now`, that it stands for `was`; or, with `was` 0, that
 * nobody knows yet for what it stands. */
CAIRN_CHECKED int made_note(struct made *m, struct inode_id was, struct inode_id now,
                            cairn_error *err);
/* The folder that stands for `was` now; `was` itself where none was made. */
struct inode_id made_now(const struct made *m, struct inode_id was);
/* Made, and noted for no `was`. */
bool made_is_nobodys(const struct made *m, struct inode_id now);

#endif
