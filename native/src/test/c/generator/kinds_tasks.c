/* What a process or a thread is set to. */
#include "generator.h"

#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/filter.h>
#include <linux/membarrier.h>
#include <linux/seccomp.h>
#include <mqueue.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <sys/wait.h>
#include <unistd.h>

#define PRCTL_KIND(name, ...)                 \
    KIND(name)                                \
    {                                         \
        note(o, "prctl", prctl(__VA_ARGS__)); \
    }

PRCTL_KIND(name_of_a_thread, PR_SET_NAME, chance(o, 50) ? "a b (c)" : "x)\n", 0, 0, 0)
PRCTL_KIND(death_signal, PR_SET_PDEATHSIG, 1 + (int)pick(o, 31), 0, 0, 0)
PRCTL_KIND(no_new_privileges, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
PRCTL_KIND(no_huge_pages, PR_SET_THP_DISABLE, 1, 0, 0, 0)
PRCTL_KIND(subreaper, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
PRCTL_KIND(timer_slack, PR_SET_TIMERSLACK, 1000 + pick(o, 100000), 0, 0, 0)
PRCTL_KIND(secure_bits, PR_SET_SECUREBITS, 1 << 4 /* SECBIT_KEEP_CAPS */, 0, 0, 0)
PRCTL_KIND(kept_capabilities, PR_SET_KEEPCAPS, 1, 0, 0, 0)
PRCTL_KIND(no_write_and_execute, 65 /* PR_SET_MDWE */, 1, 0, 0, 0)
PRCTL_KIND(merged_memory, 67 /* PR_SET_MEMORY_MERGE */, 1, 0, 0, 0)
PRCTL_KIND(no_time_stamp_counter, PR_SET_TSC, PR_TSC_ENABLE, 0, 0, 0)
PRCTL_KIND(machine_checks, PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0)
PRCTL_KIND(speculation, PR_SET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, PR_SPEC_DISABLE, 0, 0)
PRCTL_KIND(speculation_of_branches, PR_SET_SPECULATION_CTRL, PR_SPEC_INDIRECT_BRANCH,
           PR_SPEC_DISABLE, 0, 0)
PRCTL_KIND(core_scheduling, 62 /* PR_SCHED_CORE */, 1, 0, 0, 0)
PRCTL_KIND(io_flusher, PR_SET_IO_FLUSHER, 1, 0, 0, 0)
PRCTL_KIND(futex_slots, 78 /* PR_FUTEX_HASH */, 1, 16, 0, 0)

KIND(undumpable)
{
    note(o, "prctl", prctl(PR_SET_DUMPABLE, 0));
}

KIND(no_cpuid)
{
    note(o, "arch_prctl", syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0));
}

KIND(base_of_gs)
{
    note(o, "arch_prctl", syscall(SYS_arch_prctl, ARCH_SET_GS, 0x1000 + pick(o, 1000)));
}

KIND(another_personality)
{
    static const unsigned long flags[] = {READ_IMPLIES_EXEC, ADDR_COMPAT_LAYOUT,
                                          STICKY_TIMEOUTS,   MMAP_PAGE_ZERO,
                                          UNAME26,           WHOLE_SECONDS};
    note(o, "personality", personality(ADDR_NO_RANDOMIZE | flags[pick(o, 6)]));
}

static void *live_as(void *flags)
{
    personality((unsigned long)(uintptr_t)flags);
    for (;;)
        pause();
    return NULL;
}

/* A thread's own, while its process keeps what it has. */
KIND(thread_with_another_personality)
{
    pthread_t thread;
    note(o, "pthread_create",
         -pthread_create(&thread, NULL, live_as, (void *)(ADDR_NO_RANDOMIZE | WHOLE_SECONDS)));
    for (int i = 0; i < 1000; i++)
        sched_yield();
}

KIND(file_mode_mask)
{
    note(o, "umask", umask(pick(o, 512) & 0177));
}

KIND(niceness)
{
    note(o, "setpriority", setpriority(PRIO_PROCESS, 0, (int)pick(o, 20)));
}

KIND(scheduling)
{
    struct sched_param none = {0};
    note(o, "sched_setscheduler",
         sched_setscheduler(0,
                            (chance(o, 50) ? SCHED_BATCH : SCHED_IDLE) |
                                (chance(o, 50) ? SCHED_RESET_ON_FORK : 0),
                            &none));
}

KIND(time_slice)
{
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
        uint32_t least, most;
    } attributes = {.size = 56, .runtime = 1000000 + pick(o, 5) * 1000000, .flags = 0};
    note(o, "sched_setattr", syscall(SYS_sched_setattr, 0, &attributes, 0));
}

/* Which it cannot be given any more. */
KIND(idle_with_a_time_slice)
{
    struct sched_param none = {0};
    time_slice(o);
    note(o, "sched_setscheduler", sched_setscheduler(0, SCHED_IDLE, &none));
}

KIND(real_time_scheduling)
{
    struct sched_param priority = {1};
    note(o, "sched_setscheduler", sched_setscheduler(0, SCHED_RR, &priority));
}

KIND(affinity)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(pick(o, 2), &set);
    note(o, "sched_setaffinity", sched_setaffinity(0, sizeof set, &set));
}

KIND(io_priority)
{
    note(o, "ioprio_set", syscall(SYS_ioprio_set, 1, 0, (2 + pick(o, 2)) << 13 | pick(o, 8)));
}

KIND(limits)
{
    static const enum __rlimit_resource resources[] = {
        RLIMIT_CORE, RLIMIT_STACK,  RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE, RLIMIT_SIGPENDING,
        RLIMIT_NICE, RLIMIT_RTTIME, RLIMIT_LOCKS,   RLIMIT_RTPRIO};
    for (uint32_t i = 1 + pick(o, 3); i > 0; i--) {
        enum __rlimit_resource resource = resources[pick(o, 9)];
        struct rlimit limit;
        getrlimit(resource, &limit);
        if (limit.rlim_max > 9000000)
            limit.rlim_cur = 8400000 + pick(o, 500000);
        if (chance(o, 40))
            limit.rlim_max = limit.rlim_cur;
        note(o, "setrlimit", setrlimit(resource, &limit));
    }
}

static void write_proc(struct object *o, const char *name, const char *value)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/%s", name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    note(o, name, write(fd, value, strlen(value)));
    close(fd);
}

KIND(oom_score)
{
    write_proc(o, "oom_score_adj", chance(o, 50) ? "300" : "1000");
}

KIND(core_dump_filter)
{
    write_proc(o, "coredump_filter", "0x7f");
}

KIND(memory_policy)
{
    unsigned long nodes = 1;
    note(o, "set_mempolicy", syscall(SYS_set_mempolicy, 1 + pick(o, 3), &nodes, 8));
}

static void count_signal(int signo)
{
    (void)signo;
}

KIND(signal_handlers)
{
    for (uint32_t i = 1 + pick(o, 5); i > 0; i--) {
        struct sigaction action = {.sa_flags = 0};
        static const int flags[] = {SA_RESTART,   SA_NODEFER,   SA_ONSTACK,
                                    SA_RESETHAND, SA_NOCLDSTOP, SA_SIGINFO};
        action.sa_flags = flags[pick(o, 6)] | flags[pick(o, 6)];
        action.sa_handler = chance(o, 30) ? SIG_IGN : count_signal;
        sigaddset(&action.sa_mask, 1 + (int)pick(o, 64));
        static const int signals[] = {SIGUSR1,  SIGUSR2, SIGHUP,  SIGPIPE,
                                      SIGWINCH, SIGURG,  SIGTSTP, SIGTTOU};
        note(o, "sigaction",
             sigaction(chance(o, 50) ? signals[pick(o, 8)] : SIGRTMIN + (int)pick(o, 25), &action,
                       NULL));
    }
}

/* A signal to the process goes to any thread that does not block it, and then ends the process:
 * threads made later block what this one does, those made before do not. */
static bool is_the_only_thread(void)
{
    struct stat tasks; /* a link for each, besides its own two */
    return stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink == 3;
}

KIND(blocked_signals_that_wait)
{
    sigset_t set;
    sigemptyset(&set);
    int ordinary = SIGUSR1 + (int)pick(o, 2) * 2, real_time = SIGRTMIN + 5 + (int)pick(o, 20);
    sigaddset(&set, ordinary);
    sigaddset(&set, real_time);
    sigprocmask(SIG_BLOCK, &set, NULL);
    bool alone = is_the_only_thread();
    note(o, "kill", alone ? kill(getpid(), ordinary) : tgkill(getpid(), gettid(), ordinary));
    for (uint32_t i = pick(o, 5); alone && i > 0; i--)
        note(o, "sigqueue", sigqueue(getpid(), real_time, (union sigval){.sival_int = (int)i}));
    if (chance(o, 50))
        note(o, "tgkill", syscall(SYS_tgkill, getpid(), gettid(), real_time));
}

KIND(alternate_stack)
{
    static char stack[65536];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    note(o, "sigaltstack", sigaltstack(&alternate, NULL));
}

KIND(interval_timer)
{
    static const enum __itimer_which which[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};
    struct itimerval times = {{pick(o, 2) * 100, 500}, {5000 + pick(o, 100), 0}};
    note(o, "setitimer", setitimer(which[pick(o, 3)], &times, NULL));
}

KIND(posix_timer)
{
    static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC,
                                       CLOCK_BOOTTIME, CLOCK_PROCESS_CPUTIME_ID,
                                       CLOCK_TAI,      CLOCK_THREAD_CPUTIME_ID};
    timer_t id;
    struct sigevent event = {.sigev_notify = pick(o, 2) ? SIGEV_SIGNAL : SIGEV_NONE,
                             .sigev_signo = SIGRTMIN + 2};
    event.sigev_value.sival_int = (int)pick(o, 1000);
    struct itimerspec times = {{pick(o, 2) * 1000, 0}, {5000 + pick(o, 100), 0}};
    if (note(o, "timer_create", timer_create(clocks[pick(o, 6)], &event, &id)) == 0 &&
        chance(o, 80))
        note(o, "timer_settime", timer_settime(id, 0, &times, NULL));
}

KIND(timer_that_has_expired)
{
    timer_t id;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 4);
    sigprocmask(SIG_BLOCK, &set, NULL);
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 4};
    if (!is_the_only_thread()) {
        event.sigev_notify = SIGEV_THREAD_ID;
        event._sigev_un._tid = gettid();
    }
    struct itimerspec times = {{0, 0}, {0, 1}};
    note(o, "timer_create", timer_create(CLOCK_MONOTONIC, &event, &id));
    note(o, "timer_settime", timer_settime(id, 0, &times, NULL));
    for (sigset_t pending; sigpending(&pending) == 0 && !sigismember(&pending, SIGRTMIN + 4);)
        sched_yield();
}

KIND(memory_barriers)
{
    static const int commands[] = {MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
                                   MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED,
                                   MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE,
                                   MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ};
    note(o, "membarrier", syscall(SYS_membarrier, commands[pick(o, 4)], 0, 0));
}

/* Without that of PRIVATE_EXPEDITED. */
KIND(memory_barriers_of_cores)
{
    note(o, "membarrier",
         syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0));
}

KIND(working_folder)
{
    note(o, "mkdir", mkdir(name_of(o, "cwd"), 0700));
    note(o, "symlink", symlink("..", name_of(o, "cwd/up")));
    keep(o, open(name_of(o, "cwd"), O_RDONLY | O_DIRECTORY));
}

static void act_sysv_semaphores(struct object *o)
{
    struct sembuf both[] = {{0, 1, 0}, {1, (short)(chance(o, 50) ? 2 : -1), IPC_NOWAIT}};
    int id = (int)o->counts[0];
    note(o, "semop", semop(id, both, 2));
    say(o, "set %d values %d %d", id, semctl(id, 0, GETVAL), semctl(id, 1, GETVAL));
}
ACTING_KIND(sysv_semaphores)
{
    int id = semget(chance(o, 50) ? IPC_PRIVATE : (key_t)(o->node * 1000 + o->index + 1), 2,
                    IPC_CREAT | 0600);
    o->counts[0] = (uint64_t)id;
    struct sembuf up = {0, 3, 0};
    note(o, "semop", semop(id, &up, 1));
}

/* A child that has some of it undone when it ends. */
static void drain_sysv_semaphores_to_undo(struct object *o)
{
    int id = (int)o->counts[0];
    say(o, "before %d %d", semctl(id, 0, GETVAL), semctl(id, 1, GETVAL));
    kill(o->child, SIGKILL);
    waitpid(o->child, NULL, 0);
    say(o, "after %d %d", semctl(id, 0, GETVAL), semctl(id, 1, GETVAL));
}
ENDING_KIND(sysv_semaphores_to_undo)
{
    int id = semget(IPC_PRIVATE, 2, IPC_CREAT | 0600), ready[2];
    o->counts[0] = (uint64_t)id;
    struct sembuf changes[] = {{0, 5, 0},
                               {1, 7, 0},
                               {0, (short)-(int)(1 + pick(o, 5)), SEM_UNDO},
                               {1, (short)(1 + pick(o, 4)), SEM_UNDO}};
    note(o, "semop", semop(id, changes, 2));
    note(o, "pipe2", pipe2(ready, O_CLOEXEC));
    o->child = fork();
    if (o->child == 0) {
        semop(id, changes + 2, 2);
        close(ready[1]);
        for (;;)
            pause();
    }
    close(ready[1]);
    char nothing;
    while (read(ready[0], &nothing, 1) < 0 && errno == EINTR) {
    }
    close(ready[0]);
}

struct queued {
    long type;
    uint8_t bytes[400];
};

static void send_by_chance(struct object *o)
{
    struct queued message = {.type = 1 + (long)pick(o, 5)};
    size_t len = pick(o, 400);
    memcpy(message.bytes, bytes_of(o, (uint32_t)o->counts[1]++, len), len);
    note(o, "msgsnd", msgsnd((int)o->counts[0], &message, len, IPC_NOWAIT));
}

static ssize_t receive(struct object *o, long type)
{
    struct queued message = {0};
    ssize_t n = msgrcv((int)o->counts[0], &message, sizeof message.bytes, type, IPC_NOWAIT);
    note(o, "msgrcv", n);
    say(o, "received %zd type %ld %d", n, message.type, n > 0 ? message.bytes[n - 1] : 0);
    return n;
}

static void act_sysv_queue(struct object *o)
{
    send_by_chance(o);
    receive(o, (long)pick(o, 8) - 3);
}
static void drain_sysv_queue(struct object *o)
{
    while (receive(o, 0) >= 0) {
    }
}
KIND_(sysv_queue, act_sysv_queue, drain_sysv_queue)
{
    int id = msgget(chance(o, 50) ? IPC_PRIVATE : (key_t)(o->node * 1000 + o->index + 1),
                    IPC_CREAT | 0600);
    o->counts[0] = (uint64_t)id;
    for (uint32_t i = pick(o, 6); i > 0; i--)
        send_by_chance(o);
}

static ssize_t receive_posix(struct object *o)
{
    static char bytes[8192];
    unsigned priority = 0;
    ssize_t n = mq_receive((mqd_t)o->fds[0], bytes, sizeof bytes, &priority);
    note(o, "mq_receive", n);
    say(o, "received %zd priority %u %d", n, priority, n > 0 ? bytes[n - 1] : 0);
    return n;
}

static void send_posix(struct object *o)
{
    size_t len = pick(o, 300);
    note(o, "mq_send",
         mq_send((mqd_t)o->fds[0], (const char *)bytes_of(o, (uint32_t)o->counts[1]++, len), len,
                 pick(o, 4)));
}

static void act_posix_queue(struct object *o)
{
    send_posix(o);
    if (chance(o, 60))
        receive_posix(o);
}
static void drain_posix_queue(struct object *o)
{
    while (receive_posix(o) >= 0) {
    }
}
KIND_(posix_queue, act_posix_queue, drain_posix_queue)
{
    char name[64];
    struct mq_attr attr = {.mq_maxmsg = 5, .mq_msgsize = 8192 - pick(o, 1000)};
    snprintf(name, sizeof name, "/%s", name_of(o, "mq"));
    keep(o, (int)mq_open(name, O_CREAT | O_RDWR | O_NONBLOCK, 0600, &attr));
    if (chance(o, 50))
        keep(o, (int)mq_open(name, O_WRONLY));
    for (uint32_t i = pick(o, 5); i > 0; i--)
        send_posix(o);
    if (chance(o, 50))
        note(o, "mq_unlink", mq_unlink(name));
}

KIND(io_ring)
{
    uint8_t parameters[120] = {0};
    keep(o, (int)syscall(SYS_io_uring_setup, 4, parameters));
}

KIND(kernel_aio)
{
    aio_context_t context = 0;
    note(o, "io_setup", syscall(SYS_io_setup, 4, &context));
}

KIND(performance_counter)
{
    uint8_t attributes[128] = {1, 0, 0, 0, 128};
    keep(o, (int)syscall(SYS_perf_event_open, attributes, 0, -1, -1, 0));
}

KIND(system_call_filter)
{
    struct sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {1, allow};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    note(o, "seccomp", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}

KIND(landlocked)
{
    uint64_t handled = 1 << 12 /* LANDLOCK_ACCESS_FS_MAKE_SYM */;
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    int rules = (int)syscall(444, &handled, 8, 0);
    note(o, "landlock_restrict_self", syscall(446, rules, 0));
    close(rules);
}

KIND(robust_list)
{
    static struct {
        void *next;
        long offset;
        void *pending;
    } head;
    head.next = &head;
    note(o, "set_robust_list", syscall(SYS_set_robust_list, &head, sizeof head));
}

KIND(own_host_names)
{
    note(o, "unshare", unshare(geteuid() == 0 ? CLONE_NEWUTS : CLONE_NEWUSER | CLONE_NEWUTS));
}

KIND(own_user_namespace)
{
    note(o, "unshare", unshare(CLONE_NEWUSER));
}

KIND(own_network)
{
    note(o, "unshare", unshare(geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET));
}

KIND(own_mounts)
{
    note(o, "unshare", unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS));
}

KIND(own_ipc)
{
    note(o, "unshare", unshare(geteuid() == 0 ? CLONE_NEWIPC : CLONE_NEWUSER | CLONE_NEWIPC));
}

KIND(pid_namespace_for_children)
{
    note(o, "unshare", unshare(geteuid() == 0 ? CLONE_NEWPID : CLONE_NEWUSER | CLONE_NEWPID));
}

KIND(pseudo_terminal)
{
    int master = keep(o, posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK));
    grantpt(master);
    unlockpt(master);
    const char *slave = ptsname(master);
    if (slave)
        keep(o, open(slave, O_RDWR | O_NOCTTY | O_NONBLOCK));
    note(o, "write", write(master, "typed\n", 6));
}
