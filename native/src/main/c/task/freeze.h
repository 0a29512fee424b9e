/* Stops a whole process tree, and releases it again.
 *
 * Every thread is seized while it runs, so that its new threads and children are traced too. Only
 * then are all of them interrupted, so the tree is stopped no longer than its slowest thread
 * takes to stop.
 */
#ifndef CAIRN_TASK_FREEZE_H
#define CAIRN_TASK_FREEZE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"
#include "task/waits.h"

struct frozen_thread {
    pid_t tid;
    pid_t pid;    /* its process */
    bool at_rest; /* in a ptrace stop */
    bool gone;    /* ended before it stopped */
    int stopped;  /* the signal (SIGSTOP, SIGTSTP, ...) that had stopped the process before, or 0 */
};

struct frozen {
    struct frozen_thread *threads; /* the threads of one process are adjacent, its leader first */
    size_t thread_count;
    pid_t *zombies; /* processes that have ended and that no parent has waited for */
    size_t zombie_count;
    struct waits *waits;
    int64_t since_us; /* CLOCK_MONOTONIC when the first thread was interrupted */
    bool holding;     /* freeze_hold */
    bool stuck;       /* a thread did not stop in time, so no further waits for slow threads */
    pid_t *standing;  /* threads that were already traced: they are stopped, and stay stopped */
    size_t standing_count;
};

/* Freezes all descendants of `init`. CAIRN_EBUSY_TREE if many tries could not stop the tree (a
 * vfork that has not reached its exec, an uninterruptible sleep); the tree runs between the tries
 * and afterwards. CAIRN_EUNSUPPORTED when another process traces one of them. `waits` belongs to
 * the tree and remembers calls in flight from one freeze to the next. */
CAIRN_CHECKED int freeze_tree(pid_t init, struct waits *waits, struct frozen *out,
                              cairn_error *err);

/* Freezes them without reading their state. A thread that waits in the kernel, for example for a
 * file server that does not answer, may continue to wait; it stops before it returns from the
 * kernel. Also works while a capture has snapshots. */
CAIRN_CHECKED int freeze_hold(pid_t init, struct waits *waits, struct frozen *out,
                              cairn_error *err);

/* Releases every thread and frees. Stopped jobs stay stopped, and timed calls continue. The
 * threads' registers must be the same as when they stopped. */
void freeze_release(struct frozen *f);

/* Releases threads whose release had to wait for the end of a call in the kernel. `waits` remembers
 * them; call this again until none is left, or until the next freeze, which includes them. */
void freeze_retry(struct waits *waits);

/* Fails with the reason why the memory of such a process (proc_is_undumpable) cannot be read. */
int freeze_undumpable(pid_t pid, cairn_error *err);

int64_t freeze_clock_us(void);

#endif
