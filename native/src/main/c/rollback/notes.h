/* Between the pause and durability: the record, and what is still to be done for each of its files.
 */
#ifndef CAIRN_ROLLBACK_NOTES_H
#define CAIRN_ROLLBACK_NOTES_H

#include "rollback/kept.h"
#include "rollback/node.h"
#include "rollback/options.h"

enum rb_duty {
    RB_DUTY_SYNC,   /* nothing but durability */
    RB_DUTY_CARRY,  /* link the copy of the earlier image */
    RB_DUTY_DIGEST, /* the reflink's digest */
    RB_DUTY_WRITE,  /* write the bytes that were read in the pause */
    RB_DUTY_COPY,   /* copy, and see that it did not change meanwhile */
    RB_DUTY_GROW,   /* copy what the earlier image lacks of it */
};

struct rb_task {
    struct rb_tree *tree;
    struct rb_node *node;
    int base_fd; /* the tree's, borrowed */
    int fd;      /* the file, or -1: open it by its path */
    enum rb_duty duty;
    void *bytes;    /* for WRITE: all of the file */
    bool open;      /* some process has it open for writing */
    bool continues; /* for GROW: it only grew since the earlier image */
};

struct rollback_notes {
    struct rb_record record;
    int *base_fds; /* one per tree */
    int root_fd;   /* "/", base of the open files */
    struct rb_task *tasks;
    size_t n_tasks;
    struct rb_kept kept;
    uint64_t pause_bytes; /* what may still be copied during the pause */
    size_t may_hold;      /* descriptors that tasks may still hold */
    uint64_t grow_bytes;  /* what may still be copied of files that are only appended to */
    int64_t now;
};

/* Files inside trees are marked in their tasks, others are noted where the options say so. */
CAIRN_CHECKED int rb_note_open_files(const struct rollback_options *options,
                                     const struct rollback_open_file *files, size_t n_files,
                                     rollback_notes *notes, cairn_error *err);
/* Carries, shares, copies, puts off or links the content of every task's file. */
CAIRN_CHECKED int rb_note_contents(rollback_notes *notes, cairn_error *err);

#endif
