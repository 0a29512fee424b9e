/* File locks. */
#ifndef CAIRN_RESTORE_LOCKS_H
#define CAIRN_RESTORE_LOCKS_H

#include "restore/restoration.h"

/* In pid 1: locks that belong to descriptions, but those that a process of the step is known to
 * have taken. */
CAIRN_CHECKED int locks_restore_of_descriptions(const struct restoration *r, cairn_error *err);
/* Takes the locks that belong to a process, while that process still has the store. */
CAIRN_CHECKED int locks_restore_as_owner(const struct restoration *r, struct restored_process *p,
                                         cairn_error *err);
/* Locks of a process, once it has closed all that it has to close: by closing any descriptor of a
 * file it gives up its locks on it. */
CAIRN_CHECKED int locks_restore_of_process(const struct restoration *r, struct restored_process *p,
                                           cairn_error *err);

#endif
