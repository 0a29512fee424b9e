/* Keeps a second copy of the step from running: it stands still for as long as its lease is not
 * held, and is killed once somebody else has taken it. */
#ifndef CAIRN_SUPERVISOR_LEASE_GUARD_H
#define CAIRN_SUPERVISOR_LEASE_GUARD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "common/error.h"
#include "sandbox/tree.h"
#include "supervisor/loop.h"

struct supervisor;

struct guard {
    struct loop_source news;  /* the lease was looked at */
    struct loop_source alarm; /* timerfd on CLOCK_BOOTTIME: it has run out, perhaps in a sleep */
    struct tree tree;         /* the last resort's copy: the descriptor is its own */
    int64_t stood_since;      /* clock_boot_ms() */
    int recreations_told;     /* of the lease, in the journal */
    cairn_error why_not;      /* the step could not be frozen */
    pthread_t last_resort;
    atomic_bool killed; /* by the last resort */
};

/* The step runs: from now on it is guarded. Nothing where no lease is wanted. */
CAIRN_CHECKED int guard_open(struct supervisor *s, cairn_error *err);

/* Freezes, lets go or ends the step, as its lease says: first thing in every turn of the loop. */
void guard_check(struct supervisor *s);

/* Says so where it was the last resort that ended it. */
void guard_step_ended(struct supervisor *s);

#endif
