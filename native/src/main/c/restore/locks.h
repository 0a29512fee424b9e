/* File locks. */
#ifndef CAIRN_RESTORE_LOCKS_H
#define CAIRN_RESTORE_LOCKS_H

#include "restore/restoration.h"

/* In pid 1: takes the locks that belong to descriptions, except those whose taker is a known
 * process of the step. */
CAIRN_CHECKED int locks_restore_of_descriptions(const struct restoration *r, cairn_error *err);
/* Takes the locks that belong to a process, while that process still has the store. */
CAIRN_CHECKED int locks_restore_as_owner(const struct restoration *r, struct restored_process *p,
                                         cairn_error *err);
/* Takes a process's POSIX locks once it has closed all surplus descriptors: closing any descriptor
 * of a file would release them. */
CAIRN_CHECKED int locks_restore_of_process(const struct restoration *r, struct restored_process *p,
                                           cairn_error *err);

#endif
