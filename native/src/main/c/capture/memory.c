/* Records what is mapped, and makes a copy-on-write snapshot of the memory. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/captured.h"
#include "common/cleanup.h"
#include "common/io.h"
#include "common/process.h"

int capture_maps(struct captured_process *p, cairn_error *err)
{
    return proc_read_maps(p->pid, &p->maps, err);
}

int end_helper(struct captured_process *p, struct injector *in, long ns_pid, cairn_error *err)
{
    struct cpu_registers r = in->base;
    const uint64_t args[6] = {0};
    cpu_prepare_syscall(&r, in->syscall_at, SYS_exit, args);
    int rc = cpu_set_registers(in->tid, &r, err);
    if (rc != 0) /* nor may the child continue to run in the step's memory */
        process_signal(in->tid, SIGKILL);
    if (rc != 0 && rc != -ESRCH) /* the child was killed, but still has to be reaped */
        return rc;
    int status;
    do {
        if (ptrace(PTRACE_CONT, in->tid, NULL, NULL) < 0 && errno != ESRCH)
            return cairn_fail_errno(err, "ending a helper");
        rc = trace_wait(in->tid, TRACE_NO_TIMEOUT, &status, NULL);
    } while (rc == 0);
    return inject_ok(&p->injector, "reaping a helper", NULL, err, SYS_wait4, (uint64_t)ns_pid, 0,
                     __WALL, 0, 0, 0);
}

/* Makes the snapshot through a go-between. The program could see a plain fork: its end would raise
 * SIGCHLD and show in wait(), and it would hold the program's descriptors. The go-between shares
 * the memory, gives up the descriptors, forks the snapshot, and ends, so that pid 1 adopts the
 * snapshot. */
int capture_snapshot(struct captured_process *p, cairn_error *err)
{
    pid_t between;
    long between_in_ns;
    int rc = inject_clone(&p->injector, "making the helper of a snapshot", &between, &between_in_ns,
                          err, SYS_clone, CLONE_VM | CLONE_FS | CLONE_FILES, 0, 0, 0, 0);
    if (rc != 0)
        return rc;
    struct injector in = p->injector;
    in.tid = between;
    pid_t snapshot = 0;
    rc = inject_ok(&in, "closing the descriptors of a snapshot", NULL, err, SYS_close_range, 0, ~0u,
                   2 /* CLOSE_RANGE_UNSHARE */, 0, 0, 0);
    if (rc == 0)
        rc = inject_clone(&in, "making a snapshot of the memory", &snapshot, NULL, err, SYS_clone,
                          0, 0, 0, 0, 0);
    cairn_error ignored;
    int ended = end_helper(p, &in, between_in_ns, rc == 0 ? err : &ignored);
    if (rc == 0)
        rc = ended;
    if (snapshot != 0) {
        p->memory_of = snapshot;
        p->snapshot = true;
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/oom_score_adj", snapshot);
        auto_close int oom = open(path, O_WRONLY | O_CLOEXEC);
        (void)!io_write_full(oom, "1000", 4, path, NULL); /* lets the kernel kill the snapshot
                                                           * before the step when memory is short */
    }
    return rc;
}

void drop_snapshot(struct captured_process *p)
{
    if (!p->snapshot)
        return;
    process_signal(p->memory_of, SIGKILL);
    int status;
    while (trace_wait(p->memory_of, TRACE_NO_TIMEOUT, &status, NULL) == 0) {
    }
    p->snapshot = false;
    p->memory_of = p->pid;
}
