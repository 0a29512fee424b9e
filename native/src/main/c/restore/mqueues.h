/* POSIX message queues, with those who have them open. */
#ifndef CAIRN_RESTORE_MQUEUES_H
#define CAIRN_RESTORE_MQUEUES_H

#include "restore/restoration.h"

/* In pid 1, in an ipc namespace that has none yet. */
CAIRN_CHECKED int mqueues_make(const struct restoration *r, cairn_error *err);

#endif
