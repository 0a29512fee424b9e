/* Restores processes that are stopped by a signal, and what their parents have seen of the stop. */
#ifndef CAIRN_RESTORE_STOPS_H
#define CAIRN_RESTORE_STOPS_H

#include "restore/restoration.h"

/* Stops processes that were stopped again, by the same signal, and makes the parent wait for the
 * stop if it had. The stop takes effect when a process is released; until then the process makes
 * calls for us. Call it while no process has its signal handlers yet. */
CAIRN_CHECKED int stops_restore(struct restoration *r, cairn_error *err);
/* Whether a list of pending signals holds a SIGSTOP. */
bool stops_is_pending(const json_t *list);
/* Sends a SIGSTOP that was pending for a stopped process, before the process is released, because
 * SIGSTOP cannot be blocked.
 */
void stops_send_pending(const struct restored_process *p);

#endif
