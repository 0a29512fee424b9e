/* Restores what belongs to a process as a whole: descriptors, signals, timers, limits, ids,
 * threads. */
#ifndef CAIRN_RESTORE_PROCESS_H
#define CAIRN_RESTORE_PROCESS_H

#include "restore/restoration.h"

CAIRN_CHECKED int process_finish(const struct restoration *r, struct restored_process *p,
                                 cairn_error *err);

#endif
