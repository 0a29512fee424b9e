/* The descriptors of a process. */
#ifndef CAIRN_RESTORE_DESCRIPTORS_H
#define CAIRN_RESTORE_DESCRIPTORS_H

#include "restore/restoration.h"

/* Takes the process's descriptors from the store, under their old numbers, and closes all others.
 * The numbers of the store may overlap with those: a process needs few numbers beyond its own. */
CAIRN_CHECKED int descriptors_pick(const struct restoration *r, struct restored_process *p,
                                   cairn_error *err);

#endif
