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
    int stopped;  /* the signal (SIGSTOP, SIGTSTP, ...) by which it was stopped already, or 0 */
};

struct frozen {
    struct frozen_thread *threads; /* of one process beside each other, its leader first */
    size_t thread_count;
    pid_t *zombies; /* processes that have ended and are not yet waited for */
    size_t zombie_count;
    struct waits *waits;
    int64_t since_us; /* CLOCK_MONOTONIC when the first thread was interrupted */
    bool holding;     /* freeze_hold */
    bool stuck;       /* a thread did not stop in time, and is not waited for again */
    pid_t *standing;  /* threads that were traced already: they are stopped, and stay so */
    size_t standing_count;
};

/* Freezes all descendants of `init`. CAIRN_EBUSY_TREE when many tries could not stop the tree (a
 * vfork that has not reached its exec, an uninterruptible sleep); between the tries and afterwards
 * everything runs. CAIRN_EUNSUPPORTED when another process traces one of them. `waits` belongs to
 * the tree and remembers calls in flight from one freeze to the next. */
CAIRN_CHECKED int freeze_tree(pid_t init, struct waits *waits, struct frozen *out,
                              cairn_error *err);

/* Freezes them without the need to know their state: a thread that waits in the kernel, for example
 * for a file server that does not answer, may continue to wait, and stops before it returns from
 * the kernel. Also while a capture has snapshots. */
CAIRN_CHECKED int freeze_hold(pid_t init, struct waits *waits, struct frozen *out,
                              cairn_error *err);

/* Releases every thread and frees. Stopped jobs stay stopped, and calls in flight continue: the
 * threads' registers must be the same as when they stopped. */
void freeze_release(struct frozen *f);

/* A thread that waits in the kernel can be released only when its call returns. Until then
 * `waits` remembers it, and this has to be called again; the next freeze takes it over. */
void freeze_retry(struct waits *waits);

/* Fails with the reason why the memory of such a process (proc_is_undumpable) cannot be read. */
int freeze_undumpable(pid_t pid, cairn_error *err);

int64_t freeze_clock_us(void);

#endif
