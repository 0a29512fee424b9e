/* Restores descriptors that send a signal when they are ready: O_ASYNC, F_SETOWN, F_SETSIG. */
#ifndef CAIRN_RESTORE_SIGNAL_DRIVEN_H
#define CAIRN_RESTORE_SIGNAL_DRIVEN_H

#include "restore/restoration.h"

/* A process that has the descriptor sets its owner and signal, under its number. Call it once all
 * processes and threads exist. */
CAIRN_CHECKED int signal_driven_restore(struct restoration *r, cairn_error *err);

#endif
