/* Pid 1 of a step's tree: makes the mounts, starts the root process, reaps, and ends when the root
 * ends. */
#ifndef CAIRN_SANDBOX_INIT_H
#define CAIRN_SANDBOX_INIT_H

#include <sys/types.h>

#include "common/error.h"
#include "sandbox/tree_spec.h"

/* What pid 1 sends to its maker over `channel` (SOCK_SEQPACKET), in this order; INIT_FILTERED where
 * it has a filter, perhaps with the listener. */
struct init_message {
    enum { INIT_FILTERED, INIT_READY, INIT_FAILED, INIT_ENDED } kind;
    char why_not[100]; /* INIT_FILTERED: there is no listener */
    pid_t root_in_ns;  /* INIT_READY */
    int wait_status;   /* INIT_ENDED: of the root process */
    cairn_error error; /* INIT_FAILED */
};

/* What a restore has pid 1 do in the new namespaces instead of starting argv: it makes the
 * processes whose parent is pid 1 and returns the pid of the root one, or a negative error code. */
struct init_restorer {
    pid_t (*make_roots)(void *context, int pty_slave, cairn_error *err);
    void *context;
};

/* Never returns. With pty, the master goes with the first message (SCM_RIGHTS). `restorer` NULL
 * starts spec->argv. */
_Noreturn void init_main(const struct tree_spec *spec, const struct init_restorer *restorer,
                         int channel);

/* The maker's side: receives one message; *fd is a descriptor that came along, or -1. Returns 0
 * when pid 1 closed the channel and sent nothing, 1 for a message, negative on error. MSG_DONTWAIT
 * may be given in flags. */
CAIRN_CHECKED int init_receive(int channel, int flags, struct init_message *out, int *fd,
                               cairn_error *err);

#endif
