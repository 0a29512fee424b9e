/* Before an undoing: what the journal cannot answer for. Others may have changed files after the
 * step's end, and a power cut may have taken the last of what was recorded. */
#ifndef CAIRN_JOURNAL_DOUBTS_H
#define CAIRN_JOURNAL_DOUBTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "journal/log.h"
#include "journal/marks.h"

struct doubts {
    int folder;           /* of the journal; borrowed */
    int64_t ended;        /* ns: later changes were made by others. INT64_MAX: not known */
    bool cut;             /* by a power cut or with its host: the last records may be missing */
    int64_t durable;      /* ns, of a cut: all that the step did before is recorded */
    uint32_t epoch;       /* of a cut: copies of this epoch from `serial` on, and of later ones, */
    uint64_t serial;      /* may not be whole */
    struct marks covered; /* of a cut: paths and inodes of which there is a record */
};

/* boot_id: of the newest log. */
CAIRN_CHECKED int doubts_begin(struct doubts *d, int folder, const char *boot_id, cairn_error *err);
/* CAIRN_EROLLBACK, naming the file, where what is at the path of the record is not what the step
 * left, or where what the record needs may be lost. subject: the record's file under the journal's
 * own name, or -1. */
CAIRN_CHECKED int doubts_about(struct doubts *d, const struct record *r, int subject,
                               cairn_error *err);
/* There is a record of it, which a power cut cannot have taken. */
CAIRN_CHECKED int doubts_cover(struct doubts *d, const struct record *r, cairn_error *err);
/* After all records: is there anything in the step's folder, or in one of the log, that changed and
 * of which there is no record? */
CAIRN_CHECKED int doubts_look_around(struct doubts *d, const char *cwd, cairn_error *err);
CAIRN_CHECKED int doubts_look_in(struct doubts *d, const struct record *folder, cairn_error *err);
void doubts_end(struct doubts *d);
/* What doubts_begin finds of the newest epoch: when the step ended, or INT64_MAX. */
int64_t doubts_ended(int folder);

#endif
