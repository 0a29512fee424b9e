/* Decides what of a file or a name has to be kept before it changes, and keeps it. */
#ifndef CAIRN_JOURNAL_RECORDER_H
#define CAIRN_JOURNAL_RECORDER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "journal/marks.h"
#include "journal/place.h"

#define RECORDER_MOST_PRIVATE 4

/* To be used only while the journal's lock is held. */
struct recorder {
    int proc_fd; /* the supervisor's /proc */
    int kept;    /* the folder of copies and links, as the step's mount namespace has it */
    int log;     /* of the epoch */
    uint32_t epoch;
    uint64_t serial;      /* of copies */
    uint64_t used, limit; /* bytes kept, of all epochs */
    bool broken;          /* a record could not be written: the epoch cannot be undone */
    struct marks marks;
    uint64_t private[RECORDER_MOST_PRIVATE]; /* devices of mounts that only the step has (/dev/shm):
                                                what is there is in the image, or nowhere */
    size_t n_private;
};

/* Each before the call that it is named after, and 0 or a negative code when it could not be
 * recorded: then the epoch is broken. */
CAIRN_CHECKED int record_making(struct recorder *r, const struct place *name, cairn_error *err);
CAIRN_CHECKED int record_removal(struct recorder *r, const struct place *name, cairn_error *err);
CAIRN_CHECKED int record_rename(struct recorder *r, const struct place *from,
                                const struct place *to, bool exchange, cairn_error *err);
CAIRN_CHECKED int record_link(struct recorder *r, const struct place *from, const struct place *to,
                              cairn_error *err);
/* append: the content up to the present size stays as it is. */
CAIRN_CHECKED int record_writing(struct recorder *r, const struct place *file, bool append,
                                 cairn_error *err);
CAIRN_CHECKED int record_attributes(struct recorder *r, const struct place *file, cairn_error *err);
CAIRN_CHECKED int record_xattr(struct recorder *r, const struct place *file, const char *name,
                               cairn_error *err);
/* A process of the step, named by who, changed something that could not be looked at. */
CAIRN_CHECKED int record_unknown(struct recorder *r, const char *who, cairn_error *err);

enum aspect {
    ASPECT_ATTRIBUTES, /* mode, owner, times */
    ASPECT_CONTENT,
    ASPECT_APPENDED, /* content of a file that is known only to be appended to */
};

/* Does a change of it have to be recorded? False costs no look at the file's name. */
bool record_is_needed(const struct recorder *r, const struct stat *file, int64_t born,
                      enum aspect aspect);

#endif
