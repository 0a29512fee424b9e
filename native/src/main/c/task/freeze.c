#include "task/freeze.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "proc/proc.h"
#include "task/trace.h"

#define TRIES 40
#define BETWEEN_TRIES_MS 25 /* time in which the step runs between two tries */
#define REST_MS 500         /* time that a thread may take to stop */
/* One wait for a thread that did not stop in time, before it is detached. */
#define LET_GO_MS 1000

int64_t freeze_clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static struct frozen_thread *find_thread(struct frozen *f, pid_t tid)
{
    for (size_t i = 0; i < f->thread_count; i++)
        if (f->threads[i].tid == tid && !f->threads[i].gone)
            return &f->threads[i];
    return NULL;
}

static int add_thread(struct frozen *f, pid_t tid, pid_t pid, cairn_error *err)
{
    if (find_thread(f, tid))
        return 0;
    struct frozen_thread *grown = realloc(f->threads, (f->thread_count + 1) * sizeof *grown);
    if (!grown)
        return cairn_fail(err, ENOMEM, "out of memory freezing the step");
    f->threads = grown;
    f->threads[f->thread_count++] = (struct frozen_thread){.tid = tid, .pid = pid};
    return 0;
}

static int add_zombie(struct frozen *f, pid_t pid, cairn_error *err)
{
    for (size_t i = 0; i < f->zombie_count; i++)
        if (f->zombies[i] == pid)
            return 0;
    pid_t *grown = realloc(f->zombies, (f->zombie_count + 1) * sizeof *grown);
    if (!grown)
        return cairn_fail(err, ENOMEM, "out of memory freezing the step");
    f->zombies = grown;
    f->zombies[f->zombie_count++] = pid;
    return 0;
}

int freeze_undumpable(pid_t pid, cairn_error *err)
{
    struct proc_stat stat;
    struct proc_status status;
    int rc = proc_read_stat(pid, &stat, err);
    if (rc == 0)
        rc = proc_read_status(pid, pid, &status, err);
    return rc != 0 ? rc
                   : cairn_fail(err, CAIRN_EUNSUPPORTED,
                                "pid %d (%s) has made itself undumpable (as programs that hold "
                                "keys do: ssh-agent, gpg-agent; or its file may not be read), so "
                                "that only root may read its memory; end it before the checkpoint, "
                                "or run the step as root",
                                status.ns_pid, stat.comm);
}

/* Notes the threads that this process traced before it seized any. */
static int note_standing(struct frozen *f, pid_t init, cairn_error *err)
{
    auto_proc_list struct proc_list list = {0};
    int rc = proc_descendants(init, &list, err);
    for (size_t i = 0; rc == 0 && i < list.count; i++) {
        auto_proc_list struct proc_list threads = {0};
        if (proc_threads(list.numbers[i], &threads, NULL) != 0)
            continue; /* it has ended */
        for (size_t k = 0; rc == 0 && k < threads.count; k++) {
            struct proc_status status;
            if (proc_read_status(list.numbers[i], threads.numbers[k], &status, NULL) != 0 ||
                status.tracer != (pid_t)syscall(SYS_gettid) || find_thread(f, threads.numbers[k]))
                continue;
            pid_t *grown = reallocarray(f->standing, f->standing_count + 1, sizeof *grown);
            if (!grown)
                return cairn_fail(err, ENOMEM, "out of memory freezing the step");
            f->standing = grown;
            f->standing[f->standing_count++] = threads.numbers[k];
        }
    }
    return rc;
}

static bool stood_before(const struct frozen *f, pid_t tid)
{
    for (size_t i = 0; i < f->standing_count; i++)
        if (f->standing[i] == tid)
            return true;
    return false;
}

/* Judges a thread that cannot be seized: it has ended, we trace it already (a traced thread made
 * it), or another process traces it.
 */
static int not_seized(struct frozen *f, pid_t pid, pid_t tid, cairn_error *err)
{
    struct proc_status status;
    if (proc_read_status(pid, tid, &status, NULL) != 0)
        return 0;
    if (status.tracer == (pid_t)syscall(SYS_gettid))
        return stood_before(f, tid) ? 0 : add_thread(f, tid, pid, err);
    if (status.tracer != 0)
        return cairn_fail(
            err, CAIRN_EUNSUPPORTED,
            "pid %d is being traced by process %d (a debugger or strace); end that first",
            status.ns_pid, status.tracer);
    struct proc_stat stat;
    if (proc_read_stat(tid, &stat, NULL) != 0 || stat.state == 'X')
        return 0;
    if (stat.state ==
        'Z') /* the thread has just ended; its parent may not have waited for it yet */
        return tid == pid ? add_zombie(f, pid, err) : 0;
    if (proc_is_undumpable(pid))
        return freeze_undumpable(pid, err);
    return cairn_fail(
        err, CAIRN_EHOST,
        "this host does not let the supervisor trace pid %d (kernel.yama.ptrace_scope, "
        "seccomp or a security module)",
        status.ns_pid);
}

/* The errors of /proc for ended threads. Any other error may hide a thread that has not ended.
 */
static int unless_ended(int rc)
{
    return rc == -ENOENT || rc == -ESRCH ? 0 : rc;
}

static int seize_process(struct frozen *f, pid_t pid, cairn_error *err)
{
    struct proc_stat stat;
    int rc = proc_read_stat(pid, &stat, err);
    if (rc != 0)
        return unless_ended(rc);
    if (stat.state == 'Z')
        return add_zombie(f, pid, err);
    auto_proc_list struct proc_list threads = {0};
    rc = proc_threads(pid, &threads, err);
    if (rc != 0)
        return unless_ended(rc);
    for (size_t i = 0; i < threads.count; i++) {
        pid_t tid = threads.numbers[i];
        if (find_thread(f, tid))
            continue;
        rc = trace_seize(tid, NULL) == 0 ? add_thread(f, tid, pid, err)
                                         : not_seized(f, pid, tid, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* Seizes all threads. Nothing is stopped yet, so some may be missed: seize_missed finds those
 * later, while the others are stopped. */
static int seize_all(struct frozen *f, pid_t init, cairn_error *err)
{
    for (bool grew = true; grew;) {
        size_t before = f->thread_count;
        auto_proc_list struct proc_list list = {0};
        int rc = proc_descendants(init, &list, err);
        for (size_t i = 0; rc == 0 && i < list.count; i++)
            rc = seize_process(f, list.numbers[i], err);
        if (rc != 0)
            return rc;
        grew = f->thread_count > before;
    }
    return 0;
}

static void interrupt_all(struct frozen *f)
{
    for (size_t i = 0; i < f->thread_count; i++)
        if (!f->threads[i].at_rest)
            ptrace(PTRACE_INTERRUPT, f->threads[i].tid, NULL, NULL);
}

/* A traced thread has just made another thread; both must stop. */
static int adopt_child(struct frozen *f, pid_t parent, cairn_error *err)
{
    unsigned long child;
    if (ptrace(PTRACE_GETEVENTMSG, parent, NULL, &child) < 0)
        return cairn_fail_errno(err, "asking thread %d for its child", parent);
    struct proc_status status;
    if (proc_read_status((pid_t)child, (pid_t)child, &status, NULL) == 0) {
        int rc = add_thread(f, (pid_t)child, status.tgid, err);
        if (rc != 0)
            return rc;
    }
    ptrace(PTRACE_INTERRUPT, parent, NULL, NULL);
    ptrace(PTRACE_CONT, parent, NULL, NULL);
    return 0;
}

static int settle_thread(struct frozen *f, size_t i, int timeout_ms, cairn_error *err)
{
    for (;;) {
        pid_t tid = f->threads[i].tid;
        int status;
        cairn_error why = {0};
        int rc = trace_await_stop(tid, timeout_ms, &status, &why);
        if (rc == -CAIRN_EGONE || rc == -ESRCH) {
            f->threads[i].gone = true;
            return 0;
        }
        if (rc != 0) {
            if (err)
                *err = why;
            return rc;
        }
        switch (trace_event(status)) {
        case PTRACE_EVENT_STOP:
            f->threads[i].at_rest = true;
            f->threads[i].stopped = WSTOPSIG(status) != SIGTRAP ? WSTOPSIG(status) : 0;
            return waits_note(f->waits, f->threads[i].pid, tid, err);
        case PTRACE_EVENT_FORK:
        case PTRACE_EVENT_VFORK:
        case PTRACE_EVENT_CLONE:
            rc = adopt_child(f, tid, err);
            if (rc != 0)
                return rc;
            break;
        default:
            ptrace(PTRACE_CONT, tid, NULL, NULL);
        }
    }
}

/* f->threads grows while we go through it. */
static int settle_all(struct frozen *f, cairn_error *err)
{
    for (size_t i = 0; i < f->thread_count; i++) {
        if (f->threads[i].at_rest || f->threads[i].gone)
            continue;
        int rc = settle_thread(f, i, f->stuck ? 0 : REST_MS, err);
        if (rc == -ETIMEDOUT && f->holding) {
            f->stuck =
                true; /* all threads were interrupted together, so the next ones had time too */
            continue;
        }
        if (rc == -ETIMEDOUT)
            return cairn_fail(
                err, CAIRN_EBUSY_TREE,
                "thread %d of the step did not come to rest in %d ms (it waits in the kernel)",
                f->threads[i].tid, REST_MS);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int seize_children(struct frozen *f, pid_t pid, pid_t tid, cairn_error *err)
{
    auto_proc_list struct proc_list children = {0};
    int rc = proc_children(pid, tid, &children, err);
    if (rc != 0)
        return unless_ended(rc);
    for (size_t i = 0; rc == 0 && i < children.count; i++)
        if (!find_thread(f, children.numbers[i]))
            rc = seize_process(f, children.numbers[i], err);
    return rc;
}

/* Finds threads that were missed, once all known threads are stopped: threads and children of
 * these, and orphans. One was missed if it was being created when its creator was seized, because
 * it then has no tracer. One can also be missing from a listing of /proc, if others end meanwhile.
 */
static int seize_missed(struct frozen *f, pid_t init, cairn_error *err)
{
    static const char CHILDREN[] = "/proc/thread-self/children";
    if (access(CHILDREN, R_OK) != 0)
        return seize_all(f, init, err);
    int rc = seize_children(f, init, init, err);
    for (size_t i = 0; rc == 0 && i < f->thread_count; i++) {
        pid_t pid = f->threads[i].pid, tid = f->threads[i].tid;
        if (f->threads[i].gone)
            continue;
        if (pid == tid)
            rc = seize_process(f, pid, err);
        if (rc == 0)
            rc = seize_children(f, pid, tid, err);
    }
    return rc;
}

/* Stops all threads, and looks again until no new one is found. */
static int settle_tree(struct frozen *f, pid_t init, cairn_error *err)
{
    for (size_t before;;) {
        interrupt_all(f);
        int rc = settle_all(f, err);
        before = f->thread_count;
        if (rc == 0)
            rc = seize_missed(f, init, err);
        if (rc != 0 || f->thread_count == before)
            return rc;
    }
}

static int by_process(const void *a, const void *b)
{
    const struct frozen_thread *x = a, *y = b;
    if (x->pid != y->pid)
        return (x->pid > y->pid) - (x->pid < y->pid);
    if ((x->tid == x->pid) != (y->tid == y->pid))
        return x->tid == x->pid ? -1 : 1;
    return (x->tid > y->tid) - (x->tid < y->tid);
}

/* Drops the threads that ended. A process whose leader ended while other threads live is an error
 * that names it. */
static int tidy(struct frozen *f, cairn_error *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->thread_count; i++) {
        if (!f->threads[i].gone)
            f->threads[kept++] = f->threads[i];
        else if (f->threads[i].tid == f->threads[i].pid) {
            struct proc_stat stat;
            if (proc_read_stat(f->threads[i].pid, &stat, NULL) == 0) {
                int rc = add_zombie(f, f->threads[i].pid, err);
                if (rc != 0)
                    return rc;
            }
        }
    }
    f->thread_count = kept;
    if (kept == 0)
        return cairn_fail(err, CAIRN_EGONE, "the step has ended");
    qsort(f->threads, kept, sizeof *f->threads, by_process);
    for (size_t i = 0; i < kept && !f->holding; i++)
        if ((i == 0 || f->threads[i - 1].pid != f->threads[i].pid) &&
            f->threads[i].tid != f->threads[i].pid)
            return cairn_fail(err, CAIRN_EBUSY_TREE,
                              "the first thread of process %d has ended before the others",
                              f->threads[i].pid);
    /* Drops zombies that their parents have reaped meanwhile. */
    kept = 0;
    for (size_t i = 0; i < f->zombie_count; i++) {
        struct proc_stat stat;
        if (proc_read_stat(f->zombies[i], &stat, NULL) == 0 && stat.state == 'Z')
            f->zombies[kept++] = f->zombies[i];
    }
    f->zombie_count = kept;
    return 0;
}

/* Adds threads that an earlier freeze could not release. */
static int take_over_stuck(struct frozen *f, cairn_error *err)
{
    struct waits *w = f->waits;
    int rc = 0;
    for (; rc == 0 && w->stuck_count > 0; w->stuck_count -= rc == 0) {
        struct proc_status status;
        pid_t tid = w->stuck[w->stuck_count - 1];
        if (proc_read_status(tid, tid, &status, NULL) == 0)
            rc = add_thread(f, tid, status.tgid, err);
    }
    return rc;
}

static int freeze_once(pid_t init, bool holding, struct waits *waits, struct frozen *out,
                       cairn_error *err)
{
    struct frozen f = {.waits = waits, .holding = holding};
    int rc = take_over_stuck(&f, err);
    if (rc == 0 && holding)
        rc = note_standing(&f, init, err);
    if (rc == 0)
        rc = seize_all(&f, init, err);
    f.since_us = freeze_clock_us();
    if (rc == 0 && f.thread_count == 0 && f.standing_count > 0) {
        *out = f; /* a capture is using these stopped threads */
        return 0;
    }
    waits_begin(waits);
    if (rc == 0)
        rc = settle_tree(&f, init, err);
    if (rc == 0)
        rc = tidy(&f, err);
    if (rc == 0)
        waits_settle(waits);
    if (rc != 0) {
        freeze_release(&f);
        return rc;
    }
    *out = f;
    return 0;
}

static int freeze(pid_t init, bool holding, struct waits *waits, struct frozen *out,
                  cairn_error *err)
{
    for (int attempt = 1;; attempt++) {
        int rc = freeze_once(init, holding, waits, out, err);
        if (rc != -CAIRN_EBUSY_TREE || attempt == TRIES)
            return rc;
        struct timespec pause = {0, BETWEEN_TRIES_MS * 1000000};
        nanosleep(&pause, NULL);
    }
}

int freeze_tree(pid_t init, struct waits *waits, struct frozen *out, cairn_error *err)
{
    return freeze(init, false, waits, out, err);
}

int freeze_hold(pid_t init, struct waits *waits, struct frozen *out, cairn_error *err)
{
    return freeze(init, true, waits, out, err);
}

/* Reaps a thread that was killed while stopped. Its parent learns of the end only after its tracer.
 */
static void let_thread_go(struct frozen *f, pid_t tid)
{
    int status = 0;
    waits_release(f->waits, tid);
    if (ptrace(PTRACE_DETACH, tid, NULL, NULL) == 0 || errno != ESRCH)
        return;
    while (waitpid(tid, &status, __WALL) == tid ? WIFSTOPPED(status) : errno == EINTR) {
    }
}

static void note_stuck(struct waits *w, pid_t tid)
{
    pid_t *grown = reallocarray(w->stuck, w->stuck_count + 1, sizeof *grown);
    if (!grown)
        return; /* it stays stopped until the next freeze */
    w->stuck = grown;
    w->stuck[w->stuck_count++] = tid;
}

static void release(struct frozen *f, int timeout_ms)
{
    /* Leaders come last: the kernel reports the end of a leader only after the ends of its other
     * threads. */
    for (size_t i = f->thread_count; i-- > 0;)
        if (f->threads[i].at_rest && !f->threads[i].gone)
            let_thread_go(f, f->threads[i].tid);
    /* Threads that have not stopped can be detached only when they stop. The others already run, so
     * that the awaited event (a vfork's exec) can happen. */
    interrupt_all(f);
    for (size_t from = 0, to; from < f->thread_count; from = to) { /* it grows meanwhile */
        to = f->thread_count;
        for (size_t i = to; i-- > from;) {
            if (f->threads[i].at_rest || f->threads[i].gone)
                continue;
            if (settle_thread(f, i, timeout_ms, NULL) == -ETIMEDOUT) {
                note_stuck(f->waits, f->threads[i].tid);
                timeout_ms = 0; /* all threads were interrupted together */
            } else if (f->threads[i].at_rest) {
                let_thread_go(f, f->threads[i].tid);
            }
        }
    }
    free(f->threads);
    free(f->zombies);
    free(f->standing);
    *f = (struct frozen){0};
}

void freeze_release(struct frozen *f)
{
    release(f, LET_GO_MS);
}

void freeze_retry(struct waits *waits)
{
    struct frozen f = {.waits = waits};
    if (waits->stuck_count == 0)
        return;
    (void)!take_over_stuck(&f, NULL); /* without memory for all: releases the others later */
    release(&f, 0);
}
