/* Calls that wait for a limited time: however often they are stopped, and in how many lives, they
 * end when that time is over, and not before. How much later may be, waits_test.c knows. */
#include "victim.h"

#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 2500

static const struct timespec limit = {WAIT_MS / 1000, WAIT_MS % 1000 * 1000000};
static int empty_pipe[2], quiet_epoll, quiet_pair[2];
static uint32_t never_woken;

static long wait_nanosleep(void)
{
    return syscall(SYS_nanosleep, &limit, NULL);
}

static long wait_nanosleep_with_rest(void)
{
    struct timespec time = limit;
    return syscall(SYS_nanosleep, &time, &time);
}

static long wait_clock_nanosleep(void)
{
    return syscall(SYS_clock_nanosleep, CLOCK_REALTIME, 0, &limit, NULL);
}

static long wait_poll(void)
{
    struct pollfd fd = {empty_pipe[0], POLLIN, 0};
    return syscall(SYS_poll, &fd, 1, WAIT_MS);
}

static long wait_ppoll(void)
{
    struct pollfd fd = {empty_pipe[0], POLLIN, 0};
    struct timespec time = limit;
    return syscall(SYS_ppoll, &fd, 1, &time, NULL, 8);
}

static long wait_select(void)
{
    struct timeval time = {WAIT_MS / 1000, WAIT_MS % 1000 * 1000};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(empty_pipe[0], &set);
    return syscall(SYS_select, empty_pipe[0] + 1, &set, NULL, NULL, &time);
}

static long wait_futex(void)
{
    return syscall(SYS_futex, &never_woken, FUTEX_WAIT, 0, &limit);
}

static long wait_epoll(void)
{
    struct epoll_event event;
    return syscall(SYS_epoll_wait, quiet_epoll, &event, 1, WAIT_MS);
}

static long wait_epoll_pwait(void)
{
    struct epoll_event event;
    return syscall(SYS_epoll_pwait, quiet_epoll, &event, 1, WAIT_MS, NULL, 8);
}

static long wait_epoll_pwait2(void)
{
    struct epoll_event event;
    return syscall(SYS_epoll_pwait2, quiet_epoll, &event, 1, &limit, NULL, 8);
}

static long wait_signal(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    return syscall(SYS_rt_sigtimedwait, &set, NULL, &limit, 8);
}

static long wait_receive(void)
{
    char byte;
    return recv(quiet_pair[0], &byte, 1, 0);
}

static struct waiter {
    const char *name;
    long (*wait)(void);
    long nr;
    int error; /* 0: the call returns 0 */
    pthread_t thread;
    pid_t tid;
    int64_t took;
    bool well;
} waiters[] = {
    {"nanosleep", wait_nanosleep, SYS_nanosleep, 0},
    {"nanosleep with rest", wait_nanosleep_with_rest, SYS_nanosleep, 0},
    {"clock_nanosleep", wait_clock_nanosleep, SYS_clock_nanosleep, 0},
    {"poll", wait_poll, SYS_poll, 0},
    {"ppoll", wait_ppoll, SYS_ppoll, 0},
    {"select", wait_select, SYS_select, 0},
    {"futex", wait_futex, SYS_futex, ETIMEDOUT},
    {"epoll_wait", wait_epoll, SYS_epoll_wait, 0},
    {"epoll_pwait", wait_epoll_pwait, SYS_epoll_pwait, 0},
    {"epoll_pwait2", wait_epoll_pwait2, SYS_epoll_pwait2, 0},
    {"rt_sigtimedwait", wait_signal, SYS_rt_sigtimedwait, EAGAIN},
    {"recv with SO_RCVTIMEO", wait_receive, SYS_recvfrom, EAGAIN},
};
#define WAITERS (sizeof waiters / sizeof *waiters)

static void *run_waiter(void *argument)
{
    struct waiter *w = argument;
    int64_t began = monotonic_ms();
    __atomic_store_n(&w->tid, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
    errno = 0;
    long result = w->wait();
    int error = errno;
    w->took = monotonic_ms() - began;
    w->well = result == (w->error ? -1 : 0) && error == w->error && w->took >= WAIT_MS;
    if (!w->well)
        printf("%s: %ld, %s, after %lld ms\n", w->name, result, strerror(error),
               (long long)w->took);
    return NULL;
}

VICTIM(waits_no_longer_than_it_asked_for)
{
    sigset_t set;
    struct timeval time = {WAIT_MS / 1000, WAIT_MS % 1000 * 1000};
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    need(pipe(empty_pipe));
    need(quiet_epoll = epoll_create1(0));
    need(socketpair(AF_UNIX, SOCK_STREAM, 0, quiet_pair));
    need(setsockopt(quiet_pair[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
    for (size_t i = 0; i < WAITERS; i++)
        require(pthread_create(&waiters[i].thread, NULL, run_waiter, &waiters[i]) == 0);
    for (size_t i = 0; i < WAITERS; i++) {
        while (__atomic_load_n(&waiters[i].tid, __ATOMIC_ACQUIRE) == 0)
            sched_yield();
        await_syscall(waiters[i].tid, waiters[i].nr);
    }
    checkpoint_here();
    bool well = true;
    int64_t longest = 0;
    for (size_t i = 0; i < WAITERS; i++) {
        require(pthread_join(waiters[i].thread, NULL) == 0);
        well &= waiters[i].well;
        longest = waiters[i].took > longest ? waiters[i].took : longest;
    }
    printf("waited for %lld ms\n", (long long)longest);
    fflush(stdout);
    require(well);
}

/* The kernel goes on with the sleep under another number: which call it was is to be found out. */
VICTIM(sleeps_on_after_somebody_has_stopped_it)
{
    int64_t began = monotonic_ms();
    int status;
    pid_t child = (pid_t)need(fork());
    if (child == 0)
        _exit(clock_nanosleep(CLOCK_MONOTONIC, 0, &limit, NULL) == 0 ? 4 : 5);
    await_syscall(child, SYS_clock_nanosleep);
    need(kill(child, SIGSTOP));
    require(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
    need(kill(child, SIGCONT));
    await_syscall(child, SYS_restart_syscall);
    checkpoint_here();
    require(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 4);
    require(monotonic_ms() - began >= WAIT_MS);
}
