/* Remembers what an epoch of the journal has recorded already: names by folder and name, files by
 * inode. */
#ifndef CAIRN_JOURNAL_MARKS_H
#define CAIRN_JOURNAL_MARKS_H

#include <stddef.h>
#include <stdint.h>

#include "rollback/file_content.h"

enum mark {
    MARK_NAMED = 1, /* a name: the journal has recorded where it led */
    MARK_NEW = 2,   /* an inode made since the cut: nothing of it must be restored */
    MARK_OLD = 4,   /* an inode that existed at the cut */
    MARK_ATTRIBUTES = 8,
    MARK_SIZE = 16,    /* the size from which the file was appended to is recorded */
    MARK_CONTENT = 32, /* all of its content is kept */
    MARK_LINKED = 64,  /* the inode has a name in the journal */
    MARK_BELOW = 128,  /* a folder with a recorded name in it, at any depth */
};

struct marks {
    struct rb_digest *keys;
    uint32_t *values; /* 0: vacant */
    size_t count, room;
};

/* born: when the inode was made, because inode numbers are reused. */
struct rb_digest marks_inode(uint64_t dev, uint64_t ino, int64_t born);
struct rb_digest marks_name(struct rb_digest folder, const char *name);

/* Returns the marks; 0 if none are set. */
uint32_t marks_get(const struct marks *m, struct rb_digest key);
/* Sets and clears marks; false when out of memory. */
bool marks_change(struct marks *m, struct rb_digest key, uint32_t add, uint32_t remove);
void marks_free(struct marks *m);

#endif
