/* The record between the pause and durability, with what is still to be done for each file.
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
    RB_DUTY_COPY,   /* copy, and check that the file did not change meanwhile */
    RB_DUTY_GROW,   /* copy the bytes that the earlier image lacks */
};

struct rb_task {
    struct rb_tree *tree;
    struct rb_node *node;
    int base_fd; /* the tree's, borrowed */
    int fd;      /* the file, or -1: open it by its path */
    enum rb_duty duty;
    void *bytes;    /* for WRITE: the whole content */
    bool open;      /* some process has it open for writing */
    bool continues; /* for GROW: the file was only appended to since the earlier image */
};

struct rollback_notes {
    struct rb_record record;
    int *base_fds; /* one per tree */
    int root_fd;   /* "/", base of the open files */
    struct rb_task *tasks;
    size_t n_tasks;
    struct rb_kept kept;
    uint64_t pause_bytes; /* bytes that may still be copied during the pause */
    size_t may_hold;      /* number of descriptors that tasks may still hold */
    uint64_t grow_bytes;  /* bytes that may still be copied of files that are only appended to */
    int64_t now;
};

/* Notes the open files. Files inside trees are marked in their tasks; others are noted if the
 * options say so. */
CAIRN_CHECKED int rb_note_open_files(const struct rollback_options *options,
                                     const struct rollback_open_file *files, size_t n_files,
                                     rollback_notes *notes, cairn_error *err);
/* Handles the content of every task's file: links, reflinks, copies or postpones it. */
CAIRN_CHECKED int rb_note_contents(rollback_notes *notes, cairn_error *err);

#endif
