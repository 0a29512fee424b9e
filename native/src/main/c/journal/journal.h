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

/* checkpoints: the folder of images, locked for this supervisor. Nothing is recorded yet. `limit`:
 * bytes of what it keeps. */
CAIRN_CHECKED int journal_open(int checkpoints, uint64_t limit, struct journal **out,
                               cairn_error *err);

#define JOURNAL_MOST_IMAGES 64

/* The image of the newest cut is published, and only the `keep` newest and checkpoint 0 stay:
 * epochs that no image of these needs for itself become part of the one before. */
CAIRN_CHECKED int journal_published(struct journal *j, int keep, cairn_error *err);

/* Begins a new epoch. No process of the step may be running. */
CAIRN_CHECKED int journal_cut(struct journal *j, uint32_t *epoch, cairn_error *err);

/* Before the step runs. Undoes all that it changed since that epoch began, or says why it cannot
 * (CAIRN_EROLLBACK, before anything is touched); the epoch goes on. Killed in between, it can be
 * run again. */
CAIRN_CHECKED int journal_undo(struct journal *j, uint32_t epoch, const struct undo_options *how,
                               cairn_error *err);

/* ns of CLOCK_REALTIME: what changed later, others did. INT64_MAX where that is not known, or where
 * an undoing was begun, whose own changes are later. */
int64_t journal_ended(const struct journal *j);

/* Before a cut: whether the file of fd was only appended to since the newest image. */
bool journal_only_grew(struct journal *j, int fd);

/* Call before the step runs: changes up to now count as the step's own. */
void journal_own_changes(const struct journal *j);

/* Nothing of the step is left: says so in the journal. */
void journal_end(struct journal *j);

/* The program ended by itself, and its files are what it left: a start from the beginning keeps
 * them. */
CAIRN_CHECKED int journal_settle(struct journal *j, cairn_error *err);
CAIRN_CHECKED int journal_is_settled(const struct journal *j, cairn_error *err);
/* Before the step runs, in place of journal_undo: the epoch begins with the files as they are. */
CAIRN_CHECKED int journal_keep(struct journal *j, uint32_t epoch, cairn_error *err);

/* Answers the calls that `listener` (taken over) reports, on its own thread, until nothing of the
 * step is left. Nothing is recorded before journal_arm: what a restore does is no change. */
CAIRN_CHECKED int journal_listen(struct journal *j, int listener, pid_t init, cairn_error *err);
void journal_arm(struct journal *j);

/* One that has not listened; NULL is ignored. */
void journal_close(struct journal *j);

#endif
