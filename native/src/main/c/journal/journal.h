/* The write journal: records the state of files before a step changes them, so that a resume can
 * undo the changes (native/docs/journal.md).
 *
 * An epoch begins at each checkpoint, while the step is frozen. The image refers to it by its
 * number: undoing that epoch and all later ones makes every file that the step changed what it was
 * at the checkpoint. A thread of the supervisor answers the step's calls. */
#ifndef CAIRN_JOURNAL_JOURNAL_H
#define CAIRN_JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"
#include "journal/undo.h"

struct journal;

/* Opens the journal. checkpoints: the folder of images, locked for this supervisor. Records nothing
 * yet. `limit`: bytes that the journal may keep. */
CAIRN_CHECKED int journal_open(int checkpoints, uint64_t limit, struct journal **out,
                               cairn_error *err);

#define JOURNAL_MOST_IMAGES 64

/* Tells the journal that the image of the newest cut is published, and that only the `keep` newest
 * images and checkpoint 0 stay. Epochs at which none of these images begins are merged into the
 * epoch before. */
CAIRN_CHECKED int journal_published(struct journal *j, int keep, cairn_error *err);

/* Begins a new epoch. No process of the step may be running. */
CAIRN_CHECKED int journal_cut(struct journal *j, uint32_t *epoch, cairn_error *err);

/* Undoes all changes of the step since that epoch began, or fails with CAIRN_EROLLBACK before it
 * touches anything. Recording continues in that epoch. Call it before the step runs. After a kill
 * it can be run again. */
CAIRN_CHECKED int journal_undo(struct journal *j, uint32_t epoch, const struct undo_options *how,
                               cairn_error *err);

/* The time in ns of CLOCK_REALTIME after which changes are by other processes. INT64_MAX if that is
 * not known, or if an undoing was begun, whose own changes are later. */
int64_t journal_ended(const struct journal *j);

/* Whether the file of fd was only appended to since the newest image. Call it before a cut. */
bool journal_only_grew(struct journal *j, int fd);

/* Call before the step runs: changes up to now count as the step's own. */
void journal_own_changes(const struct journal *j);

/* Records in the journal that no process of the step is left. */
void journal_end(struct journal *j);

/* Records that the program ended by itself. Its files are then its result, and a start from the
 * beginning keeps them. */
CAIRN_CHECKED int journal_settle(struct journal *j, cairn_error *err);
CAIRN_CHECKED int journal_is_settled(const struct journal *j, cairn_error *err);
/* Begins the epoch with the files as they are, in place of journal_undo. Call it before the step
 * runs. */
CAIRN_CHECKED int journal_keep(struct journal *j, uint32_t epoch, cairn_error *err);

/* Answers the calls that `listener` (taken over) reports, on a thread of its own, until no process
 * of the step is left. Records nothing before journal_arm, because a restore's own calls are no
 * changes of the step. */
CAIRN_CHECKED int journal_listen(struct journal *j, int listener, pid_t init, cairn_error *err);
void journal_arm(struct journal *j);

/* Frees a journal that has not listened. NULL is ignored. */
void journal_close(struct journal *j);

#endif
