/* Calls that wait for a limited time, counted from their beginning. A freeze must not make that
 * time longer.
 *
 * The kernel continues some of them after a freeze (nanosleep, poll, a futex); a restored thread
 * gets the remaining time. Others (epoll_wait, sigtimedwait, a socket with a timeout) lose their
 * time in a freeze, and are made again for what is left. The beginning of a call is not known: it
 * counts from the first freeze that finds the thread in it. So a wait is never shorter than the
 * program asked for. It is longer by at most the time that had passed until that freeze.
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
#define WAIT_UNKNOWN (-1) /* interrupted before the first freeze, so the call is not known */

struct wait {
    pid_t tid;
    long call;                  /* the program's call, even if the kernel continues it */
    struct cpu_registers asked; /* as the program made the call */
    uint64_t shown;             /* the timeout that its registers show at the moment */
    int64_t deadline;           /* ns of our CLOCK_MONOTONIC, or WAIT_FOREVER */
    uint64_t switches;          /* its context switches so far, when it was released */
    bool seen;                  /* the thread is in the present freeze */
};

struct waits {
    struct wait *list;
    size_t count;
    int64_t lead; /* of the step's CLOCK_MONOTONIC over ours, ns */
    pid_t *stuck; /* threads that wait in the kernel and must be released later: freeze_retry */
    size_t stuck_count;
};
void waits_free(struct waits *w);

/* A stop begins. */
void waits_begin(struct waits *w);
/* Call it for each thread that has stopped. `pid`: its process. */
CAIRN_CHECKED int waits_note(struct waits *w, pid_t pid, pid_t tid, cairn_error *err);
/* Call it when all threads have stopped. Forgets threads that were not seen. */
void waits_settle(struct waits *w);
/* Call it before a thread is released. Its call continues, or ends if its time is over. */
void waits_release(struct waits *w, pid_t tid);

/* For an image: returns the registers with which a restored thread makes the call again, without
 * any other knowledge of it. *wait is what is known of the call; NULL if the thread is in no timed
 * call. CAIRN_EBUSY_TREE if the call is unknown. */
CAIRN_CHECKED int waits_image(const struct waits *w, pid_t tid, struct cpu_registers *r,
                              const struct wait **wait, cairn_error *err);

/* For a restored thread: `shows` is the timeout that its registers show; `timeout` is the argument
 * that the program gave. */
CAIRN_CHECKED int waits_add(struct waits *w, pid_t tid, const struct cpu_registers *shows,
                            uint64_t timeout, int64_t deadline, cairn_error *err);
/* Which argument of the call is its timeout, and whether that is a number of milliseconds or the
 * address of a struct timespec; -1 for no such argument. */
int wait_timeout_argument(long call);
bool wait_is_in_milliseconds(long call);
/* Whether the kernel continues the call after a stop. */
bool wait_is_continued(long call);
/* The timeout argument as the program gave it. */
uint64_t wait_timeout_asked(const struct wait *wait);

int64_t wait_clock_ns(void);

#endif
