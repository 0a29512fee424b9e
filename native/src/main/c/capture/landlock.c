/* Detects Landlock, which restricts what a thread and its children may do. The kernel does not
 * report the restrictions, and a restored thread would lack them, so the checkpoint is refused. Two
 * effects show them: an unrestricted task is out of reach for the ptrace of a restricted one, and a
 * thread can have at most 16 layers. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/captured.h"
#include "common/json.h"

/* The headers of the oldest supported distribution do not define these. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self 446
#endif
#define MAKE_SYMLINKS (1ull << 12)
#define LAYERS 16

static bool host_has_landlock(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, 1 /* its version */) > 0;
}

/* Whether the process can have restricted itself: the kernel demands no_new_privs or CAP_SYS_ADMIN
 * for that. */
static bool may_be_restricted(const struct captured_process *p, size_t thread)
{
    const json_t *json = json_array_get(json_object_get(p->json, "threads"), thread);
    uint64_t effective = 0;
    (void)!json_need_hex(json_object_get(json, "capabilities"), "effective", &effective, NULL);
    return json_is_true(json_object_get(json, "no_new_privs")) || effective >> CAP_SYS_ADMIN & 1;
}

static struct injector injector_of(const struct captured_process *p, size_t thread)
{
    struct injector in = p->injector;
    in.tid = p->threads[thread].tid;
    in.base = p->threads[thread].cpu.registers;
    return in;
}

/* Restricts the helper, a copy of the thread, until the kernel refuses another layer. */
static int count_layers(struct injector *helper, int *out, cairn_error *err)
{
    static const uint64_t handled = MAKE_SYMLINKS;
    long rules, result = 0;
    int rc = inject_ok(helper, "closing the descriptors of a helper", NULL, err, SYS_close_range, 0,
                       ~0u, 2 /* CLOSE_RANGE_UNSHARE */, 0, 0, 0);
    if (rc == 0)
        rc = inject_write(helper, helper->scratch, &handled, sizeof handled, err);
    if (rc == 0)
        rc = inject_ok(helper, "landlock_create_ruleset", &rules, err, SYS_landlock_create_ruleset,
                       helper->scratch, sizeof handled, 0, 0, 0, 0);
    for (*out = 0; rc == 0 && result == 0 && *out <= LAYERS; *out += result == 0)
        rc = inject(helper, &result, err, SYS_landlock_restrict_self, (uint64_t)rules, 0, 0, 0, 0,
                    0);
    return rc;
}

/* A task of the step that is known to be unrestricted. */
struct reference {
    struct captured_process *made_by;
    struct injector in;
    long ns_pid;
};

/* Makes a helper in the thread. The first helper becomes the reference. */
static int count_layers_of(struct captured_process *p, size_t thread, struct reference *reference,
                           int *out, cairn_error *err)
{
    struct reference made = {.made_by = p, .in = injector_of(p, thread)};
    struct injector in = made.in;
    int rc =
        inject_clone(&in, "making a helper that shows whether Landlock holds it", &made.in.tid,
                     &made.ns_pid, err, SYS_clone, CLONE_VM | CLONE_FS | CLONE_FILES, 0, 0, 0, 0);
    if (rc != 0)
        return rc;
    rc = count_layers(&made.in, out, err);
    if (rc == 0 && !reference->made_by && *out == LAYERS) {
        *reference = made;
        return 0;
    }
    int ended = end_helper(p, &made.in, made.ns_pid, rc == 0 ? err : NULL);
    return rc != 0 ? rc : ended;
}

/* An unrestricted task may inspect every task, restricted ones included. */
static int reaches(const struct captured_process *p, size_t thread,
                   const struct reference *reference, bool *out, cairn_error *err)
{
    struct injector in = injector_of(p, thread);
    long order = -EPERM;
    int rc = reference->made_by
                 ? inject(&in, &order, err, SYS_kcmp, (uint64_t)p->threads[thread].ns_tid,
                          (uint64_t)reference->ns_pid, KCMP_VM, 0, 0, 0)
                 : 0;
    *out = order >= 0;
    return rc;
}

static int refuse_restricted(struct captured_process *p, size_t thread, struct reference *reference,
                             cairn_error *err)
{
    bool free;
    int layers = LAYERS;
    int rc = reaches(p, thread, reference, &free, err);
    if (rc == 0 && !free)
        rc = count_layers_of(p, thread, reference, &layers, err);
    return rc == 0 && layers < LAYERS
               ? cairn_fail(err, CAIRN_EUNSUPPORTED,
                            "pid %d has restricted itself with Landlock (thread %d), which cannot "
                            "be read; start it without its sandbox, or use `checkpoint.engine: "
                            "app`",
                            p->ns_pid, p->threads[thread].ns_tid)
               : rc;
}

int refuse_landlock(struct captured_process *processes, size_t count, cairn_error *err)
{
    struct reference reference = {0};
    int rc = 0;
    bool has = host_has_landlock();
    for (size_t i = 0; rc == 0 && has && i < count; i++)
        for (size_t k = 0; rc == 0 && k < processes[i].thread_count; k++)
            if (may_be_restricted(&processes[i], k))
                rc = refuse_restricted(&processes[i], k, &reference, err);
    if (!reference.made_by)
        return rc;
    int ended =
        end_helper(reference.made_by, &reference.in, reference.ns_pid, rc == 0 ? err : NULL);
    return rc != 0 ? rc : ended;
}
