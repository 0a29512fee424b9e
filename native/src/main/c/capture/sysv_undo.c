/* Records what SEM_UNDO makes the kernel do at the end of a process. The kernel does not report
 * these adjustments. So the capture makes the process trigger them, as its end would, and then
 * register them again. Meanwhile the semaphores have values in the middle of their range, so that
 * no adjustment exceeds it. */
#include <errno.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/objects.h"

#define MIDDLE 16384
#define MOST_SEMAPHORES 150 /* the semaphores of a set, which one call changes */

/* Whether the kernel keeps SEM_UNDO adjustments for this process. It keeps none for pid 1. */
static bool has_notes(const struct objects *o, const struct captured_process *p)
{
    return syscall(SYS_kcmp, p->pid, o->init, KCMP_SYSVSEM, 0, 0) != 0;
}

static int refuse(const struct captured_process *p, const char *why, cairn_error *err)
{
    return cairn_fail(err, CAIRN_EUNSUPPORTED,
                      "pid %d %s while the step has SysV semaphores: what SEM_UNDO would undo "
                      "cannot be told; use POSIX semaphores, remove the semaphores (ipcrm) before "
                      "the checkpoint, or use `checkpoint.engine: app`",
                      p->ns_pid, why);
}

static int check(const struct objects *o, const struct captured_process *processes, size_t count,
                 const json_t *sets, cairn_error *err)
{
    size_t k;
    const json_t *set;
    for (size_t i = 0; i < count; i++) {
        const struct captured_process *p = &processes[i];
        if (!has_notes(o, p))
            continue;
        if (p->thread_count > 1)
            return refuse(p, "has threads", err);
        for (k = 0; k < i; k++)
            if (syscall(SYS_kcmp, p->pid, processes[k].pid, KCMP_SYSVSEM, 0, 0) == 0)
                return refuse(p, "shares its notes of them (CLONE_SYSVSEM)", err);
        json_array_foreach(sets, k, set)
        {
            if (json_array_size(json_object_get(set, "values")) > MOST_SEMAPHORES)
                return refuse(p, "uses large sets", err);
        }
    }
    return 0;
}

struct changes {
    struct sembuf list[2 * MOST_SEMAPHORES];
    size_t count;
};

static void change(struct changes *c, size_t number, int by, int flags)
{
    if (by != 0)
        c->list[c->count++] =
            (struct sembuf){(unsigned short)number, (short)by, (short)(flags | IPC_NOWAIT)};
}

/* *done is false if the process lacks the permission, so that it has never changed the set. */
static int make_changes(struct captured_process *p, json_int_t id, const struct changes *c,
                        bool *done, cairn_error *err)
{
    long result = 0;
    int rc =
        inject_write(&p->injector, p->injector.scratch, c->list, c->count * sizeof *c->list, err);
    if (rc == 0 && c->count > 0)
        rc = inject(&p->injector, &result, err, SYS_semop, (uint64_t)id, p->injector.scratch,
                    c->count, 0, 0, 0);
    *done = result == 0;
    if (rc != 0 || result == 0 || result == -EACCES)
        return rc;
    errno = (int)-result;
    return cairn_fail_errno(err, "pid %d: changing semaphore set %lld", p->ns_pid, (long long)id);
}

static int bring_to_middle(struct captured_process *p, const json_t *set, bool *done,
                           cairn_error *err)
{
    struct changes c = {.count = 0};
    size_t k;
    const json_t *value;
    json_array_foreach(json_object_get(set, "values"), k, value)
    {
        change(&c, k, MIDDLE - (int)json_integer_value(value), 0);
    }
    return make_changes(p, json_integer_value(json_object_get(set, "id")), &c, done, err);
}

/* The semaphores' values now show the adjustments. Registers the same adjustments again, and
 * restores the original values. */
static int take_notes(struct captured_process *p, const json_t *set, json_t *undo, cairn_error *err)
{
    const json_t *values = json_object_get(set, "values");
    json_int_t id = json_integer_value(json_object_get(set, "id"));
    unsigned short now[MOST_SEMAPHORES];
    size_t count = json_array_size(values);
    struct changes c = {.count = 0};
    json_auto_t *adjustments = json_array();
    int rc = inject_ok(&p->injector, "GETALL", NULL, err, SYS_semctl, (uint64_t)id, 0, GETALL,
                       p->injector.scratch, 0, 0);
    if (rc == 0)
        rc = inject_read(&p->injector, p->injector.scratch, now, count * sizeof *now, err);
    for (size_t k = 0; rc == 0 && k < count; k++) {
        int adjustment = (int)now[k] - MIDDLE;
        change(&c, k, -adjustment, SEM_UNDO);
        change(&c, k, (int)json_integer_value(json_array_get(values, k)) - MIDDLE, 0);
        json_array_append_new(adjustments, json_integer(adjustment));
    }
    bool done;
    if (rc == 0)
        rc = make_changes(p, id, &c, &done, err);
    if (rc == 0)
        json_array_append_new(undo, json_pack("{s:I, s:O}", "set", id, "adjustments", adjustments));
    return rc;
}

static int capture_notes(struct captured_process *p, const json_t *sets, cairn_error *err)
{
    size_t k, count = json_array_size(sets);
    bool *changed = calloc(count + 1, sizeof *changed);
    json_t *undo = json_array();
    if (!changed)
        return cairn_fail(err, ENOMEM, "out of memory taking semaphores");
    json_object_set_new(p->json, "undo", undo);
    int rc = 0;
    for (k = 0; rc == 0 && k < count; k++)
        rc = bring_to_middle(p, json_array_get(sets, k), &changed[k], err);
    if (rc == 0)
        rc = inject_ok(&p->injector, "unshare", NULL, err, SYS_unshare, CLONE_SYSVSEM, 0, 0, 0, 0,
                       0);
    for (k = 0; rc == 0 && k < count; k++)
        if (changed[k])
            rc = take_notes(p, json_array_get(sets, k), undo, err);
    free(changed);
    return rc;
}

int capture_undo(const struct objects *o, struct captured_process *processes, size_t count,
                 const json_t *sets, cairn_error *err)
{
    int rc = json_array_size(sets) > 0 ? check(o, processes, count, sets, err) : 0;
    for (size_t i = 0; rc == 0 && json_array_size(sets) > 0 && i < count; i++)
        if (has_notes(o, &processes[i]))
            rc = capture_notes(&processes[i], sets, err);
    return rc;
}
