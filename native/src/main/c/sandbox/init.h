/* Pid 1 of a step's tree: makes the mounts, starts the root process, reaps, and ends when the root
 * ends. */
#ifndef CAIRN_SANDBOX_INIT_H
#define CAIRN_SANDBOX_INIT_H

#include <sys/types.h>

#include "common/error.h"
#include "sandbox/tree_spec.h"

/* The messages of pid 1 to its maker over `channel` (SOCK_SEQPACKET), in this order. INIT_FILTERED
 * comes if pid 1 has a filter, perhaps with the listener. */
struct init_message {
    enum { INIT_FILTERED, INIT_READY, INIT_FAILED, INIT_ENDED } kind;
    char why_not[100]; /* INIT_FILTERED: the reason why there is no listener */
    pid_t root_in_ns;  /* INIT_READY */
    int wait_status;   /* INIT_ENDED: wait status of the root process */
    cairn_error error; /* INIT_FAILED */
};

/* What pid 1 does for a restore in the new namespaces, instead of starting argv: it makes the
 * processes whose parent is pid 1, and returns the pid of the root process or a negative error
 * code. */
struct init_restorer {
    pid_t (*make_roots)(void *context, int pty_slave, cairn_error *err);
    void *context;
};

/* Never returns. With pty, the first message carries the master (SCM_RIGHTS). `restorer` NULL
 * starts spec->argv. */
_Noreturn void init_main(const struct tree_spec *spec, const struct init_restorer *restorer,
                         int channel);

/* The maker's side: receives one message. *fd is a descriptor that came with it, or -1. Returns 1
 * for a message, 0 if pid 1 closed the channel and sent nothing, negative on error. flags may
 * contain MSG_DONTWAIT. */
CAIRN_CHECKED int init_receive(int channel, int flags, struct init_message *out, int *fd,
                               cairn_error *err);

#endif
