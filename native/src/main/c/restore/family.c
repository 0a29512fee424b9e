/* Restores the parent, session and group of each process. */
#include "restore/family.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/process.h"
#include "proc/proc.h"
#include "restore/memory.h"
#include "restore/terminals.h"
#include "restore/threads.h"

static int open_memory(struct restored_process *p, cairn_error *err)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", p->pid);
    p->injector.memory = open(path, O_RDWR | O_CLOEXEC);
    return p->injector.memory < 0 ? cairn_fail_errno(err, "opening the memory of pid %d", p->ns_pid)
                                  : 0;
}

/* Takes over a stub that pid 1 has forked. */
static int adopt_stub(struct restored_process *p, cairn_error *err)
{
    int status;
    uint64_t mask;
    int rc = trace_seize(p->pid, err);
    if (rc == 0 && ptrace(PTRACE_INTERRUPT, p->pid, NULL, NULL) < 0)
        rc = cairn_fail_errno(err, "stopping the stub of pid %d", p->ns_pid);
    if (rc == 0)
        rc = trace_await_stop(p->pid, TRACE_NO_TIMEOUT, &status, err);
    if (rc == 0)
        rc = trace_block_signals(p->pid, &mask, err);
    if (rc == 0)
        rc = open_memory(p, err);
    p->injector.tid = p->pid;
    if (rc == 0)
        rc = cpu_get_registers(p->pid, &p->injector.base, err);
    return rc;
}

static int find_stubs(struct restoration *r, pid_t init, cairn_error *err)
{
    auto_proc_list struct proc_list list = {0};
    int rc = proc_descendants(init, &list, err);
    for (size_t i = 0; rc == 0 && i < list.count; i++) {
        struct proc_status status;
        rc = proc_read_status(list.numbers[i], list.numbers[i], &status, err);
        struct restored_process *p = rc == 0 ? restoration_find(r, status.ns_pid) : NULL;
        if (!p)
            continue;
        p->pid = list.numbers[i];
        rc = adopt_stub(p, err);
    }
    return rc;
}

/* Makes `parent` create a process with this pid by clone3. Signal 0: its end sends no signal. */
static int fork_with_pid(struct restored_process *parent, pid_t wanted, int exit_signal,
                         pid_t *child, cairn_error *err)
{
    struct {
        struct clone_args args;
        pid_t tid;
    } call = {.args = {.exit_signal = (uint64_t)exit_signal,
                       .set_tid = parent->injector.scratch + offsetof(__typeof__(call), tid),
                       .set_tid_size = 1},
              .tid = wanted};
    int rc = inject_write(&parent->injector, parent->injector.scratch, &call, sizeof call, err);
    if (rc != 0)
        return rc;
    char what[64];
    snprintf(what, sizeof what, "making process %d again", wanted);
    return inject_clone(&parent->injector, what, child, NULL, err, SYS_clone3,
                        parent->injector.scratch, sizeof call.args, 0, 0, 0);
}

/* The child has a copy of the parent's registers and of its trampoline. */
static int adopt_child(struct restored_process *child, const struct restored_process *parent,
                       pid_t pid, cairn_error *err)
{
    child->pid = pid;
    child->injector = parent->injector;
    child->injector.tid = pid;
    child->injector.memory = -1;
    return open_memory(child, err);
}

static int end_process(struct injector *in, int exit_code, cairn_error *err)
{
    struct cpu_registers registers = in->base;
    const uint64_t args[6] = {(uint64_t)(exit_code >> 8 & 0xff)};
    cpu_prepare_syscall(&registers, in->syscall_at, SYS_exit_group, args);
    int rc = cpu_set_registers(in->tid, &registers, err);
    if (rc != 0)
        return rc;
    int status, signal = exit_code & 0x7f, deliver = 0;
    if (signal && process_signal(in->tid, signal == SIGKILL ? SIGKILL : signal) < 0)
        return cairn_fail_errno(err, "ending process %d as it had ended", in->tid);
    if (signal && signal != SIGKILL) { /* SIGKILL has ended the process already */
        rc = trace_set_signal_mask(in->tid, 0, err);
        if (rc != 0)
            return rc;
    }
    do {
        /* Delivers the signal that ends the process. At every other stop the process continues, up
         * to its last call. */
        ptrace(PTRACE_CONT, in->tid, NULL, (void *)(uintptr_t)deliver);
        rc = trace_wait(in->tid, TRACE_NO_TIMEOUT, &status, NULL);
        deliver = rc == 0 && trace_event(status) == 0 && WSTOPSIG(status) == signal ? signal : 0;
    } while (rc == 0);
    return 0;
}

/* Whether the image records nothing of the process but its end. */
static bool is_zombie(const struct restored_process *p)
{
    return p->zombie && !p->vanished;
}

/* Whether the process exists. A zombie counts, since it becomes one only at the end. */
static bool lives_yet(const struct restored_process *p)
{
    return p->pid != 0 && !p->vanished;
}

static int end_as_it_had(struct restored_process *p, cairn_error *err)
{
    const char *comm;
    int exit_code = (int)json_integer_value(json_object_get(p->json, "exit_code"));
    int rc = json_need_string(p->json, "comm", 64, &comm, err);
    if (rc == 0)
        rc = inject_write(&p->injector, p->injector.scratch, comm, strlen(comm) + 1, err);
    if (rc == 0)
        rc = inject_ok(&p->injector, "PR_SET_NAME", NULL, err, SYS_prctl, PR_SET_NAME,
                       p->injector.scratch, 0, 0, 0, 0);
    if (rc == 0)
        rc = threads_set_ids(&p->injector, p, false, err);
    if (rc == 0)
        rc = threads_set_capabilities(&p->injector, p->json, err);
    return rc == 0 ? end_process(&p->injector, exit_code, err) : rc;
}

static int make_session(const struct restoration *r, struct restored_process *p, cairn_error *err)
{
    if (p->session != p->ns_pid || !p->parent) /* stubs have theirs */
        return 0;
    int rc = inject_ok(&p->injector, "setsid", NULL, err, SYS_setsid, 0, 0, 0, 0, 0, 0);
    return rc == 0 ? terminal_take(r, p, err) : rc;
}

static int make_family_of(struct restoration *r, struct restored_process *p, cairn_error *err);

/* A leader that had ended lives until all members of its session or group are in place. */
static int make_child(const struct restoration *r, struct restored_process *child, cairn_error *err)
{
    pid_t pid;
    int64_t exit_signal = SIGCHLD;
    int rc = json_may_int(child->json, "exit_signal", 0, 64, &exit_signal, err);
    if (rc == 0)
        rc = fork_with_pid(child->parent, child->ns_pid, child->vanished ? 0 : (int)exit_signal,
                           &pid, err);
    if (rc == 0)
        rc = adopt_child(child, child->parent, pid, err);
    return rc == 0 && child->zombie ? make_session(r, child, err) : rc;
}

/* A pid for helpers, which no process of the image has. */
static pid_t spare_pid(const struct restoration *r)
{
    json_int_t highest = 1;
    for (size_t i = 0; i < r->process_count; i++) {
        const struct restored_process *p = &r->processes[i];
        const pid_t numbers[] = {p->ns_pid, p->session, p->pgrp};
        for (size_t k = 0; k < 3; k++)
            highest = numbers[k] > highest ? numbers[k] : highest;
        size_t k;
        json_t *thread;
        json_array_foreach(json_object_get(p->json, "threads"), k, thread)
        {
            json_int_t tid = json_integer_value(json_object_get(thread, "tid"));
            highest = tid > highest ? tid : highest;
        }
    }
    return (pid_t)highest + 1;
}

/* Makes the process a subreaper: it adopts the orphans among its descendants, in place of pid 1. */
static int set_subreaper(struct restored_process *p, bool on, cairn_error *err)
{
    return p ? inject_ok(&p->injector, "PR_SET_CHILD_SUBREAPER", NULL, err, SYS_prctl,
                         PR_SET_CHILD_SUBREAPER, on, 0, 0, 0, 0)
             : 0;
}

static int reap(struct restored_process *parent, pid_t ns_pid, cairn_error *err)
{
    return inject_ok(&parent->injector, "reaping a helper", NULL, err, SYS_wait4, (uint64_t)ns_pid,
                     0, __WALL, 0, 0, 0);
}

/* Makes an orphan, which belongs to a session whose leader is not its parent. A helper in that
 * session forks it and ends, so that pid 1, or the subreaper that must become its parent, adopts
 * it. */
static int make_orphan(struct restoration *r, struct restored_process *p, cairn_error *err)
{
    struct restored_process *leader = restoration_find(r, p->session);
    if (!leader || leader->pid == 0)
        return cairn_fail(err, CAIRN_EIMAGE_CORRUPT,
                          "no process leads the session of pid %d of the image", p->ns_pid);
    struct restored_process helper = {.ns_pid = 0, .injector = {.memory = -1}};
    pid_t pid;
    int rc = fork_with_pid(leader, spare_pid(r), 0, &pid, err);
    if (rc == 0)
        rc = adopt_child(&helper, leader, pid, err);
    struct proc_status status = {0};
    if (rc == 0)
        rc = proc_read_status(pid, pid, &status, err);
    pid_t child = 0;
    if (rc == 0)
        rc = fork_with_pid(&helper, p->ns_pid, SIGCHLD, &child, err);
    if (rc == 0)
        rc = adopt_child(p, &helper, child, err);
    if (rc == 0)
        rc = set_subreaper(p->parent, true, err);
    if (rc == 0)
        rc = end_process(&helper.injector, 0, err);
    if (rc == 0)
        rc = reap(leader, status.ns_pid, err);
    if (rc == 0)
        rc = set_subreaper(p->parent, false, err);
    cairn_cleanup_close(&helper.injector.memory);
    return rc;
}

/* Whether p must make the child before p begins its own session: the child is in the session in
 * which p was born. */
static bool of_older_session(const struct restored_process *child, const struct restored_process *p)
{
    return p->session == p->ns_pid && child->session != p->session &&
           child->session != child->ns_pid;
}

/* Forks the children that share (or do not share) pages with p. Children without shared pages are
 * forked before p's memory is filled, so that the kernel copies no page tables needlessly. */
static int make_children(struct restoration *r, struct restored_process *p, bool sharing,
                         bool older, cairn_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->process_count; i++) {
        struct restored_process *child = &r->processes[i];
        if (child->parent != p || child->adopted || child->shares != sharing ||
            of_older_session(child, p) != older)
            continue;
        rc = make_child(r, child, err);
    }
    return rc;
}

static int make_family_of(struct restoration *r, struct restored_process *p, cairn_error *err)
{
    int rc = memory_map(r, p, err);
    if (rc == 0)
        rc = make_children(r, p, false, true, err);
    bool waits = false; /* serves older children that share pages */
    for (size_t i = 0; i < r->process_count; i++)
        waits |= r->processes[i].parent == p && r->processes[i].shares &&
                 of_older_session(&r->processes[i], p);
    if (rc == 0 && !waits)
        rc = make_session(r, p, err);
    if (rc == 0 && !waits)
        rc = make_children(r, p, false, false, err);
    if (rc == 0)
        rc = memory_fill(r, p, err);
    if (rc == 0)
        rc = make_children(r, p, true, true, err);
    if (rc == 0 && waits)
        rc = make_session(r, p, err);
    if (rc == 0 && waits)
        rc = make_children(r, p, false, false, err);
    if (rc == 0)
        rc = make_children(r, p, true, false, err);
    for (size_t i = 0; rc == 0 && i < r->process_count; i++)
        if (r->processes[i].parent == p && !r->processes[i].adopted && !r->processes[i].zombie)
            rc = make_family_of(r, &r->processes[i], err);
    return rc;
}

/* Makes the orphans of sessions that began deeper in the tree, even of sessions of other orphans.
 */
static int make_orphans(struct restoration *r, cairn_error *err)
{
    int rc = 0;
    for (bool more = true; more && rc == 0;) {
        more = false;
        for (size_t i = 0; rc == 0 && i < r->process_count; i++) {
            struct restored_process *p = &r->processes[i];
            const struct restored_process *leader = restoration_find(r, p->session);
            if (p->pid || (p->zombie && !p->adopted) || (leader && !leader->pid))
                continue;
            rc = make_orphan(r, p, err);
            if (rc == 0 && !p->zombie)
                rc = make_family_of(r, p, err);
            more = true;
        }
    }
    for (size_t i = 0; rc == 0 && i < r->process_count; i++)
        if (!r->processes[i].pid && (!r->processes[i].zombie || r->processes[i].adopted))
            rc = cairn_fail(err, CAIRN_EIMAGE_CORRUPT,
                            "pid %d of the image has no session to be in", r->processes[i].ns_pid);
    return rc;
}

/* Makes pid 1 reap those vanished processes whose parent it is. */
static int end_vanished(struct restoration *r, cairn_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->process_count; i++) {
        struct restored_process *p = &r->processes[i];
        if (!p->vanished)
            continue;
        rc = end_process(&p->injector, 0, err);
        if (rc == 0 && p->parent)
            rc = reap(p->parent, p->ns_pid, err);
    }
    return rc;
}

static int set_group(struct restored_process *p, cairn_error *err)
{
    if (p->session == p->ns_pid)
        return 0; /* the leader of a session always leads its group too */
    return inject_ok(&p->injector, "setpgid", NULL, err, SYS_setpgid, 0, (uint64_t)p->pgrp, 0, 0, 0,
                     0);
}

/* A zombie adopted from another session cannot get its original group. */
static int join_group(struct restored_process *p, cairn_error *err)
{
    if (!is_zombie(p))
        return set_group(p, err);
    (void)!set_group(p, NULL);
    return 0;
}

static struct restored_process *member_of_session(struct restoration *r, pid_t session)
{
    for (size_t i = 0; i < r->process_count; i++)
        if (r->processes[i].session == session && !r->processes[i].zombie)
            return &r->processes[i];
    return NULL;
}

static bool group_is_led(const struct restoration *r, pid_t pgrp)
{
    const struct restored_process *leader = restoration_find(r, pgrp);
    return leader && !leader->vanished;
}

/* A group whose leader has ended keeps its number: a helper leads it until the other members have
 * joined.
 */
static int make_unled_group(struct restoration *r, const struct restored_process *member,
                            cairn_error *err)
{
    struct restored_process *parent = member_of_session(r, member->session);
    struct restored_process leader = {
        .ns_pid = member->pgrp, .pgrp = member->pgrp, .injector = {.memory = -1}};
    pid_t pid;
    int rc = fork_with_pid(parent, member->pgrp, 0, &pid, err);
    if (rc == 0)
        rc = adopt_child(&leader, parent, pid, err);
    if (rc == 0)
        rc = set_group(&leader, err);
    for (size_t i = 0; rc == 0 && i < r->process_count; i++)
        if (lives_yet(&r->processes[i]) && r->processes[i].pgrp == member->pgrp)
            rc = join_group(&r->processes[i], err);
    if (rc == 0)
        rc = end_process(&leader.injector, 0, err);
    if (rc == 0)
        rc = reap(parent, member->pgrp, err);
    cairn_cleanup_close(&leader.injector.memory);
    return rc;
}

static int make_groups(struct restoration *r, cairn_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->process_count; i++)
        if (lives_yet(&r->processes[i]) && r->processes[i].pgrp == r->processes[i].ns_pid)
            rc = join_group(&r->processes[i], err);
    for (size_t i = 0; rc == 0 && i < r->process_count; i++) {
        struct restored_process *p = &r->processes[i];
        if (!lives_yet(p) || p->pgrp == p->ns_pid)
            continue;
        bool first = true;
        for (size_t k = 0; k < i; k++)
            first &= r->processes[k].zombie || r->processes[k].pgrp != p->pgrp;
        const struct restored_process *leader = restoration_find(r, p->pgrp);
        if (leader && leader->vanished)
            continue; /* the first group of its session, in which the process was born */
        if (group_is_led(r, p->pgrp))
            rc = join_group(p, err);
        else if (first && !p->zombie)
            rc = make_unled_group(r, p, err);
    }
    return rc;
}

int family_make(struct restoration *r, pid_t init, cairn_error *err)
{
    int rc = find_stubs(r, init, err);
    for (size_t i = 0; rc == 0 && i < r->process_count; i++) {
        struct restored_process *p = &r->processes[i];
        if (p->parent || (p->zombie && !p->vanished) || p->session != p->ns_pid)
            continue;
        if (p->pid == 0)
            return cairn_fail(err, CAIRN_EGONE, "the stub of pid %d has gone", p->ns_pid);
        rc = memory_enter_trampoline(r, p, err);
    }
    /* Orphans are born before the memory of their session's leader is filled. */
    for (size_t i = 0; rc == 0 && i < r->process_count; i++) {
        struct restored_process *p = &r->processes[i];
        struct restored_process *leader = restoration_find(r, p->session);
        if (!p->parent && !p->zombie && p->session != p->ns_pid && leader && !leader->parent)
            rc = make_orphan(r, p, err);
    }
    for (size_t i = 0; rc == 0 && i < r->process_count; i++)
        if (!r->processes[i].parent && !r->processes[i].zombie && r->processes[i].pid)
            rc = make_family_of(r, &r->processes[i], err);
    if (rc == 0)
        rc = make_orphans(r, err);
    if (rc == 0)
        rc = end_vanished(r, err);
    if (rc == 0)
        rc = make_groups(r, err);
    if (rc == 0)
        rc = terminals_set_foreground(r, err);
    for (size_t i = 0; rc == 0 && i < r->process_count; i++)
        if (is_zombie(&r->processes[i]) && lives_yet(&r->processes[i]))
            rc = end_as_it_had(&r->processes[i], err);
    return rc;
}
