/* Traces threads, and makes system calls happen in them. Only the tracing thread may use these
 * functions. Pids and tids are those that this thread sees.
 */
#ifndef CAIRN_TASK_TRACE_H
#define CAIRN_TASK_TRACE_H

#include "proc/proc.h"
#include "task/cpu.h"

/* A stopped thread in which this process makes calls. */
struct injector {
    pid_t tid;
    uint64_t syscall_at;       /* address of a system call instruction in its memory */
    int memory;                /* /proc/PID/mem, read and write */
    uint64_t scratch;          /* address of INJECT_SCRATCH bytes of its memory that may be
                                * overwritten */
    struct cpu_registers base; /* its registers between calls */
};
#define INJECT_SCRATCH 2048

/* Makes the call `nr` in the thread and gives its raw result (-errno on failure of the call
 * itself). The return value only says whether the call could be made. The registers stay as the
 * call left them; trace_restore resets them. */
CAIRN_CHECKED int inject(struct injector *in, long *result, cairn_error *err, long nr, uint64_t a,
                         uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f);
/* The same, for calls whose failure is an error: `what` names the call. */
CAIRN_CHECKED int inject_ok(struct injector *in, const char *what, long *result, cairn_error *err,
                            long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                            uint64_t f);
/* Makes the thread begin the call, and stops it as soon as it would sleep. Returns how the thread
 * left the call; the kernel's record of the call stays until the thread sleeps again. *result if
 * the call did not need to sleep. */
CAIRN_CHECKED int inject_interrupted(struct injector *in, enum cpu_interruption *how, long *result,
                                     cairn_error *err, long nr, const uint64_t args[6]);
/* A clone, fork or vfork-like call; *child is the new thread, traced and stopped. */
CAIRN_CHECKED int inject_clone(struct injector *in, const char *what, pid_t *child,
                               long *child_in_ns, cairn_error *err, long nr, uint64_t a, uint64_t b,
                               uint64_t c, uint64_t d, uint64_t e);

/* Finds a system call instruction in the vdso, which every process has, and sets in->syscall_at.
 * `maps` are the mappings of the thread's process. */
CAIRN_CHECKED int inject_find_syscall(struct injector *in, const struct proc_maps *maps,
                                      cairn_error *err);
CAIRN_CHECKED int inject_write(const struct injector *in, uint64_t at, const void *data, size_t len,
                               cairn_error *err);
CAIRN_CHECKED int inject_read(const struct injector *in, uint64_t at, void *data, size_t len,
                              cairn_error *err);

/* PTRACE_SEIZE with the options that make every descendant traced too. */
CAIRN_CHECKED int trace_seize(pid_t tid, cairn_error *err);
/* For waits that certainly end: the thread makes a call that does not block, or dies. */
#define TRACE_NO_TIMEOUT (-1)
/* Waits for the next stop of a thread (EINTR handled, at most timeout_ms). *status is that of
 * waitpid. CAIRN_EGONE when it ended, ETIMEDOUT when it did not stop in time. */
CAIRN_CHECKED int trace_wait(pid_t tid, int timeout_ms, int *status, cairn_error *err);
/* Waits until the thread is in the requested ptrace stop. Delivers signals meanwhile.
 */
CAIRN_CHECKED int trace_await_stop(pid_t tid, int timeout_ms, int *status, cairn_error *err);
CAIRN_CHECKED int trace_block_signals(pid_t tid, uint64_t *previous, cairn_error *err);
CAIRN_CHECKED int trace_set_signal_mask(pid_t tid, uint64_t mask, cairn_error *err);
/* The event of a stop status, or 0. */
static inline int trace_event(int status)
{
    return status >> 16;
}

#endif
