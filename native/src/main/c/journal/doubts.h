/* Checks before an undoing: which changes the journal cannot vouch for. Other processes may have
 * changed files after the step's end, and a power cut may have lost the newest records. */
#ifndef CAIRN_JOURNAL_DOUBTS_H
#define CAIRN_JOURNAL_DOUBTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "journal/log.h"
#include "journal/marks.h"

struct doubts {
    int folder;           /* of the journal; borrowed */
    int64_t ended;        /* ns: later changes are by other processes. INT64_MAX: not known */
    bool cut;             /* the last records may be missing, because of a power cut or the loss of
                           * their host */
    int64_t durable;      /* ns, for a power cut: all earlier changes of the step are recorded */
    uint32_t epoch;       /* for a power cut: copies from `serial` of this epoch on, and of later
                           * epochs, */
    uint64_t serial;      /* may not be whole */
    struct marks covered; /* for a power cut: paths and inodes that have a record */
};

/* boot_id: of the newest log. */
CAIRN_CHECKED int doubts_begin(struct doubts *d, int folder, const char *boot_id, cairn_error *err);
/* CAIRN_ECHANGED, naming the file, if the path of the record no longer holds what the step left.
 * CAIRN_EROLLBACK if data that the record needs may be lost. subject: the record's file under the
 * journal's own name, or -1. */
CAIRN_CHECKED int doubts_about(struct doubts *d, const struct record *r, int subject,
                               cairn_error *err);
/* Notes that a record exists which a power cut cannot have lost. */
CAIRN_CHECKED int doubts_cover(struct doubts *d, const struct record *r, cairn_error *err);
/* Call it after all records. Refuses if the step's folder, or a folder of the log, holds a change
 * without a record. */
CAIRN_CHECKED int doubts_look_around(struct doubts *d, const char *cwd, cairn_error *err);
CAIRN_CHECKED int doubts_look_in(struct doubts *d, const struct record *folder, cairn_error *err);
void doubts_end(struct doubts *d);
/* When the step ended, as doubts_begin found it in the newest epoch, or INT64_MAX. */
int64_t doubts_ended(int folder);

#endif
