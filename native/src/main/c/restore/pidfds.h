/* Restores descriptors that refer to processes. */
#ifndef CAIRN_RESTORE_PIDFDS_H
#define CAIRN_RESTORE_PIDFDS_H

#include "restore/restoration.h"

/* In pid 1. Makes the pidfds of processes that have ended; pidfds_restore() makes those of live
 * processes. */
CAIRN_CHECKED int pidfd_open_description(const struct restoration *r, size_t id, cairn_error *err);
/* Call it in the processes that have pidfds, once all processes exist and before any has picked its
 * descriptors. Makes the pidfds at their numbers in the store, and registers them with epolls. */
CAIRN_CHECKED int pidfds_restore(struct restoration *r, cairn_error *err);
/* Whether a description exists only after pidfds_restore(). */
bool pidfd_comes_late(const json_t *description);

#endif
