/* What a record must hold. */
#ifndef CAIRN_ROLLBACK_OPTIONS_H
#define CAIRN_ROLLBACK_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

/* Called when the step is frozen for this image; returns the number by which the image refers to
 * changes from now on. */
struct rollback_journal {
    void *context;
    int (*cut)(void *context, uint32_t *epoch, cairn_error *err);
    /* Called before `cut`: whether the step has only appended to this file since the previous
     * image. */
    bool (*only_grew)(void *context, int fd);
    uint64_t limit; /* bytes that may be copied of files which are open for writing */
};

struct rollback_options {
    const char *const
        *trees; /* absolute paths of folders or files, NULL-terminated; they may be absent */
    bool open_files;
    int checkpoints_fd; /* where earlier images lie: unchanged copies are hard-linked from there */
    const struct rollback_journal *journal; /* NULL: nothing is known of what changes */
    int64_t previous; /* sequence of the newest earlier image that holds copies, or -1 */
};

/* A regular file that some process of the step has open for writing, or maps shared and writable. A
 * file without a name (unlinked, or of the step's own mounts) is not noted: its content is the
 * caller's business. */
struct rollback_open_file {
    const char *path; /* absolute, as the step sees it */
    int fd; /* readable descriptor on that very inode, borrowed until rollback_record returns */
    bool append; /* only to its end: what it holds stays as it is */
    bool mapped; /* mapped shared and writable: stores leave no trace in mtime, and the image holds
                    the mapped bytes, so that only identity and size are judged here */
    bool whole;  /* and from its first byte to its last: all of it is in the image */
};

/* A file that was open for writing belongs to the step until its end; later changes were made by
 * others and are not undone. */
struct rollback_others {
    int64_t ended;       /* ns of CLOCK_REALTIME; INT64_MAX where it is not known */
    bool accept_changed; /* it is rolled back anyway */
};

/* What was noted, on its way to durability. Confined to one thread at a time. */
typedef struct rollback_notes rollback_notes;

#endif
