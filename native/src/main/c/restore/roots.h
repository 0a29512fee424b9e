/* In pid 1 of the new tree: opens everything that the processes share, and forks the first
 * processes. */
#ifndef CAIRN_RESTORE_ROOTS_H
#define CAIRN_RESTORE_ROOTS_H

#include <sys/types.h>

#include "common/error.h"

/* struct init_restorer's make_roots; context is the restoration. Makes a stub for each process
 * whose parent is pid 1; each waits to be traced. Returns the pid of the step's root process, or a
 * negative code. */
pid_t roots_make(void *context, int pty_slave, cairn_error *err);

#endif
