/* SysV shared memory, semaphores and message queues, with the ids that they had. */
#ifndef CAIRN_RESTORE_SYSV_H
#define CAIRN_RESTORE_SYSV_H

#include "restore/restoration.h"

/* In pid 1, in an ipc namespace that has none yet. */
CAIRN_CHECKED int sysv_make(const struct restoration *r, cairn_error *err);
/* Called in a process: attaches the segment at its former address. */
CAIRN_CHECKED int sysv_attach(struct restored_process *p, int64_t id, uint64_t start, int prot,
                              cairn_error *err);
/* Once all processes have attached what they had: segments that had been removed are again,
 * and the kernel knows what to undo at the end of each. */
CAIRN_CHECKED int sysv_finish(struct restoration *r, cairn_error *err);

#endif
