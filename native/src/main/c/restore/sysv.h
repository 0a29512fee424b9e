/* Restores SysV shared memory, semaphores and message queues, with their former ids. */
#ifndef CAIRN_RESTORE_SYSV_H
#define CAIRN_RESTORE_SYSV_H

#include "restore/restoration.h"

/* In pid 1, in an ipc namespace that has no objects yet. */
CAIRN_CHECKED int sysv_make(const struct restoration *r, cairn_error *err);
/* Called in a process: attaches the segment at its former address. */
CAIRN_CHECKED int sysv_attach(struct restored_process *p, int64_t id, uint64_t start, int prot,
                              cairn_error *err);
/* Call it once all processes have attached their segments. Removes the segments that had been
 * removed, and registers the SEM_UNDO adjustments of each process. */
CAIRN_CHECKED int sysv_finish(struct restoration *r, cairn_error *err);

#endif
