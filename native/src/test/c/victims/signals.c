/* Signals and timers: masks, actions, stacks, what is pending, and what will come. */
#include "victim.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SA_RESTORER 0x04000000 /* libc lets its own flag be seen */

static volatile sig_atomic_t calls;
static volatile struct {
    int signo, code, value;
    pid_t pid;
    uid_t uid;
} last;
static void *volatile stack_in_handler;

static void note(int signo, siginfo_t *info, void *context)
{
    (void)signo;
    (void)context;
    calls++;
    last.signo = info->si_signo;
    last.code = info->si_code;
    last.value = info->si_value.sival_int;
    last.pid = info->si_pid;
    last.uid = info->si_uid;
    stack_in_handler = __builtin_frame_address(0);
}

static void handle_with(int signo, int flags, int also_blocked)
{
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | flags};
    sigemptyset(&action.sa_mask);
    if (also_blocked)
        sigaddset(&action.sa_mask, also_blocked);
    need(sigaction(signo, &action, NULL));
}

static void block(int signo, bool on)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signo);
    require(pthread_sigmask(on ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL) == 0);
}

VICTIM(keeps_signal_actions_and_masks)
{
    struct sigaction action;
    handle_with(SIGUSR1, SA_RESTART | SA_NODEFER, SIGUSR2);
    handle_with(SIGRTMIN + 3, SA_RESETHAND, SIGTERM);
    signal(SIGPIPE, SIG_IGN);
    block(SIGINT, true);
    block(SIGRTMAX, true);
    checkpoint_here();
    need(sigaction(SIGUSR1, NULL, &action));
    require(action.sa_sigaction == note &&
            (action.sa_flags & ~SA_RESTORER) == (SA_SIGINFO | SA_RESTART | SA_NODEFER));
    require(sigismember(&action.sa_mask, SIGUSR2) && !sigismember(&action.sa_mask, SIGTERM));
    need(sigaction(SIGRTMIN + 3, NULL, &action));
    require((action.sa_flags & SA_RESETHAND) && sigismember(&action.sa_mask, SIGTERM));
    need(sigaction(SIGPIPE, NULL, &action));
    require(action.sa_handler == SIG_IGN);
    need(sigaction(SIGTERM, NULL, &action));
    require(action.sa_handler == SIG_DFL);
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    for (int signo = 1; signo <= SIGRTMAX; signo++)
        if (signo < 32 || signo >= SIGRTMIN)
            require(sigismember(&mask, signo) == (signo == SIGINT || signo == SIGRTMAX));
    need(raise(SIGUSR1));
    require(calls == 1);
}

VICTIM(keeps_the_alternate_stack)
{
    size_t size = 64 << 10;
    stack_t stack = {.ss_sp = malloc(size), .ss_size = size}, now;
    need(sigaltstack(&stack, NULL));
    handle_with(SIGUSR1, SA_ONSTACK, 0);
    checkpoint_here();
    need(sigaltstack(NULL, &now));
    require(now.ss_sp == stack.ss_sp && now.ss_size == size && now.ss_flags == 0);
    need(raise(SIGUSR1));
    require((char *)stack_in_handler > (char *)stack.ss_sp &&
            (char *)stack_in_handler < (char *)stack.ss_sp + size);
}

static void checkpoint_in_handler(int signo)
{
    (void)signo;
    checkpoint_here();
    calls++;
}
VICTIM(is_captured_inside_of_a_handler_on_its_alternate_stack)
{
    size_t size = 64 << 10;
    stack_t stack = {.ss_sp = malloc(size), .ss_size = size}, now;
    need(sigaltstack(&stack, NULL));
    struct sigaction action = {.sa_handler = checkpoint_in_handler, .sa_flags = SA_ONSTACK};
    need(sigaction(SIGUSR1, &action, NULL));
    volatile double before = 1.0 / 3;
    need(raise(SIGUSR1));
    require(calls == 1 && before == 1.0 / 3);
    need(sigaltstack(NULL, &now));
    require(now.ss_sp == stack.ss_sp && now.ss_flags == 0);
}

VICTIM(keeps_pending_signals_with_their_values)
{
    for (int signo = 0; signo < 2; signo++) {
        handle_with(SIGUSR1 + (signo ? SIGUSR2 - SIGUSR1 : 0), 0, 0);
        block(signo ? SIGUSR2 : SIGUSR1, true);
    }
    handle_with(SIGRTMIN, 0, 0);
    block(SIGRTMIN, true);
    need(kill(getpid(), SIGUSR1));                          /* of the process */
    need(syscall(SYS_tgkill, getpid(), gettid(), SIGUSR2)); /* of the thread */
    for (int i = 0; i < 5; i++)
        need(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 100 + i}));
    checkpoint_here();
    require(calls == 0);
    sigset_t pending;
    sigpending(&pending);
    require(sigismember(&pending, SIGUSR1) && sigismember(&pending, SIGUSR2));
    block(SIGUSR1, false);
    require(calls == 1 && last.signo == SIGUSR1 && last.code == SI_USER && last.pid == getpid() &&
            last.uid == getuid());
    block(SIGUSR2, false);
    require(calls == 2 && last.signo == SIGUSR2 && last.code == SI_TKILL);
    sigset_t queued;
    sigemptyset(&queued);
    sigaddset(&queued, SIGRTMIN);
    for (int i = 0; i < 5; i++) {
        siginfo_t info;
        require(sigwaitinfo(&queued, &info) == SIGRTMIN);
        require(info.si_value.sival_int == 100 + i && info.si_code == SI_QUEUE &&
                info.si_pid == getpid());
    }
    sigpending(&pending);
    require(sigisemptyset(&pending));
}

VICTIM(keeps_a_pending_signal_of_a_child)
{
    block(SIGCHLD, true);
    pid_t child = fork();
    if (child == 0)
        _exit(3);
    siginfo_t info;
    need(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT));
    checkpoint_here();
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    struct timespec none = {0, 0};
    require(sigtimedwait(&set, &info, &none) == SIGCHLD);
    require(info.si_pid == child && info.si_status == 3 && info.si_code == CLD_EXITED);
    require(sigtimedwait(&set, &info, &none) == -1 && errno == EAGAIN);
}

/* Until a handler has run so often; no signal can slip in between the test and the sleep. */
static void await_calls(int signo, int wanted)
{
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, signo);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    while (calls < wanted)
        sigsuspend(&before);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

VICTIM(keeps_an_interval_timer)
{
    handle_with(SIGALRM, SA_RESTART, 0);
    struct itimerval times = {{0, 50000}, {3000, 0}}, now;
    need(setitimer(ITIMER_REAL, &times, NULL));
    struct itimerval of_cpu = {{5, 0}, {5000, 0}};
    need(setitimer(ITIMER_VIRTUAL, &of_cpu, NULL));
    checkpoint_here();
    need(getitimer(ITIMER_REAL, &now));
    require(now.it_interval.tv_usec == 50000 && now.it_value.tv_sec > 2900 &&
            now.it_value.tv_sec <= 3000);
    need(getitimer(ITIMER_VIRTUAL, &now));
    require(now.it_interval.tv_sec == 5 && now.it_value.tv_sec > 4900);
    times.it_value = (struct timeval){0, 1000};
    need(setitimer(ITIMER_REAL, &times, NULL));
    await_calls(SIGALRM, 3);
}

VICTIM(hears_an_interval_timer_go_on)
{
    handle_with(SIGALRM, SA_RESTART, 0);
    struct itimerval times = {{0, 20000}, {0, 20000}};
    need(setitimer(ITIMER_REAL, &times, NULL));
    checkpoint_here();
    int before = calls;
    await_calls(SIGALRM, before + 3);
}

VICTIM(keeps_posix_timers_under_their_numbers)
{
    handle_with(SIGRTMIN + 1, 0, 0);
    timer_t ids[4];
    for (int i = 0; i < 4; i++) {
        struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                                 .sigev_signo = SIGRTMIN + 1,
                                 .sigev_value.sival_int = 40 + i};
        if (i == 2)
            event.sigev_notify = SIGEV_NONE;
        if (i == 3) {
            event.sigev_notify = SIGEV_THREAD_ID;
            event._sigev_un._tid = gettid();
        }
        need(timer_create(i == 2 ? CLOCK_REALTIME : CLOCK_MONOTONIC, &event, &ids[i]));
    }
    need(timer_delete(ids[0])); /* a gap in the numbers */
    struct itimerspec far = {{7, 0}, {5000, 0}}, soon = {{0, 0}, {0, 1}}, now;
    for (int i = 1; i < 4; i++)
        need(timer_settime(ids[i], 0, &far, NULL));
    checkpoint_here();
    for (int i = 1; i < 4; i++) {
        need(timer_gettime(ids[i], &now));
        require(now.it_interval.tv_sec == 7 && now.it_value.tv_sec > 4900 &&
                now.it_value.tv_sec <= 5000);
    }
    require(timer_gettime(ids[0], &now) == -1);
    need(timer_settime(ids[1], 0, &soon, NULL));
    await_calls(SIGRTMIN + 1, 1);
    require(last.code == SI_TIMER && last.value == 41);
    need(timer_settime(ids[3], 0, &soon, NULL));
    await_calls(SIGRTMIN + 1, 2);
    require(last.value == 43);
    timer_t further;
    need(timer_create(CLOCK_MONOTONIC, NULL, &further));
}

static void set_flag(union sigval value)
{
    __atomic_store_n((int *)value.sival_ptr, 1, __ATOMIC_RELEASE);
}
VICTIM(keeps_a_timer_that_starts_threads)
{
    static int flag;
    timer_t id;
    struct sigevent event = {.sigev_notify = SIGEV_THREAD,
                             .sigev_notify_function = set_flag,
                             .sigev_value.sival_ptr = &flag};
    need(timer_create(CLOCK_MONOTONIC, &event, &id));
    checkpoint_here();
    struct itimerspec soon = {{0, 0}, {0, 1000000}};
    need(timer_settime(id, 0, &soon, NULL));
    while (!__atomic_load_n(&flag, __ATOMIC_ACQUIRE))
        sched_yield();
}

/* A signal that came in the instant before the capture still interrupts the call that it found. */
static int interrupted;
static void *suspended(void *tid)
{
    sigset_t none;
    sigemptyset(&none);
    block(SIGUSR1, true);
    __atomic_store_n((pid_t *)tid, gettid(), __ATOMIC_RELEASE);
    require(sigsuspend(&none) == -1 && errno == EINTR);
    __atomic_store_n(&interrupted, 1, __ATOMIC_RELEASE);
    return NULL;
}
VICTIM(is_interrupted_by_a_signal_in_the_instant_of_the_capture)
{
    pthread_t thread;
    pid_t tid = 0;
    handle_with(SIGUSR1, 0, 0);
    require(pthread_create(&thread, NULL, suspended, &tid) == 0);
    while (!__atomic_load_n(&tid, __ATOMIC_ACQUIRE))
        sched_yield();
    await_syscall(tid, SYS_rt_sigsuspend);
    checkpoint_here();
    need(syscall(SYS_tgkill, getpid(), tid, SIGUSR1));
    pthread_join(thread, NULL);
    require(interrupted == 1 && calls == 1);
}

VICTIM(sees_its_clocks_go_on)
{
    static const clockid_t clocks[] = {CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_MONOTONIC_RAW,
                                       CLOCK_MONOTONIC_COARSE};
    struct timespec before[4], after;
    for (int i = 0; i < 4; i++)
        need(clock_gettime(clocks[i], &before[i]));
    checkpoint_here();
    for (int i = 0; i < 4; i++) {
        need(clock_gettime(clocks[i], &after));
        int64_t passed = (after.tv_sec - before[i].tv_sec) * 1000 +
                         (after.tv_nsec - before[i].tv_nsec) / 1000000;
        require(passed >= 0 && passed < 60000);
        need(syscall(SYS_clock_gettime, clocks[i], &before[i])); /* as the vdso says */
        passed = (before[i].tv_sec - after.tv_sec) * 1000 +
                 (before[i].tv_nsec - after.tv_nsec) / 1000000;
        require(passed >= -20 && passed < 10000);
    }
}
