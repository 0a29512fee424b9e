/* Kills a child on its way into any of its changes of the disk. It is traced, so that nothing in
 * the code under test knows of it. */
#ifndef CAIRN_TEST_KILL_AT_H
#define CAIRN_TEST_KILL_AT_H

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static inline bool changes_the_disk(const struct __ptrace_syscall_info *info)
{
    switch (info->entry.nr) {
    case SYS_openat:
        return info->entry.args[2] & O_CREAT;
    case SYS_mkdirat:
    case SYS_mknodat:
    case SYS_symlinkat:
    case SYS_linkat:
    case SYS_unlinkat:
    case SYS_renameat:
    case SYS_renameat2:
    case SYS_write:
    case SYS_pwrite64:
    case SYS_ftruncate:
    case SYS_fchmod:
    case SYS_chmod:
    case SYS_fchmodat:
    case SYS_fchownat:
    case SYS_utimensat:
    case SYS_fsetxattr:
    case SYS_fremovexattr:
    case SYS_fsync:
        return true;
    default:
        return false;
    }
}

/* The child calls this after its fork. */
static inline void wait_for_tracer(void)
{
    if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
        _exit(100);
    raise(SIGSTOP);
}

/* Of the child and all its threads, but of no process that it forks. True: it was killed on its way
 * into the n-th change. False: it came to its end before, with *status of wait(2); or, -1, it could
 * not be traced. */
static inline bool kill_at(pid_t child, unsigned n, int *status)
{
    int stop;
    unsigned changes = 0;
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE;
    *status = -1;
    if (waitpid(child, &stop, 0) != child || !WIFSTOPPED(stop) ||
        ptrace(PTRACE_SETOPTIONS, child, 0, options) < 0 || ptrace(PTRACE_SYSCALL, child, 0, 0) < 0)
        return false;
    for (;;) {
        struct __ptrace_syscall_info info;
        pid_t task = waitpid(-1, &stop, __WALL);
        if (task < 0)
            return false;
        if (!WIFSTOPPED(stop)) {
            if (task != child)
                continue; /* a thread has ended */
            *status = stop;
            return false;
        }
        int signal = WSTOPSIG(stop);
        bool traced = signal == (SIGTRAP | 0x80);
        if (traced && ptrace(PTRACE_GET_SYSCALL_INFO, task, sizeof info, &info) > 0 &&
            info.op == PTRACE_SYSCALL_INFO_ENTRY && changes_the_disk(&info) && ++changes == n)
            break;
        bool ours = traced || signal == SIGTRAP || signal == SIGSTOP;
        ptrace(PTRACE_SYSCALL, task, 0, ours ? 0 : signal);
    }
    kill(child, SIGKILL);
    while (waitpid(-1, &stop, __WALL) > 0) {
    }
    return true;
}

#endif
