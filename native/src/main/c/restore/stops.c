#include "restore/stops.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/hex.h"
#include "common/json.h"
#include "common/process.h"

#define BIT(signo) (1ull << ((signo)-1))

static int set_default_action(struct restored_process *p, int signo, cairn_error *err)
{
    static const uint64_t action[4] = {0};
    int rc = inject_write(&p->injector, p->injector.scratch, action, sizeof action, err);
    return rc != 0 ? rc
                   : inject_ok(&p->injector, "rt_sigaction", NULL, err, SYS_rt_sigaction,
                               (uint64_t)signo, p->injector.scratch, 0, 8, 0, 0);
}

/* Delivers the signal. An interrupt follows it, so that the thread stops even if the kernel ignores
 * the signal, as in an orphaned group. */
static int deliver(pid_t pid, int signo, int *status, cairn_error *err)
{
    int rc = trace_set_signal_mask(pid, ~BIT(signo), err);
    if (rc == 0 && process_signal(pid, signo) < 0)
        rc = cairn_fail_errno(err, "stopping process %d", pid);
    for (int pass = 0; rc == 0;) {
        if (pass && ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0)
            return cairn_fail_errno(err, "stopping process %d", pid);
        if (ptrace(PTRACE_CONT, pid, NULL, (void *)(uintptr_t)pass) < 0)
            return cairn_fail_errno(err, "stopping process %d", pid);
        rc = trace_wait(pid, TRACE_NO_TIMEOUT, status, err);
        if (rc == 0 && pass)
            break;
        pass = trace_event(*status) == 0 ? WSTOPSIG(*status) : 0;
    }
    return rc;
}

/* The parent has already waited for the stop. */
static int be_waited_for(struct restored_process *p, cairn_error *err)
{
    if (!p->parent)
        return 0;
    struct injector *in = &p->parent->injector;
    return inject_ok(in, "waiting for a stopped child", NULL, err, SYS_waitid, P_PID,
                     (uint64_t)p->ns_pid, in->scratch, WSTOPPED | WNOHANG | __WALL, 0, 0);
}

/* No process receives this SIGCONT; it only lets the parent wait for the continuation. */
static int continue_again(struct restored_process *p, cairn_error *err)
{
    const struct {
        uint64_t set;
        struct timespec now;
    } call = {BIT(SIGCONT), {0, 0}};
    if (process_signal(p->pid, SIGCONT) < 0)
        return cairn_fail_errno(err, "continuing process %d", p->pid);
    int rc = inject_write(&p->injector, p->injector.scratch, &call, sizeof call, err);
    return rc != 0 ? rc
                   : inject_ok(&p->injector, "dropping SIGCONT", NULL, err, SYS_rt_sigtimedwait,
                               p->injector.scratch, 0,
                               p->injector.scratch + offsetof(__typeof__(call), now), 8, 0, 0);
}

static int stop_again(struct restored_process *p, int signo, cairn_error *err)
{
    uint64_t mask;
    int status, rc = signo == SIGSTOP ? 0 : set_default_action(p, signo, err);
    if (rc == 0)
        rc = deliver(p->pid, signo, &status, err);
    if (rc == 0 && trace_event(status) == PTRACE_EVENT_STOP && WSTOPSIG(status) == SIGTRAP)
        rc = deliver(p->pid, SIGSTOP, &status, err);
    if (rc == 0 && (trace_event(status) != PTRACE_EVENT_STOP || WSTOPSIG(status) == SIGTRAP))
        rc = cairn_fail(err, CAIRN_EGONE, "pid %d did not stop again", p->ns_pid);
    return rc == 0 ? trace_block_signals(p->pid, &mask, err) : rc;
}

static int restore_stop(struct restored_process *p, cairn_error *err)
{
    bool stopped = false, seen = false, continued = false;
    int64_t signo = SIGSTOP;
    int rc = json_may_bool(p->json, "stopped", &stopped, err);
    if (rc == 0)
        rc = json_may_bool(p->json, "stop_seen", &seen, err);
    if (rc == 0)
        rc = json_may_bool(p->json, "continued", &continued, err);
    if (rc == 0)
        rc = json_may_int(p->json, "stop_signal", 1, 31, &signo, err);
    if (rc != 0 || (!stopped && !continued))
        return rc;
    rc = stop_again(p, (int)signo, err);
    if (rc == 0 && (seen || continued))
        rc = be_waited_for(p, err);
    return rc == 0 && continued ? continue_again(p, err) : rc;
}

int stops_restore(struct restoration *r, cairn_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->process_count; i++)
        if (!r->processes[i].zombie)
            rc = restore_stop(&r->processes[i], err);
    return rc;
}

bool stops_is_pending(const json_t *list)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        auto_free void *info = NULL;
        size_t len;
        if (hex_decode(json_string_value(item), sizeof(siginfo_t), &info, &len, NULL) == 0 &&
            len == sizeof(siginfo_t) && ((siginfo_t *)info)->si_signo == SIGSTOP)
            return true;
    }
    return false;
}

void stops_send_pending(const struct restored_process *p)
{
    if (stops_is_pending(json_object_get(p->json, "pending")))
        process_signal(p->pid, SIGSTOP);
    for (size_t i = 0; i < p->thread_count; i++)
        if (stops_is_pending(json_object_get(p->threads[i].json, "pending")))
            syscall(SYS_tgkill, p->pid, p->threads[i].tid, SIGSTOP);
}
