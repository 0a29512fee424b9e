/* Returns the files to their state at the beginning of an epoch of the journal. */
#ifndef CAIRN_JOURNAL_UNDO_H
#define CAIRN_JOURNAL_UNDO_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/path_map.h"
#include "journal/siblings.h"

#define UNDO_LEFT_BYTES 512

/* Files that were not undone, because another step changes them too. */
struct undo_left {
    size_t files;
    char names[UNDO_LEFT_BYTES]; /* the first names, separated by commas */
};

struct undo_options {
    int undone_fd;                /* removed files go below this folder */
    const char *cwd;              /* the step's working folder; NULL if not known */
    struct undo_left *left;       /* added to */
    const struct path_map *moved; /* where the recorded paths lead now, or NULL */
    bool accept_changed; /* also undoes changes by others, and ignores losses by a power cut */
};

/* Checks that all epochs from `epoch` on can be undone. Otherwise CAIRN_EROLLBACK or
 * CAIRN_ECHANGED, naming the file. Touches nothing. */
CAIRN_CHECKED int undo_check(int folder, uint32_t epoch, const struct undo_options *how,
                             const struct siblings *others, cairn_error *err);
/* Call it before undo_to. Writes down, once and for all, which files it will leave alone because
 * other steps change them too. Their records may be gone the next time. */
CAIRN_CHECKED int undo_note_shared(int folder, uint32_t epoch, const struct undo_options *how,
                                   const struct siblings *others, cairn_error *err);
/* Deletes the records and undoes nothing. */
CAIRN_CHECKED int undo_nothing(int folder, uint32_t epoch, cairn_error *err);
/* Undoes the epochs, the newest first; then `epoch` is the newest one, and empty. Moves removed
 * files below undone_fd. Adds the files that only other steps' records keep from being undone to
 * `left`. After a kill it can be run again. */
CAIRN_CHECKED int undo_to(int folder, uint32_t epoch, const struct undo_options *how,
                          const struct siblings *others, cairn_error *err);

#endif
