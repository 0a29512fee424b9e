/* The step's pseudo-terminals, made again under their indices. */
#ifndef CAIRN_RESTORE_TERMINALS_H
#define CAIRN_RESTORE_TERMINALS_H

#include "restore/restoration.h"

/* An older image, which does not record them, has only the step's own terminal. */
CAIRN_CHECKED int terminals_complete(json_t *meta, cairn_error *err);

/* In pid 1. All of them, with both ends open: their masters are then in place as descriptions.
 * `own` is the slave of the step's terminal, or -1. */
CAIRN_CHECKED int terminals_make(const struct restoration *r, int own, cairn_error *err);
/* An open description of a slave, or of /dev/tty. */
CAIRN_CHECKED int terminal_open_description(const struct restoration *r, size_t id,
                                            cairn_error *err);
/* Settings and what waits in them; hangs up those that were. After all descriptions. */
CAIRN_CHECKED int terminals_fill(const struct restoration *r, cairn_error *err);

/* The index of a process's controlling terminal, or -1. */
int64_t terminal_of(const struct restored_process *p);
/* In the leader of a new session, which is a stub of pid 1 or makes calls for us. */
void terminal_take_as_stub(const struct restoration *r, const struct restored_process *p);
CAIRN_CHECKED int terminal_take(const struct restoration *r, struct restored_process *p,
                                cairn_error *err);
/* Called when all groups exist: sets foreground groups, and detaches sessions that gave up their
 * terminal. */
CAIRN_CHECKED int terminals_set_foreground(struct restoration *r, cairn_error *err);

#endif
