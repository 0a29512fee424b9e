/* System calls in flight: none of them may notice anything but time passing. */
#include "victim.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t sleeper;

static pid_t own_tid(void)
{
    return (pid_t)syscall(SYS_gettid);
}

/* Runs `body` in a thread, has it captured inside of the call `nr`, then calls `wake`, if any, and
 * awaits its end. */
static void in_flight(void *(*body)(void *), long nr, void (*wake)(void))
{
    pthread_t thread;
    sleeper = 0;
    require(pthread_create(&thread, NULL, body, NULL) == 0);
    while (__atomic_load_n(&sleeper, __ATOMIC_ACQUIRE) == 0)
        sched_yield();
    await_syscall(sleeper, nr);
    checkpoint_here();
    if (wake)
        wake();
    require(pthread_join(thread, NULL) == 0);
}

static void say_tid(void)
{
    __atomic_store_n(&sleeper, own_tid(), __ATOMIC_RELEASE);
}

#define SLEEP_MS 700
static const struct timespec sleep_time = {SLEEP_MS / 1000, SLEEP_MS % 1000 * 1000000};
static int64_t began;

/* A sleep may take as long as a busy machine likes, but not return early; nor, where what is left
 * of it can be known, be slept twice. */
static void require_slept(void)
{
    require(monotonic_ms() - began >= SLEEP_MS);
}

static void *in_nanosleep(void *unused)
{
    struct timespec left;
    began = monotonic_ms();
    say_tid();
    require(syscall(SYS_nanosleep, &sleep_time, &left) == 0);
    require_slept();
    return unused;
}
VICTIM(sleeps_with_nanosleep)
{
    in_flight(in_nanosleep, SYS_nanosleep, NULL);
}

static void *in_nanosleep_without_rest(void *unused)
{
    began = monotonic_ms();
    say_tid();
    require(syscall(SYS_nanosleep, &sleep_time, NULL) == 0);
    require_slept();
    return unused;
}
VICTIM(sleeps_without_asking_for_the_rest)
{
    in_flight(in_nanosleep_without_rest, SYS_nanosleep, NULL);
}

static void *in_absolute_sleep(void *unused)
{
    struct timespec until;
    began = monotonic_ms();
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += SLEEP_MS / 1000;
    until.tv_nsec += SLEEP_MS % 1000 * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    say_tid();
    require(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == 0);
    require_slept();
    return unused;
}
VICTIM(sleeps_until_an_absolute_time)
{
    in_flight(in_absolute_sleep, SYS_clock_nanosleep, NULL);
}

static int pair[2];
static void write_pair(void)
{
    require(write(pair[1], "x", 1) == 1);
}

static void *in_poll(void *unused)
{
    struct pollfd fd = {pair[0], POLLIN, 0};
    say_tid();
    require(poll(&fd, 1, -1) == 1 && fd.revents == POLLIN);
    return unused;
}
VICTIM(polls_for_ever)
{
    need(pipe(pair));
    in_flight(in_poll, SYS_poll, write_pair);
}

static void *in_poll_timeout(void *unused)
{
    struct pollfd fd = {pair[0], POLLIN, 0};
    began = monotonic_ms();
    say_tid();
    require(poll(&fd, 1, SLEEP_MS) == 0);
    require_slept();
    return unused;
}
VICTIM(polls_with_a_timeout)
{
    need(pipe(pair));
    in_flight(in_poll_timeout, SYS_poll, NULL);
}

static void *in_select(void *unused)
{
    struct timeval timeout = {SLEEP_MS / 1000, SLEEP_MS % 1000 * 1000};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(pair[0], &set);
    began = monotonic_ms();
    say_tid();
    require(syscall(SYS_select, pair[0] + 1, &set, NULL, NULL, &timeout) == 0);
    require_slept();
    return unused;
}
VICTIM(selects_with_a_timeout)
{
    need(pipe(pair));
    in_flight(in_select, SYS_select, NULL);
}

static int epoll;
static void *in_epoll(void *unused)
{
    struct epoll_event event;
    say_tid();
    require(epoll_wait(epoll, &event, 1, -1) == 1 && event.data.u64 == 0x1122334455667788);
    return unused;
}
VICTIM(waits_on_epoll)
{
    need(pipe(pair));
    epoll = (int)need(epoll_create1(0));
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0x1122334455667788};
    need(epoll_ctl(epoll, EPOLL_CTL_ADD, pair[0], &event));
    in_flight(in_epoll, SYS_epoll_wait, write_pair);
}

static void *in_epoll_timeout(void *unused)
{
    struct epoll_event event;
    began = monotonic_ms();
    say_tid();
    require(epoll_wait(epoll, &event, 1, SLEEP_MS) == 0);
    require_slept();
    return unused;
}
VICTIM(waits_on_epoll_with_a_timeout)
{
    epoll = (int)need(epoll_create1(0));
    in_flight(in_epoll_timeout, SYS_epoll_wait, NULL);
}

static uint32_t futex_word;
static void wake_futex(void)
{
    __atomic_store_n(&futex_word, 1, __ATOMIC_RELEASE);
    need(syscall(SYS_futex, &futex_word, FUTEX_WAKE, 1));
}

static void *in_futex(void *unused)
{
    say_tid();
    /* Whoever was not asleep again when the word changed sees that at once, which is as good. */
    require(syscall(SYS_futex, &futex_word, FUTEX_WAIT, 0, NULL) == 0 || errno == EAGAIN);
    require(futex_word == 1);
    return unused;
}
VICTIM(waits_on_a_futex)
{
    in_flight(in_futex, SYS_futex, wake_futex);
}

static void *in_futex_timeout(void *unused)
{
    began = monotonic_ms();
    say_tid();
    require(syscall(SYS_futex, &futex_word, FUTEX_WAIT, 0, &sleep_time) == -1 &&
            errno == ETIMEDOUT);
    require_slept();
    return unused;
}
VICTIM(waits_on_a_futex_with_a_timeout)
{
    in_flight(in_futex_timeout, SYS_futex, NULL);
}

static void *in_condition(void *unused)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    struct timespec until;
    began = monotonic_ms();
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 2;
    pthread_mutex_lock(&mutex);
    say_tid();
    require(pthread_cond_timedwait(&condition, &mutex, &until) == ETIMEDOUT);
    pthread_mutex_unlock(&mutex);
    return unused;
}
VICTIM(waits_for_a_condition_until_a_time_of_day)
{
    in_flight(in_condition, SYS_futex, NULL);
}

static void *in_pipe_read(void *unused)
{
    char byte;
    say_tid();
    require(read(pair[0], &byte, 1) == 1 && byte == 'x');
    return unused;
}
VICTIM(reads_an_empty_pipe)
{
    need(pipe(pair));
    in_flight(in_pipe_read, SYS_read, write_pair);
}

static char page[4096];
static void *in_pipe_write(void *unused)
{
    fill_pattern(page, sizeof page, 7);
    say_tid();
    require(write(pair[1], page, sizeof page) == sizeof page);
    return unused;
}
static size_t filled;
static void drain_pipe(void)
{
    char other[4096];
    for (; filled > 0; filled -= sizeof other) {
        require(read(pair[0], other, sizeof other) == sizeof other);
        require(has_pattern(other, sizeof other, 8));
    }
    require(read(pair[0], other, sizeof other) == sizeof other && has_pattern(other, 4096, 7));
}
VICTIM(writes_to_a_full_pipe)
{
    need(pipe(pair));
    fill_pattern(page, sizeof page, 8);
    need(fcntl(pair[1], F_SETFL, O_NONBLOCK));
    while (write(pair[1], page, sizeof page) == sizeof page)
        filled += sizeof page;
    require(errno == EAGAIN);
    need(fcntl(pair[1], F_SETFL, 0));
    in_flight(in_pipe_write, SYS_write, drain_pipe);
}

static pid_t child;
static void *in_wait(void *unused)
{
    int status;
    say_tid();
    require(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7);
    return unused;
}
VICTIM(waits_for_a_child)
{
    need(pipe(pair));
    child = fork();
    if (child == 0) {
        char byte;
        _exit(read(pair[0], &byte, 1) == 1 ? 7 : 8);
    }
    in_flight(in_wait, SYS_wait4, write_pair);
}

static volatile sig_atomic_t handled;
static void handle(int signo)
{
    handled = signo;
}
static void kick(void)
{
    need(syscall(SYS_tgkill, getpid(), sleeper, SIGUSR1));
}

static void *in_pause(void *unused)
{
    say_tid();
    require(pause() == -1 && errno == EINTR && handled == SIGUSR1);
    return unused;
}
VICTIM(pauses_until_a_signal)
{
    signal(SIGUSR1, handle);
    in_flight(in_pause, SYS_pause, kick);
}

static void *in_sigsuspend(void *unused)
{
    sigset_t none, blocked, after;
    sigemptyset(&none);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigaddset(&blocked, SIGUSR2);
    pthread_sigmask(SIG_SETMASK, &blocked, NULL);
    say_tid();
    require(sigsuspend(&none) == -1 && errno == EINTR && handled == SIGUSR1);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    require(sigismember(&after, SIGUSR1) && sigismember(&after, SIGUSR2));
    require(!sigismember(&after, SIGHUP));
    return unused;
}
VICTIM(suspends_until_a_signal)
{
    signal(SIGUSR1, handle);
    in_flight(in_sigsuspend, SYS_rt_sigsuspend, kick);
}

static void *in_sigtimedwait(void *unused)
{
    sigset_t set;
    siginfo_t info;
    struct timespec long_time = {3600, 0};
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    say_tid();
    require(sigtimedwait(&set, &info, &long_time) == SIGUSR1);
    return unused;
}
VICTIM(waits_for_a_signal_with_a_timeout)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    in_flight(in_sigtimedwait, SYS_rt_sigtimedwait, kick);
}

static void *in_eventfd(void *unused)
{
    uint64_t value;
    say_tid();
    require(read(pair[0], &value, 8) == 8 && value == 5);
    return unused;
}
static void write_eventfd(void)
{
    uint64_t value = 5;
    require(write(pair[0], &value, 8) == 8);
}
VICTIM(reads_an_empty_eventfd)
{
    pair[0] = (int)need(eventfd(0, 0));
    in_flight(in_eventfd, SYS_read, write_eventfd);
}

static void *in_recv_timeout(void *unused)
{
    char byte;
    say_tid();
    require(recv(pair[0], &byte, 1, 0) == 1 && byte == 'x');
    return unused;
}
VICTIM(receives_with_a_timeout)
{
    struct timeval timeout = {3600, 0};
    need(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    need(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout));
    in_flight(in_recv_timeout, SYS_recvfrom, write_pair);
}
