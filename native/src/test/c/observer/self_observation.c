/* self-observation BEFORE AFTER [CHANGE]: observes itself, changes one thing (or nothing), and
 * observes itself again. Without arguments: lists the changes. */
#include "observer.h"

#include <fcntl.h>
#include <linux/membarrier.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static int pipes[2], unix_pair[2], udp, event, epoll, file, memory_fd;
static char *memory;
static pid_t child;

static void timer_slack(void)
{
    prctl(PR_SET_TIMERSLACK, 123456);
}
static void file_mode_mask(void)
{
    umask(017);
}
static void nice_value(void)
{
    setpriority(PRIO_PROCESS, 0, 7);
}
static void limit(void)
{
    const struct rlimit lower = {0, RLIM_INFINITY};
    setrlimit(RLIMIT_CORE, &lower);
    const struct rlimit files = {1000, 1000};
    setrlimit(RLIMIT_NOFILE, &files);
}
static void signal_action(void)
{
    signal(SIGUSR1, SIG_IGN);
}
static void pending_signal(void)
{
    raise(SIGUSR2);
}
static void interval_timer(void)
{
    const struct itimerval far = {{0, 0}, {5000, 0}};
    setitimer(ITIMER_REAL, &far, NULL);
}
static void byte_in_a_pipe(void)
{
    if (write(pipes[1], "x", 1) != 1)
        _exit(1);
}
static void size_of_a_pipe(void)
{
    fcntl(pipes[0], F_SETPIPE_SZ, 8192);
}
static void byte_in_a_socket(void)
{
    send(unix_pair[0], "x", 1, 0);
}
static void socket_option(void)
{
    const int on = 1;
    setsockopt(unix_pair[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
}
static void option_without_a_name(void)
{
    const int ttl = 77;
    setsockopt(udp, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl);
}
static void shutdown_of_a_socket(void)
{
    shutdown(unix_pair[1], SHUT_WR);
}
static void count_of_an_eventfd(void)
{
    eventfd_write(event, 3);
}
static void data_of_an_epoll(void)
{
    struct epoll_event watch = {.events = EPOLLIN, .data.u64 = 2};
    epoll_ctl(epoll, EPOLL_CTL_MOD, pipes[0], &watch);
}
static void position_of_a_file(void)
{
    lseek(file, 3, SEEK_SET);
}
static void lock_on_a_file(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10};
    fcntl(file, F_SETLK, &lock);
}
static void owner_of_a_descriptor(void)
{
    fcntl(pipes[0], F_SETOWN, getpid());
}
static void seal(void)
{
    fcntl(memory_fd, F_ADD_SEALS, F_SEAL_GROW);
}
static void description_behind_a_number(void)
{
    int copy = open("/proc/self/fd/0", O_RDWR);
    dup2(event, 899);
    close(copy);
}
static void copy_instead_of_the_same_description(void)
{
    int other = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    dup3(other, file + 1, O_CLOEXEC);
    close(other);
}
static void byte_of_memory(void)
{
    memory[5000] = 1;
}
static void protection_of_memory(void)
{
    mprotect(memory, 4096, PROT_READ);
}
static void advice_on_memory(void)
{
    madvise(memory, 8192, MADV_DONTFORK);
}
static void future_locks(void)
{
    mlockall(MCL_FUTURE | MCL_ONFAULT);
}
static void registered_barrier(void)
{
    syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
}
static void stopped_child(void)
{
    kill(child, SIGSTOP);
    waitid(P_PID, (id_t)child, &(siginfo_t){0}, WSTOPPED | WNOWAIT);
}
static void namespace(void)
{
    if (unshare(CLONE_NEWUSER) != 0 && unshare(CLONE_NEWUTS) != 0)
        _exit(77);
}

static const struct {
    const char *name;
    void (*make)(void);
} changes[] = {
#define CHANGE(name) \
    {                \
#name, name  \
    }
    CHANGE(timer_slack),
    CHANGE(file_mode_mask),
    CHANGE(nice_value),
    CHANGE(limit),
    CHANGE(signal_action),
    CHANGE(pending_signal),
    CHANGE(interval_timer),
    CHANGE(byte_in_a_pipe),
    CHANGE(size_of_a_pipe),
    CHANGE(byte_in_a_socket),
    CHANGE(socket_option),
    CHANGE(option_without_a_name),
    CHANGE(shutdown_of_a_socket),
    CHANGE(count_of_an_eventfd),
    CHANGE(data_of_an_epoll),
    CHANGE(position_of_a_file),
    CHANGE(lock_on_a_file),
    CHANGE(owner_of_a_descriptor),
    CHANGE(seal),
    CHANGE(description_behind_a_number),
    CHANGE(copy_instead_of_the_same_description),
    CHANGE(byte_of_memory),
    CHANGE(protection_of_memory),
    CHANGE(advice_on_memory),
    CHANGE(future_locks),
    CHANGE(registered_barrier),
    CHANGE(stopped_child),
    CHANGE(namespace),
};

static void set_up(void)
{
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    if (pipe(pipes) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, unix_pair) != 0)
        _exit(1);
    udp = socket(AF_INET, SOCK_DGRAM, 0);
    event = eventfd(1, 0);
    epoll = epoll_create1(0);
    struct epoll_event watch = {.events = EPOLLIN, .data.u64 = 1};
    epoll_ctl(epoll, EPOLL_CTL_ADD, pipes[0], &watch);
    memory_fd = memfd_create("sealed", MFD_ALLOW_SEALING);
    file = fcntl(open("/tmp", O_TMPFILE | O_RDWR, 0600), F_DUPFD, 100);
    dup(file);
    memory = mmap((void *)OBSERVED_MEMORY_START, 8192, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
}

static void observe_all(const char *path)
{
    observe_process();
    observe_thread();
    observe_relations();
    observer_flush(path);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
            puts(changes[i].name);
        return 0;
    }
    set_up();
    observe_all(argv[1]);
    for (size_t i = 0; argc > 3 && i < sizeof changes / sizeof *changes; i++)
        if (strcmp(changes[i].name, argv[3]) == 0)
            changes[i].make();
    observe_all(argv[2]);
    kill(child, SIGKILL);
    return 0;
}
