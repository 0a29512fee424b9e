/* Restores the step's pseudo-terminals under their indices. */
#ifndef CAIRN_RESTORE_TERMINALS_H
#define CAIRN_RESTORE_TERMINALS_H

#include "restore/restoration.h"

/* Older images do not record terminals; such a step has only its own terminal. */
CAIRN_CHECKED int terminals_complete(json_t *meta, cairn_error *err);

/* In pid 1. Makes all terminals and opens both ends; their masters are then in place as
 * descriptions. `own` is the slave of the step's terminal, or -1. */
CAIRN_CHECKED int terminals_make(const struct restoration *r, int own, cairn_error *err);
/* Opens a description of a slave, or of /dev/tty. */
CAIRN_CHECKED int terminal_open_description(const struct restoration *r, size_t id,
                                            cairn_error *err);
/* Restores settings and queued data, and hangs up slaves that had been hung up. Call it after all
 * descriptions. */
CAIRN_CHECKED int terminals_fill(const struct restoration *r, cairn_error *err);

/* The index of a process's controlling terminal, or -1. */
int64_t terminal_of(const struct restored_process *p);
/* Sets the controlling terminal. Call it in the leader of a new session, which is a stub of pid 1
 * or makes calls for us. */
void terminal_take_as_stub(const struct restoration *r, const struct restored_process *p);
CAIRN_CHECKED int terminal_take(const struct restoration *r, struct restored_process *p,
                                cairn_error *err);
/* Sets foreground groups, and detaches sessions that gave up their terminal. Call it when all
 * groups exist. */
CAIRN_CHECKED int terminals_set_foreground(struct restoration *r, cairn_error *err);

#endif
