/* Processes that are stopped by a signal, and what their parents have seen of it. */
#ifndef CAIRN_RESTORE_STOPS_H
#define CAIRN_RESTORE_STOPS_H

#include "restore/restoration.h"

/* Stops again what was stopped, by the same signal, and has the parent wait for it where it had.
 * The stop takes effect when a process is released: until then it makes calls for us as others do.
 * While no process has its handlers yet. */
CAIRN_CHECKED int stops_restore(struct restoration *r, cairn_error *err);
/* Is there a SIGSTOP in a list of pending signals? */
bool stops_is_pending(const json_t *list);
/* A SIGSTOP that was pending for a stopped process, before that is released: it cannot be blocked.
 */
void stops_send_pending(const struct restored_process *p);

#endif
