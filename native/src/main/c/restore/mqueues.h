/* Restores POSIX message queues and the descriptors that refer to them. */
#ifndef CAIRN_RESTORE_MQUEUES_H
#define CAIRN_RESTORE_MQUEUES_H

#include "restore/restoration.h"

/* In pid 1, in an ipc namespace that has no queues yet. */
CAIRN_CHECKED int mqueues_make(const struct restoration *r, cairn_error *err);

#endif
