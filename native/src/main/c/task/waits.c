#include "task/waits.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "proc/proc.h"

#define SECOND 1000000000
#define NO_ARGUMENT (-1)

/* How a call specifies its timeout. */
enum form {
    MILLISECONDS,  /* in a register; none if negative */
    TIMESPEC,      /* at an address; none if the address is 0 */
    SLEEP,         /* the same, for clock_nanosleep: unless the time is absolute */
    FUTEX,         /* the same, for futex: if the operation counts from now */
    RECEIVE_LIMIT, /* the timeout that its socket has */
    SEND_LIMIT,
};

/* Calls that report EINTR when they are stopped, and calls that the kernel continues. (ppoll,
 * pselect and select store the remaining time themselves. All other calls wait for an absolute time
 * or for ever, and the kernel makes them again.) */
static const struct call {
    long nr;
    enum form form;
    int argument;
    long timed_out; /* the result when the time is over */
} calls[] = {
#ifdef SYS_poll
    {SYS_poll, MILLISECONDS, 2, 0},
    {SYS_epoll_wait, MILLISECONDS, 3, 0},
#endif
    {SYS_nanosleep, TIMESPEC, 0, 0},
    {SYS_clock_nanosleep, SLEEP, 2, 0},
    {SYS_futex, FUTEX, 3, -ETIMEDOUT},
    {SYS_epoll_pwait, MILLISECONDS, 3, 0},
    {SYS_epoll_pwait2, TIMESPEC, 3, 0},
    {SYS_rt_sigtimedwait, TIMESPEC, 2, -EAGAIN},
    {SYS_semtimedop, TIMESPEC, 3, -EAGAIN},
    {SYS_io_getevents, TIMESPEC, 4, 0},
    {SYS_io_pgetevents, TIMESPEC, 4, 0},
    {SYS_read, RECEIVE_LIMIT, NO_ARGUMENT, -EAGAIN},
    {SYS_readv, RECEIVE_LIMIT, NO_ARGUMENT, -EAGAIN},
    {SYS_recvfrom, RECEIVE_LIMIT, NO_ARGUMENT, -EAGAIN},
    {SYS_recvmsg, RECEIVE_LIMIT, NO_ARGUMENT, -EAGAIN},
    {SYS_accept, RECEIVE_LIMIT, NO_ARGUMENT, -EAGAIN},
    {SYS_accept4, RECEIVE_LIMIT, NO_ARGUMENT, -EAGAIN},
    {SYS_write, SEND_LIMIT, NO_ARGUMENT, -EAGAIN},
    {SYS_writev, SEND_LIMIT, NO_ARGUMENT, -EAGAIN},
    {SYS_sendto, SEND_LIMIT, NO_ARGUMENT, -EAGAIN},
    {SYS_sendmsg, SEND_LIMIT, NO_ARGUMENT, -EAGAIN},
};

static const struct call *find_call(long nr)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (calls[i].nr == nr)
            return &calls[i];
    return NULL;
}

int wait_timeout_argument(long nr)
{
    const struct call *call = find_call(nr);
    return call ? call->argument : NO_ARGUMENT;
}

bool wait_is_in_milliseconds(long nr)
{
    const struct call *call = find_call(nr);
    return call && call->form == MILLISECONDS;
}

bool wait_is_continued(long nr)
{
#ifdef SYS_poll
    if (nr == SYS_poll)
        return true;
#endif
    return nr == SYS_nanosleep || nr == SYS_clock_nanosleep || nr == SYS_futex;
}

uint64_t wait_timeout_asked(const struct wait *wait)
{
    int argument = wait_timeout_argument(wait->call);
    return argument < 0 ? 0 : cpu_argument(&wait->asked, argument);
}

int64_t wait_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SECOND + now.tv_nsec;
}

static int64_t nanoseconds(int64_t seconds, int64_t rest)
{
    return seconds < 0 || seconds >= WAIT_FOREVER / SECOND - 1 ? WAIT_FOREVER
                                                               : seconds * SECOND + rest;
}

static int64_t timespec_at(pid_t tid, uint64_t address)
{
    int64_t words[2];
    for (size_t i = 0; address != 0 && i < 2; i++) {
        errno = 0;
        words[i] = ptrace(PTRACE_PEEKDATA, tid, address + i * sizeof *words, NULL);
        if (errno != 0)
            address = 0; /* the call will fail by itself with EFAULT */
    }
    return address ? nanoseconds(words[0], words[1]) : WAIT_FOREVER;
}

static int64_t socket_limit(pid_t pid, int fd, int option)
{
    struct timeval limit = {0};
    socklen_t len = sizeof limit;
    auto_close int process = (int)syscall(SYS_pidfd_open, pid, 0);
    auto_close int copy = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, fd, 0);
    if (copy < 0 || getsockopt(copy, SOL_SOCKET, option, &limit, &len) < 0 ||
        (limit.tv_sec == 0 && limit.tv_usec == 0))
        return WAIT_FOREVER;
    return nanoseconds(limit.tv_sec, limit.tv_usec * 1000);
}

/* For how long the call was asked to wait. */
static int64_t limit_of(const struct call *call, pid_t pid, pid_t tid,
                        const struct cpu_registers *r)
{
    uint64_t value = call->argument < 0 ? 0 : cpu_argument(r, call->argument);
    switch (call->form) {
    case MILLISECONDS:
        return (int)value < 0 ? WAIT_FOREVER : nanoseconds(0, (int64_t)(int)value * 1000000);
    case SLEEP: {
        clockid_t clock = (clockid_t)cpu_argument(r, 0);
        bool of_time = clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC ||
                       clock == CLOCK_BOOTTIME || clock == CLOCK_TAI;
        return of_time && !(cpu_argument(r, 1) & TIMER_ABSTIME) ? timespec_at(tid, value)
                                                                : WAIT_FOREVER;
    }
    case FUTEX:
        return (cpu_argument(r, 1) & FUTEX_CMD_MASK) == FUTEX_WAIT ? timespec_at(tid, value)
                                                                   : WAIT_FOREVER;
    case RECEIVE_LIMIT:
        return socket_limit(pid, (int)cpu_argument(r, 0), SO_RCVTIMEO);
    case SEND_LIMIT:
        return socket_limit(pid, (int)cpu_argument(r, 0), SO_SNDTIMEO);
    default:
        return timespec_at(tid, value);
    }
}

void waits_free(struct waits *w)
{
    free(w->list);
    free(w->stuck);
    *w = (struct waits){0};
}

static struct wait *find(const struct waits *w, pid_t tid)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->list[i].tid == tid)
            return &w->list[i];
    return NULL;
}

/* Finds the entry of a thread; makes it if there is none. */
static int enter(struct waits *w, pid_t tid, struct wait **out, cairn_error *err)
{
    *out = find(w, tid);
    if (*out)
        return 0;
    struct wait *grown = realloc(w->list, (w->count + 1) * sizeof *grown);
    if (!grown)
        return cairn_fail(err, ENOMEM, "out of memory noting what thread %d waits for", tid);
    w->list = grown;
    *out = &grown[w->count++];
    return 0;
}

void waits_begin(struct waits *w)
{
    for (size_t i = 0; i < w->count; i++)
        w->list[i].seen = false;
}

void waits_settle(struct waits *w)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->count; i++)
        if (w->list[i].seen)
            w->list[kept++] = w->list[i];
    w->count = kept;
}

static uint64_t switches_of(pid_t tid)
{
    struct proc_status status;
    return proc_read_status(tid, tid, &status, NULL) == 0 ? status.voluntary_switches : 0;
}

/* Whether the thread is still in the call of the last stop. A call that the kernel has continued
 * shows that itself, as does a call repeated with a shorter timeout. Otherwise the thread may only
 * have gone to sleep in the call and into this stop, which its context switches show. */
static bool is_same(const struct wait *known, const struct cpu_registers *r,
                    enum cpu_interruption how)
{
    if (!known)
        return false;
    struct cpu_registers shows = known->asked;
    int argument = wait_timeout_argument(known->call);
    if (argument >= 0)
        cpu_set_argument(&shows, argument, known->shown);
    if (!cpu_same_call(&shows, r))
        return false;
    if (how == CPU_CALL_CONTINUES && cpu_call(r) == SYS_restart_syscall)
        return true;
    if (cpu_call(r) != known->call)
        return false;
    if (how == CPU_CALL_INTERRUPTED && known->shown != wait_timeout_asked(known))
        return true;
    uint64_t switches = switches_of(known->tid) - known->switches;
    return switches == 1 || (switches == 2 && how == CPU_CALL_INTERRUPTED);
}

int waits_note(struct waits *w, pid_t pid, pid_t tid, cairn_error *err)
{
    struct cpu_registers r;
    int rc = cpu_get_registers(tid, &r, err);
    if (rc != 0)
        return rc == -ESRCH ? 0 : rc; /* killed while stopped */
    enum cpu_interruption how = cpu_interruption(&r);
    if (how == CPU_NOT_IN_CALL)
        return 0;
    struct wait *wait = find(w, tid);
    if (is_same(wait, &r, how)) {
        wait->seen = true;
        return 0;
    }
    if (how == CPU_CALL_MADE_AGAIN)
        return 0; /* continued by the kernel, for as long as the program asked */
    long nr = cpu_call(&r);
    if (nr == SYS_restart_syscall)
        nr = cpu_call_before_restart(tid, &r);
    const struct call *call = find_call(nr);
    int64_t limit = call ? limit_of(call, pid, tid, &r) : WAIT_FOREVER;
    if (how == CPU_CALL_INTERRUPTED && limit == WAIT_FOREVER)
        return 0;
    rc = enter(w, tid, &wait, err);
    if (rc != 0)
        return rc;
    int64_t now = wait_clock_ns();
    *wait = (struct wait){
        .tid = tid,
        .call = call ? nr : WAIT_UNKNOWN,
        .asked = r,
        .shown = call && call->argument >= 0 ? cpu_argument(&r, call->argument) : 0,
        .deadline = limit < WAIT_FOREVER - now ? now + limit : WAIT_FOREVER,
        .seen = true,
    };
    return 0;
}

/* Makes the call again for the rest of its time, if a register holds the time. Otherwise makes it
 * with the whole time; the first stop after the deadline ends it. */
static void go_on(const struct wait *wait, struct cpu_registers *r)
{
    const struct call *call = find_call(wait->call);
    int64_t left = wait->deadline - wait_clock_ns();
    if (left <= 0) {
        if (call->argument >= 0)
            cpu_set_argument(r, call->argument, wait_timeout_asked(wait));
        cpu_end_call(r, call->timed_out);
        return;
    }
    cpu_make_again(r, wait->call);
    if (call->form != MILLISECONDS)
        return;
    uint64_t asked = wait_timeout_asked(wait), rounded = ((uint64_t)left + 999999) / 1000000;
    cpu_set_argument(r, call->argument, rounded < asked ? rounded : asked);
}

void waits_release(struct waits *w, pid_t tid)
{
    struct cpu_registers r;
    enum cpu_interruption how;
    if (cpu_get_registers(tid, &r, NULL) != 0 || (how = cpu_interruption(&r)) == CPU_NOT_IN_CALL)
        return;
    struct wait *wait = find(w, tid);
    if (wait && !wait->seen)
        wait = NULL;
    if (wait && how != CPU_CALL_CONTINUES) {
        go_on(wait, &r);
        if (wait_timeout_argument(wait->call) >= 0)
            wait->shown = cpu_argument(&r, wait_timeout_argument(wait->call));
    } else if (how == CPU_CALL_INTERRUPTED) {
        cpu_make_again(&r, cpu_call(&r));
    }
    if (wait)
        wait->switches = switches_of(tid);
    (void)!cpu_set_registers(tid, &r, NULL); /* fails only for a thread that has been killed */
}

int waits_image(const struct waits *w, pid_t tid, struct cpu_registers *r, const struct wait **out,
                cairn_error *err)
{
    *out = NULL;
    enum cpu_interruption how = cpu_interruption(r);
    if (how == CPU_NOT_IN_CALL)
        return 0;
    const struct wait *wait = find(w, tid);
    if (how == CPU_CALL_CONTINUES && (!wait || wait->call == WAIT_UNKNOWN))
        return cairn_fail(
            err, CAIRN_EBUSY_TREE,
            "thread %d waits in a call that it continued after another process had stopped it; "
            "which call that is cannot be told until it ends",
            tid);
    if (wait && wait->deadline != WAIT_FOREVER)
        *out = wait;
    if (how == CPU_CALL_CONTINUES || (how == CPU_CALL_INTERRUPTED && !wait))
        cpu_make_again(r, wait ? wait->call : cpu_call(r));
    else if (wait)
        go_on(wait, r);
    return 0;
}

int waits_add(struct waits *w, pid_t tid, const struct cpu_registers *shows, uint64_t timeout,
              int64_t deadline, cairn_error *err)
{
    struct wait *wait;
    int rc = enter(w, tid, &wait, err);
    if (rc != 0)
        return rc;
    *wait = (struct wait){.tid = tid,
                          .call = cpu_call(shows),
                          .asked = *shows,
                          .deadline = deadline,
                          .switches = switches_of(tid)};
    int argument = wait_timeout_argument(wait->call);
    if (argument >= 0) {
        wait->shown = cpu_argument(shows, argument);
        cpu_set_argument(&wait->asked, argument, timeout);
    }
    return 0;
}
