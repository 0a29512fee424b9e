/* Decides what must be kept of a file or a name before it changes, and keeps it. */
#ifndef CAIRN_JOURNAL_RECORDER_H
#define CAIRN_JOURNAL_RECORDER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "journal/marks.h"
#include "journal/place.h"

#define RECORDER_MOST_PRIVATE 4

/* Call these functions only with the journal's lock held. */
struct recorder {
    int proc_fd; /* the supervisor's /proc */
    int kept;    /* the folder of copies and links, opened in the step's mount namespace */
    int log;     /* of the epoch */
    uint32_t epoch;
    uint64_t serial;      /* of copies */
    uint64_t used, limit; /* bytes kept, of all epochs */
    bool broken;          /* a record could not be written: the epoch cannot be undone */
    struct marks marks;
    uint64_t private[RECORDER_MOST_PRIVATE]; /* devices of mounts that only the step has (/dev/shm):
                                              * their files are in the image, or lost */
    size_t n_private;
};

/* Call each before the system call of the same name. Returns 0, or a negative code if the change
 * could not be recorded; then the epoch is broken. */
CAIRN_CHECKED int record_making(struct recorder *r, const struct place *name, cairn_error *err);
CAIRN_CHECKED int record_removal(struct recorder *r, const struct place *name, cairn_error *err);
CAIRN_CHECKED int record_rename(struct recorder *r, const struct place *from,
                                const struct place *to, bool exchange, cairn_error *err);
CAIRN_CHECKED int record_link(struct recorder *r, const struct place *from, const struct place *to,
                              cairn_error *err);
/* append: the content up to the present size stays. */
CAIRN_CHECKED int record_writing(struct recorder *r, const struct place *file, bool append,
                                 cairn_error *err);
CAIRN_CHECKED int record_attributes(struct recorder *r, const struct place *file, cairn_error *err);
CAIRN_CHECKED int record_xattr(struct recorder *r, const struct place *file, const char *name,
                               cairn_error *err);
/* A process of the step, named by who, made a change that the supervisor could not examine. */
CAIRN_CHECKED int record_unknown(struct recorder *r, const char *who, cairn_error *err);

enum aspect {
    ASPECT_ATTRIBUTES, /* mode, owner, times */
    ASPECT_CONTENT,
    ASPECT_APPENDED, /* content of a file that is known to be only appended to */
};

/* Whether a change of the file must be recorded. An answer of false avoids the look-up of the
 * file's name. */
bool record_is_needed(const struct recorder *r, const struct stat *file, int64_t born,
                      enum aspect aspect);

#endif
