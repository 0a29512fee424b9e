/* Keeps a second copy of the step from running. The guard watches the lease and decides what must
 * happen to the step. The supervisor carries it out and reports back. A thread of the guard kills a
 * step that the main thread could not freeze in time. */
#ifndef CAIRN_SUPERVISOR_LEASE_GUARD_H
#define CAIRN_SUPERVISOR_LEASE_GUARD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "common/error.h"
#include "sandbox/tree.h"
#include "supervisor/lease.h"
#include "supervisor/loop.h"

enum guard_verdict {
    GUARD_CONTINUE,
    GUARD_FREEZE, /* the lease is not held: the supervisor freezes, then calls lease_guard_froze */
    GUARD_THAW,   /* it is held again, after guard.frozen_ms */
    GUARD_END,    /* at once, because of guard.message */
};

struct lease_guard {
    struct lease *lease;
    struct loop_source checked; /* the lease was checked */
    struct loop_source alarm;   /* timerfd on CLOCK_BOOTTIME: fires when the lease has expired,
                                 * perhaps during a sleep */
    struct tree tree;           /* the killing thread's copy, with a descriptor of its own */
    int64_t frozen_since;       /* clock_boot_ms() */
    int64_t frozen_ms;
    cairn_error why_not; /* the step could not be frozen */
    pthread_t killer;
    atomic_bool killed; /* by that thread */
    char message[600];
};

/* Call it when the step runs. From now on it is guarded. Does nothing without a lease. Copies
 * `tree` but not `lease`. */
CAIRN_CHECKED int lease_guard_open(struct lease_guard *g, struct lease *lease,
                                   const struct tree *tree, struct loop *loop, cairn_error *err);

/* Returns what the lease now demands for the step. Call it first in every iteration of the loop.
 * frozen: because of an earlier GUARD_FREEZE; ending: the step is being ended. */
enum guard_verdict lease_guard_check(struct lease_guard *g, bool frozen, bool ending);

/* Tells the guard that the step was frozen, or could not be frozen because of `failure`: then the
 * guard demands it again. */
void lease_guard_froze(struct lease_guard *g, const cairn_error *failure);

/* Call it when the step has ended. True, with guard.message, if the killing thread ended it. */
bool lease_guard_step_ended(struct lease_guard *g);

#endif
