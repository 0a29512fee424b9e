/* Restores memory and content that outlive any one mapping: shared anonymous memory, memfds,
 * /dev/shm, unlinked files. */
#ifndef CAIRN_RESTORE_OBJECTS_H
#define CAIRN_RESTORE_OBJECTS_H

#include "restore/restoration.h"

/* In pid 1: makes and fills the objects at their numbers in the store, and the folders of /dev/shm.
 */
CAIRN_CHECKED int objects_make(const struct restoration *r, cairn_error *err);

#endif
