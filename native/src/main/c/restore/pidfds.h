/* Descriptors that mean a process. */
#ifndef CAIRN_RESTORE_PIDFDS_H
#define CAIRN_RESTORE_PIDFDS_H

#include "restore/restoration.h"

/* In pid 1. Makes all pidfds of a process that has ended; pidfds_restore() makes those of live
 * processes. */
CAIRN_CHECKED int pidfd_open_description(const struct restoration *r, size_t id, cairn_error *err);
/* Called in the processes that have them, once all processes exist and before any has picked its
 * descriptors: makes them at their numbers in the store, with what epolls must know of them. */
CAIRN_CHECKED int pidfds_restore(struct restoration *r, cairn_error *err);
/* Whether a description is there only after pidfds_restore(). */
bool pidfd_comes_late(const json_t *description);

#endif
