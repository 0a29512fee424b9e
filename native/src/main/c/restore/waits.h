/* Restores calls that were waiting for a limited time at the checkpoint. */
#ifndef CAIRN_RESTORE_WAITS_H
#define CAIRN_RESTORE_WAITS_H

#include "restore/restoration.h"
#include "task/waits.h"

/* Begins the call again for the remaining time. It is the last call that the thread makes for the
 * restore, still in the trampoline. */
CAIRN_CHECKED int wait_resume(const struct restoration *r, const struct restored_process *p,
                              struct restored_thread *t, cairn_error *err);
/* Records the call for the next stop of the thread, which is about to be released. */
CAIRN_CHECKED int wait_remember(const struct restoration *r, const struct restored_thread *t,
                                struct waits *waits, cairn_error *err);

#endif
