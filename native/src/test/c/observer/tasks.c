/* What calls tell a thread of itself and of its process. */
#include "parts.h"

#include "newer.h"

#include <asm/prctl.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/rseq.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void observe_call(const char *name, long rc, const void *out, size_t bytes)
{
    observe("%s %s %s", name, result_of(rc), rc == -1 ? "" : hex_of(out, bytes));
}

static void observe_plain_getters(void)
{
    static uint8_t buffer[1024];
    const struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
#define OUT (buffer)
#define CAPABILITY_HEADER (&header)
#define PRCTL(option, bytes)          \
    memset(buffer, 0, sizeof buffer); \
    observe_call(#option, syscall(SYS_prctl, option, (bytes) ? OUT : NULL, 0, 0, 0), OUT, bytes);
#define PRCTL_OF(option, argument) \
    observe_call(#option "." #argument, syscall(SYS_prctl, option, argument, 0, 0, 0), OUT, 0);
#define ARCH_PRCTL(option, bytes)     \
    memset(buffer, 0, sizeof buffer); \
    observe_call(#option, syscall(SYS_arch_prctl, option, (bytes) ? OUT : NULL), OUT, bytes);
#define SYSCALL(name, bytes, ...)     \
    memset(buffer, 0, sizeof buffer); \
    observe_call(#name, syscall(SYS_##name, __VA_ARGS__), OUT, bytes);
#define FCNTL(command, bytes)
#define IOCTL(request, bytes)
#define TTY_IOCTL(request, bytes)
#define SOCKET_IOCTL(request, bytes)
#define INET_IOCTL(request, bytes)
#define NS_IOCTL(request, bytes)
#include "getters.def"
}

/* Registering what is registered already says so, and another area would not be. */
static void observe_rseq(void)
{
    extern const ptrdiff_t __rseq_offset __attribute__((weak));
    extern const unsigned int __rseq_size __attribute__((weak));
    if (!&__rseq_offset || !&__rseq_size || __rseq_size == 0)
        return;
    char *area = (char *)__builtin_thread_pointer() + __rseq_offset;
    observe("rseq-again %s",
            result_of(syscall(SYS_rseq, area, sizeof(struct rseq), 0, 0x53053053u)));
}

/* How many more layers of Landlock a copy can be put under: 16, where there is none. */
static void observe_landlock(void)
{
    static const uint64_t handled = 1ull << 12; /* LANDLOCK_ACCESS_FS_MAKE_SYM */
    int status = 0, layers = 0;
    long pid = syscall(SYS_clone, 0, 0, 0, 0, 0);
    if (pid == 0) {
        long rules = syscall(444 /* landlock_create_ruleset */, &handled, sizeof handled, 0);
        syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        while (rules >= 0 && syscall(446 /* landlock_restrict_self */, rules, 0) == 0)
            layers++;
        syscall(SYS_exit, layers);
    }
    while (syscall(SYS_wait4, pid, &status, __WALL, NULL) < 0 && errno == EINTR) {
    }
    observe("landlock %s %d", result_of(pid < 0 ? pid : 0), WEXITSTATUS(status));
}

static void observe_membarriers(void)
{
    static const int private[] = {1 << 3, 1 << 5, 1 << 7};
    for (size_t i = 0; i < sizeof private / sizeof *private; i++)
        observe("membarrier-by-use.%d %s", private[i],
                result_of(syscall(SYS_membarrier, private[i], 0, 0)));
}

static const char *seconds_of(int64_t seconds, int64_t fraction)
{
    static char texts[2][32];
    static unsigned next;
    char *text = texts[next++ % 2];
    if (seconds == 0 && fraction == 0)
        return "off";
    snprintf(text, sizeof *texts, "~%ld", seconds);
    return text;
}

static void observe_interval_timers(void)
{
    for (int which = 0; which < 3; which++) {
        struct itimerval now;
        if (getitimer(which, &now) == 0)
            observe("itimer.%d %s every-%ld.%06ld", which,
                    seconds_of(now.it_value.tv_sec, now.it_value.tv_usec), now.it_interval.tv_sec,
                    now.it_interval.tv_usec);
    }
}

static void observe_posix_timers(void)
{
    char *at = slurp("/proc/self/timers", NULL), *line;
    int id = -1;
    while (at && (line = strsep(&at, "\n")) && *line) {
        char *value = strchr(line, ':');
        if (!value)
            continue;
        *value++ = '\0';
        if (strcmp(line, "ID") == 0) {
            struct itimerspec now = {0};
            id = atoi(value);
            long rc = syscall(SYS_timer_gettime, id, &now);
            observe("timer.%d %s %s every-%ld.%09ld", id, result_of(rc),
                    seconds_of(now.it_value.tv_sec, now.it_value.tv_nsec), now.it_interval.tv_sec,
                    now.it_interval.tv_nsec);
            observe("timer.%d.overrun %s", id, result_of(syscall(SYS_timer_getoverrun, id)));
        } else {
            observe("timer.%d.%s %s", id, line, text_of(value, strlen(value)));
        }
    }
}

static void observe_limits(void)
{
    for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
        struct rlimit limit;
        if (prlimit(0, (enum __rlimit_resource)resource, NULL, &limit) == 0)
            observe("limit.%d %#lx %#lx", resource, limit.rlim_cur, limit.rlim_max);
    }
}

static void observe_signal_actions(void)
{
    for (int signo = 1; signo <= 64; signo++) {
        struct {
            uint64_t handler, flags, restorer, mask;
        } action = {0};
        if (syscall(SYS_rt_sigaction, signo, NULL, &action, 8) == 0 &&
            (action.handler || action.flags || action.mask))
            observe("action.%d %#lx %#lx %#lx %#lx", signo, action.handler, action.flags,
                    action.restorer, action.mask);
    }
}

static void observe_child(const char *folder, const char *name)
{
    (void)folder;
    siginfo_t info = {0};
    pid_t pid = atoi(name);
    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WSTOPPED | WCONTINUED | WNOHANG | WNOWAIT) == 0)
        observe("wait.%d pid-%d code-%d status-%d", pid, info.si_pid, info.si_code, info.si_status);
}

/* Whether what is mapped from now on is locked, or mergeable, shows only in what is mapped. */
static void observe_a_new_mapping(void)
{
    char *page = mmap((void *)OBSERVED_MEMORY_END, 4096, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    char start[32];
    snprintf(start, sizeof start, "%lx-", (unsigned long)page);
    char *at = page == MAP_FAILED ? NULL : slurp("/proc/self/smaps", NULL), *line;
    bool found = false;
    while (at && (line = strsep(&at, "\n"))) {
        found |= strncmp(line, start, strlen(start)) == 0;
        if (found && strncmp(line, "VmFlags:", 8) == 0) {
            observe("new-mapping %s", text_of(line + 9, strlen(line + 9)));
            break;
        }
    }
    if (page != MAP_FAILED)
        munmap(page, 4096);
    /* What MDWE forbids. */
    page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page != MAP_FAILED) {
        observe("made-executable %s", result_of(mprotect(page, 4096, PROT_READ | PROT_EXEC)));
        munmap(page, 4096);
    }
}

void observe_thread(void)
{
    grow_stack();
    observe_plain_getters();
    observe_rseq();
    observe_landlock();
    if (gettid() == getpid()) {
        observe_membarriers();
        observe_interval_timers();
        observe_posix_timers();
        observe_limits();
        observe_signal_actions();
        each_name("/proc", observe_child);
        observe_a_new_mapping();
    }
    observe_process_files("/proc/thread-self", true);
}
