#include "task/trace.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/io.h"

int trace_seize(pid_t tid, cairn_error *err)
{
    unsigned long options =
        PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
    if (ptrace(PTRACE_SEIZE, tid, NULL, options) < 0)
        return cairn_fail_errno(err, "tracing thread %d", tid);
    return 0;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* An unnoticed stop would leave the thread in a state that its caller does not know, so a temporary
 * failure is waited out. */
#define MOST_FAILURES 64

int trace_wait(pid_t tid, int timeout_ms, int *status, cairn_error *err)
{
    int64_t deadline = now_ms() + timeout_ms;
    for (unsigned round = 0, failures = 0;; round++) {
        pid_t pid = waitpid(tid, status, __WALL | (timeout_ms < 0 ? 0 : WNOHANG));
        if (pid == tid)
            return WIFSTOPPED(*status) ? 0
                                       : cairn_fail(err, CAIRN_EGONE, "thread %d has ended", tid);
        if (pid < 0 && errno == ECHILD)
            return cairn_fail(err, CAIRN_EGONE, "thread %d has gone", tid);
        if (pid < 0 && errno != EINTR && ++failures == MOST_FAILURES)
            return cairn_fail_errno(err, "waiting for thread %d", tid);
        if (timeout_ms >= 0 && round > 64 && now_ms() > deadline)
            return cairn_fail(err, ETIMEDOUT, "thread %d did not come to rest in %d ms", tid,
                              timeout_ms);
        /* Most stops come within microseconds; for later ones, the checks become rarer. */
        struct timespec pause = {0, round < 1000 ? 5000 : 200000};
        if (round > 16 && timeout_ms >= 0)
            nanosleep(&pause, NULL);
    }
}

int trace_await_stop(pid_t tid, int timeout_ms, int *status, cairn_error *err)
{
    for (;;) {
        int rc = trace_wait(tid, timeout_ms, status, err);
        if (rc != 0)
            return rc;
        if (trace_event(*status) != 0)
            return 0;
        /* Lets a signal begin its delivery; the requested stop follows it. */
        if (ptrace(PTRACE_CONT, tid, NULL, (void *)(uintptr_t)WSTOPSIG(*status)) < 0)
            return cairn_fail_errno(err, "delivering signal %d to thread %d", WSTOPSIG(*status),
                                    tid);
    }
}

int trace_set_signal_mask(pid_t tid, uint64_t mask, cairn_error *err)
{
    if (ptrace(PTRACE_SETSIGMASK, tid, (void *)sizeof mask, &mask) < 0)
        return cairn_fail_errno(err, "setting the signal mask of thread %d", tid);
    return 0;
}

int trace_block_signals(pid_t tid, uint64_t *previous, cairn_error *err)
{
    if (ptrace(PTRACE_GETSIGMASK, tid, (void *)sizeof *previous, previous) < 0)
        return cairn_fail_errno(err, "reading the signal mask of thread %d", tid);
    return trace_set_signal_mask(tid, ~0ull, err);
}

/* Runs the thread to the next stop at the entry or exit of a system call, or to an event (a clone)
 * on the way. */
static int step_to_stop(struct injector *in, int *status, cairn_error *err)
{
    for (;;) {
        if (ptrace(PTRACE_SYSCALL, in->tid, NULL, NULL) < 0)
            return cairn_fail_errno(err, "resuming thread %d", in->tid);
        int rc = trace_wait(in->tid, TRACE_NO_TIMEOUT, status, err);
        if (rc != 0)
            return rc;
        int signal = WSTOPSIG(*status);
        if (signal == (SIGTRAP | 0x80))
            return 0;
        int event = trace_event(*status);
        if (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK ||
            event == PTRACE_EVENT_VFORK)
            return 0;
        if (event == PTRACE_EVENT_STOP)
            continue; /* a stop that was requested earlier, or a group stop: ours comes first */
        if (signal == SIGSTOP)
            continue; /* cannot be blocked; the sender, which stops a tree, sends it again */
        return cairn_fail(err, CAIRN_EGONE, "thread %d got signal %d while it made a call for us",
                          in->tid, signal);
    }
}

static int enter_syscall(struct injector *in, cairn_error *err, long nr, const uint64_t args[6])
{
    struct cpu_registers r = in->base;
    cpu_prepare_syscall(&r, in->syscall_at, nr, args);
    int rc = cpu_set_registers(in->tid, &r, err);
    int status;
    return rc != 0 ? rc : step_to_stop(in, &status, err);
}

static int run_syscall(struct injector *in, long *result, pid_t *child, cairn_error *err, long nr,
                       const uint64_t args[6])
{
    int status;
    int rc = enter_syscall(in, err, nr, args);
    if (rc != 0)
        return rc;
    for (;;) {
        rc = step_to_stop(in, &status, err); /* the exit, or first a clone event */
        if (rc != 0)
            return rc;
        if (trace_event(status) == 0)
            break;
        unsigned long message;
        if (ptrace(PTRACE_GETEVENTMSG, in->tid, NULL, &message) < 0)
            return cairn_fail_errno(err, "asking thread %d for its child", in->tid);
        if (child)
            *child = (pid_t)message;
    }
    struct cpu_registers r;
    rc = cpu_get_registers(in->tid, &r, err);
    if (rc != 0)
        return rc;
    *result = cpu_syscall_result(&r);
    return 0;
}

int inject_interrupted(struct injector *in, enum cpu_interruption *how, long *result,
                       cairn_error *err, long nr, const uint64_t args[6])
{
    int status;
    int rc = enter_syscall(in, err, nr, args);
    if (rc != 0)
        return rc;
    /* A stop that is requested at the call's entry takes effect when the call is about to sleep. */
    if (ptrace(PTRACE_INTERRUPT, in->tid, NULL, NULL) < 0)
        return cairn_fail_errno(err, "stopping thread %d in a call", in->tid);
    rc = step_to_stop(in, &status, err);
    struct cpu_registers r;
    if (rc == 0)
        rc = cpu_get_registers(in->tid, &r, err);
    if (rc != 0)
        return rc;
    *how = cpu_interruption(&r);
    *result = cpu_syscall_result(&r);
    return 0;
}

int inject(struct injector *in, long *result, cairn_error *err, long nr, uint64_t a, uint64_t b,
           uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
    const uint64_t args[6] = {a, b, c, d, e, f};
    return run_syscall(in, result, NULL, err, nr, args);
}

int inject_ok(struct injector *in, const char *what, long *result, cairn_error *err, long nr,
              uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
    long value;
    int rc = inject(in, &value, err, nr, a, b, c, d, e, f);
    if (rc != 0)
        return cairn_fail_within(err, rc, "%s", what);
    if (value < 0 && value > -4096)
        return cairn_fail(err, (int)-value, "%s: %s", what, strerror((int)-value));
    if (result)
        *result = value;
    return 0;
}

int inject_clone(struct injector *in, const char *what, pid_t *child, long *child_in_ns,
                 cairn_error *err, long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                 uint64_t e)
{
    const uint64_t args[6] = {a, b, c, d, e, 0};
    long value;
    pid_t made = 0;
    int rc = run_syscall(in, &value, &made, err, nr, args);
    if (rc != 0)
        return cairn_fail_within(err, rc, "%s", what);
    if (value < 0)
        return cairn_fail(err, (int)-value, "%s: %s", what, strerror((int)-value));
    if (made == 0)
        return cairn_fail(err, CAIRN_EGONE, "%s: the new process was not traced", what);
    int status;
    rc = trace_wait(made, TRACE_NO_TIMEOUT, &status, err); /* its first stop */
    if (rc != 0)
        return cairn_fail_within(err, rc, "%s", what);
    *child = made;
    if (child_in_ns)
        *child_in_ns = value;
    return 0;
}

int inject_write(const struct injector *in, uint64_t at, const void *data, size_t len,
                 cairn_error *err)
{
    return io_pwrite_full(in->memory, data, len, at, "the memory of the step", err);
}

int inject_read(const struct injector *in, uint64_t at, void *data, size_t len, cairn_error *err)
{
    return io_pread_full(in->memory, data, len, at, "the memory of the step", err);
}

int inject_find_syscall(struct injector *in, const struct proc_maps *maps, cairn_error *err)
{
    for (size_t i = 0; i < maps->count; i++) {
        const struct proc_map *map = &maps->maps[i];
        if (strcmp(map->path, "[vdso]") != 0)
            continue;
        uint8_t code[16384];
        size_t len = map->end - map->start < sizeof code ? map->end - map->start : sizeof code;
        int rc = inject_read(in, map->start, code, len, err);
        if (rc != 0)
            return rc;
        const uint8_t *found = memmem(code, len, cpu_syscall_instruction, CPU_SYSCALL_BYTES);
        if (found) {
            in->syscall_at = map->start + (uint64_t)(found - code);
            return 0;
        }
    }
    return cairn_fail(err, CAIRN_EUNSUPPORTED,
                      "a process without a vdso (was the kernel started with vdso=0?)");
}
