/* Descriptors that signal when something is ready: O_ASYNC, F_SETOWN, F_SETSIG. */
#ifndef CAIRN_RESTORE_SIGNAL_DRIVEN_H
#define CAIRN_RESTORE_SIGNAL_DRIVEN_H

#include "restore/restoration.h"

/* Set by a process that has each, under its number: once all processes and threads are there. */
CAIRN_CHECKED int signal_driven_restore(struct restoration *r, cairn_error *err);

#endif
