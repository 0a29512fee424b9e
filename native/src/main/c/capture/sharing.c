/* Refuses processes in a state that an image cannot describe: they share more than a fork leaves
 * shared, or they live in namespaces of their own. Otherwise restored processes would silently
 * continue with copies, or see another host. */
#include <errno.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/captured.h"
#include "common/cleanup.h"

/* The links in /proc/PID/ns, and how a program gets its own namespace of each kind. */
static const struct {
    const char *link, *what;
} namespaces[] = {
    {"user", "in a user namespace"},   {"mnt", "in a mount namespace"},
    {"pid", "in a pid namespace"},     {"pid_for_children", "with a pid namespace for children"},
    {"net", "in a network namespace"}, {"ipc", "in an ipc namespace"},
    {"uts", "in a uts namespace"},     {"cgroup", "in a cgroup namespace"},
    {"time", "in a time namespace"},   {"time_for_children", "with a time namespace for children"},
};

/* "" for a namespace that the kernel lacks, or whose first process does not exist yet. */
static void read_namespace(pid_t pid, pid_t tid, const char *link, char out[64])
{
    char path[96];
    snprintf(path, sizeof path, "/proc/%d/task/%d/ns/%s", pid, tid, link);
    ssize_t n = readlink(path, out, 63);
    out[n > 0 ? n : 0] = '\0';
}

int refuse_other_namespaces(const struct frozen *frozen, pid_t init, cairn_error *err)
{
    for (size_t k = 0; k < sizeof namespaces / sizeof *namespaces; k++) {
        char own[64], theirs[64];
        read_namespace(init, init, namespaces[k].link, own);
        for (size_t i = 0; i < frozen->thread_count; i++) {
            const struct frozen_thread *t = &frozen->threads[i];
            struct proc_stat stat;
            struct proc_status status;
            read_namespace(t->pid, t->tid, namespaces[k].link, theirs);
            if (strcmp(own, theirs) == 0)
                continue;
            int rc = proc_read_stat(t->pid, &stat, err);
            if (rc == 0)
                rc = proc_read_status(t->pid, t->tid, &status, err);
            return rc != 0 ? rc
                           : cairn_fail(err, CAIRN_EUNSUPPORTED,
                                        "pid %d (%s) runs %s of its own (unshare, bubblewrap, a "
                                        "container), which this version does not save; start it "
                                        "without, or use `checkpoint.engine: app`",
                                        status.ns_pid, stat.comm, namespaces[k].what);
        }
    }
    return 0;
}

struct shared_kind {
    int type; /* of kcmp */
    const char *what, *flag;
};

static const struct shared_kind shared_kinds[] = {
    {KCMP_VM, "memory", "CLONE_VM"},
    {KCMP_FILES, "descriptors", "CLONE_FILES"},
    {KCMP_FS, "working folder", "CLONE_FS"},
};

struct comparison {
    int type, failed; /* errno of a call that could not compare two tasks */
};

/* Compares what two tasks have, in the kernel's order; 0: they share it. */
static int compare_tasks(pid_t a, pid_t b, struct comparison *c)
{
    long order = syscall(SYS_kcmp, a, b, c->type, 0, 0);
    if (order < 0)
        c->failed = errno;
    return order < 0 ? 1 : order == 1 ? -1 : order != 0;
}

static int compare_processes(const void *a, const void *b, void *context)
{
    const struct captured_process *x = *(const struct captured_process *const *)a,
                                  *y = *(const struct captured_process *const *)b;
    return x == y ? 0 : compare_tasks(x->pid, y->pid, context);
}

static int comparing_failed(const struct comparison *c, cairn_error *err)
{
    return cairn_fail(err, c->failed == ESRCH ? CAIRN_EGONE : CAIRN_EHOST,
                      "this host does not tell what processes share (kcmp: %s)",
                      strerror(c->failed));
}

static int refuse_sharing_processes(struct captured_process **sorted, size_t count,
                                    const struct shared_kind *kind, cairn_error *err)
{
    struct comparison c = {.type = kind->type};
    qsort_r(sorted, count, sizeof *sorted, compare_processes, &c);
    for (size_t i = 1; i < count && !c.failed; i++)
        if (compare_tasks(sorted[i - 1]->pid, sorted[i]->pid, &c) == 0)
            return cairn_fail(err, CAIRN_EUNSUPPORTED,
                              "pid %d and pid %d share their %s (%s without CLONE_THREAD), which "
                              "this version does not save; end one of them before the checkpoint, "
                              "or use `checkpoint.engine: app`",
                              sorted[i - 1]->ns_pid, sorted[i]->ns_pid, kind->what, kind->flag);
    return c.failed ? comparing_failed(&c, err) : 0;
}

/* Refuses a thread that has stopped sharing with its process: an image only records what all
 * threads share. */
static int refuse_lone_threads(const struct captured_process *p, const struct shared_kind *kind,
                               cairn_error *err)
{
    struct comparison c = {.type = kind->type};
    for (size_t i = 1; i < p->thread_count; i++) {
        bool shares = compare_tasks(p->pid, p->threads[i].tid, &c) == 0;
        if (c.failed)
            return comparing_failed(&c, err);
        if (!shares)
            return cairn_fail(err, CAIRN_EUNSUPPORTED,
                              "pid %d: its thread %d does not share the %s of the others (unshare "
                              "with %s), which this version does not save; use "
                              "`checkpoint.engine: app`",
                              p->ns_pid, p->threads[i].ns_tid, kind->what, kind->flag);
    }
    return 0;
}

int refuse_sharing(struct captured_process *processes, size_t count, cairn_error *err)
{
    auto_free struct captured_process **sorted = calloc(count, sizeof *sorted);
    if (!sorted)
        return cairn_fail(err, ENOMEM, "out of memory comparing the processes of the step");
    for (size_t i = 0; i < count; i++)
        sorted[i] = &processes[i];
    int rc = 0;
    for (size_t k = 0; rc == 0 && k < sizeof shared_kinds / sizeof *shared_kinds; k++) {
        rc = refuse_sharing_processes(sorted, count, &shared_kinds[k], err);
        for (size_t i = 0; rc == 0 && i < count; i++)
            rc = refuse_lone_threads(&processes[i], &shared_kinds[k], err);
    }
    return rc;
}
