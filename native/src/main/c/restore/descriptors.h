/* The descriptors of a process. */
#ifndef CAIRN_RESTORE_DESCRIPTORS_H
#define CAIRN_RESTORE_DESCRIPTORS_H

#include "restore/restoration.h"

/* Takes from the store what the process had, under its numbers, and closes all else. The store lies
 * where those numbers may be: a process needs few numbers beyond its own. */
CAIRN_CHECKED int descriptors_pick(const struct restoration *r, struct restored_process *p,
                                   cairn_error *err);

#endif
