/* Compares a file with its record: is all of it, or its beginning, as recorded? */
#ifndef CAIRN_ROLLBACK_COMPARE_H
#define CAIRN_ROLLBACK_COMPARE_H

#include "common/error.h"
#include "rollback/node.h"

enum rb_verdict {
    RB_OTHER,  /* truncating does not give the recorded content */
    RB_SAME,   /* content as recorded */
    RB_LONGER, /* as recorded once it is truncated to the recorded size */
};

/* A file is looked for by its inode, wherever it is, or at its recorded place. */
enum rb_place {
    RB_BY_INODE,
    RB_AT_ITS_PLACE, /* another inode will do (a folder that was copied): content decides */
};

/* now: the file as it is; fd: it, readable, or -1. kept_fd: the image's folder of copies or -1,
 * where a mark tells that a cut of this file was begun: otherwise a large file without a copy that
 * has the recorded size but another mtime was written to. Reading may fail. */
CAIRN_CHECKED int rb_compare(const struct rb_node *want, const struct rb_node *now,
                             enum rb_place place, int fd, int kept_fd, enum rb_verdict *out,
                             cairn_error *err);

/* The mark "a cut of this file was begun", durable before the cut. */
CAIRN_CHECKED int rb_mark_cutting(int kept_fd, const struct rb_node *want, cairn_error *err);
/* The mark "this inode was made for that file, which had gone and whose bytes are in the image",
 * durable before it has a name. */
CAIRN_CHECKED int rb_mark_made(int kept_fd, const struct rb_node *want, uint64_t ino,
                               cairn_error *err);
/* The mark "the image's roll-back was begun": what it changes itself is not for others to have
 * changed. */
CAIRN_CHECKED int rb_mark_begun(int kept_fd, cairn_error *err);
bool rb_is_begun(int kept_fd);
/* All is done: no cut and no roll-back is under way any more. */
void rb_unmark_all(int kept_fd);

#endif
