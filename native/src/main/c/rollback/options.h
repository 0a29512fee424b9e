/* What a record must hold. */
#ifndef CAIRN_ROLLBACK_OPTIONS_H
#define CAIRN_ROLLBACK_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

/* Called when the step is frozen for this image. Returns the number by which the image refers to
 * changes from now on. */
struct rollback_journal {
    void *context;
    int (*cut)(void *context, uint32_t *epoch, cairn_error *err);
    /* Called before `cut`: whether the step has only appended to this file since the previous
     * image. */
    bool (*only_grew)(void *context, int fd);
    uint64_t limit; /* bytes that may be copied of files that are open for writing */
};

struct rollback_options {
    const char *const
        *trees; /* absolute paths of folders or files, NULL-terminated; they may be absent */
    bool open_files;
    int checkpoints_fd; /* the folder of earlier images, whose unchanged copies are hard-linked */
    const struct rollback_journal *journal; /* NULL: changes of files are not known */
    int64_t previous; /* sequence of the newest earlier image that holds copies, or -1 */
};

/* A regular file that some process of the step has open for writing, or maps shared and writable.
 * The caller itself handles the content of a file without a name (unlinked, or on a mount of the
 * step's own). */
struct rollback_open_file {
    const char *path; /* absolute path, as the step sees it */
    int fd; /* readable descriptor of that very inode, borrowed until rollback_record returns */
    bool append; /* only appended to: its present content stays */
    bool mapped; /* mapped shared and writable: stores leave no trace in mtime, and the image holds
                  * the mapped bytes, so roll-back judges only identity and size */
    bool whole;  /* mapped from first to last byte: the image holds the whole file */
};

/* When the step ended. Until then a file that was open for writing belongs to the step; later
 * changes are by others and are not undone. */
struct rollback_others {
    int64_t ended;       /* ns of CLOCK_REALTIME; INT64_MAX if not known */
    bool accept_changed; /* rolls back even then */
};

/* What was noted, until it is durable. Confined to one thread at a time. */
typedef struct rollback_notes rollback_notes;

#endif
