/* Compares a file with its record: whether all of it, or its beginning, is as recorded. */
#ifndef CAIRN_ROLLBACK_COMPARE_H
#define CAIRN_ROLLBACK_COMPARE_H

#include "common/error.h"
#include "rollback/node.h"

enum rb_verdict {
    RB_OTHER,  /* truncating does not give the recorded content */
    RB_SAME,   /* content as recorded */
    RB_LONGER, /* as recorded once it is truncated to the recorded size */
};

/* How the file is found: by its inode, wherever it is, or at its recorded place. */
enum rb_place {
    RB_BY_INODE,
    RB_AT_ITS_PLACE, /* accepts another inode (of a copied folder): the content decides */
};

/* now: the file's present attributes; fd: a readable descriptor, or -1. kept_fd: the image's folder
 * of copies, or -1. A mark there says that a cut of this file was begun. Without that mark, a large
 * file without a copy counts as written to if it has the recorded size but another mtime. Reading
 * may fail. */
CAIRN_CHECKED int rb_compare(const struct rb_node *want, const struct rb_node *now,
                             enum rb_place place, int fd, int kept_fd, enum rb_verdict *out,
                             cairn_error *err);

/* Sets the mark "a cut of this file was begun". It is durable before the cut. */
CAIRN_CHECKED int rb_mark_cutting(int kept_fd, const struct rb_node *want, cairn_error *err);
/* Sets the mark "this inode was made for that file, which was missing and whose bytes are in the
 * image". It is durable before the inode has a name. */
CAIRN_CHECKED int rb_mark_made(int kept_fd, const struct rb_node *want, uint64_t ino,
                               cairn_error *err);
/* Sets the mark "the image's roll-back was begun", so that its own changes do not count as changes
 * by others. */
CAIRN_CHECKED int rb_mark_begun(int kept_fd, cairn_error *err);
bool rb_is_begun(int kept_fd);
/* Clears the marks: no cut and no roll-back is under way any more. */
void rb_unmark_all(int kept_fd);

#endif
