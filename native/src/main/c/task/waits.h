/* Calls that wait for a limited time, counted from their beginning. A freeze must not make that
 * time longer.
 *
 * The kernel continues some of them after a freeze (nanosleep, poll, a futex); a restored thread
 * gets the remaining time. Others (epoll_wait, sigtimedwait, a socket with a timeout) lose their
 * time in a freeze, and are made again for what is left. The beginning of a call is not known: it
 * counts from the first freeze that finds the thread in it. So a wait is never shorter than asked
 * for, and longer by at most the time that had passed until that freeze.
 *
 * The list of waiting calls is kept from one freeze to the next. Everything here is for the one
 * thread that traces.
 */
#ifndef CAIRN_TASK_WAITS_H
#define CAIRN_TASK_WAITS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"
#include "task/cpu.h"

#define WAIT_FOREVER INT64_MAX
#define WAIT_UNKNOWN (-1) /* interrupted before the first freeze: which call is not known */

struct wait {
    pid_t tid;
    long call;                  /* the program's, also where the kernel continues it */
    struct cpu_registers asked; /* as the program made it */
    uint64_t shown;             /* the timeout that its registers show at the moment */
    int64_t deadline;           /* ns of our CLOCK_MONOTONIC, or WAIT_FOREVER */
    uint64_t switches;          /* its context switches so far, when it was released */
    bool seen;                  /* in the stop that is under way */
};

struct waits {
    struct wait *list;
    size_t count;
    int64_t lead; /* of the step's CLOCK_MONOTONIC over ours, ns */
    pid_t *stuck; /* threads that wait in the kernel, to be released: freeze_retry */
    size_t stuck_count;
};
void waits_free(struct waits *w);

/* A stop begins. */
void waits_begin(struct waits *w);
/* A thread of the process `pid` has stopped. */
CAIRN_CHECKED int waits_note(struct waits *w, pid_t pid, pid_t tid, cairn_error *err);
/* All have: what is known of others is forgotten. */
void waits_settle(struct waits *w);
/* The thread is about to be released: its call continues, or ends where its time is over. */
void waits_release(struct waits *w, pid_t tid);

/* For an image: the registers with which the call is made again, by a thread that knows nothing of
 * it but them. *wait is what is known of it, NULL where it does not wait for a limited time.
 * CAIRN_EBUSY_TREE if the call is unknown. */
CAIRN_CHECKED int waits_image(const struct waits *w, pid_t tid, struct cpu_registers *r,
                              const struct wait **wait, cairn_error *err);

/* A restored thread: `shows` is what its registers show; `timeout` the argument as the program gave
 * it. */
CAIRN_CHECKED int waits_add(struct waits *w, pid_t tid, const struct cpu_registers *shows,
                            uint64_t timeout, int64_t deadline, cairn_error *err);
/* Which argument of the call is its timeout, -1 where none is; whether it is a number of
 * milliseconds, or the address of a struct timespec. */
int wait_timeout_argument(long call);
bool wait_is_in_milliseconds(long call);
/* Whether the kernel continues it after a stop. */
bool wait_is_continued(long call);
/* The argument as the program gave it. */
uint64_t wait_timeout_asked(const struct wait *wait);

int64_t wait_clock_ns(void);

#endif
