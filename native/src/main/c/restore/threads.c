/* Creates threads, and restores the state of each. */
#include "restore/threads.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/hex.h"
#include "common/json.h"
#include "restore/memory_policy.h"
#include "restore/waits.h"
#include "task/settings.h"

#define THREAD_LIMIT 65536

static int make_thread(struct restored_process *p, struct restored_thread *t, cairn_error *err)
{
    int64_t tid;
    int rc = json_need_int(t->json, "tid", 2, 1 << 30, &tid, err);
    if (rc != 0)
        return rc;
    struct {
        struct clone_args args;
        pid_t tid;
    } call = {.args = {.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                                CLONE_SYSVSEM,
                       .set_tid = p->injector.scratch + offsetof(__typeof__(call), tid),
                       .set_tid_size = 1},
              .tid = (pid_t)tid};
    rc = inject_write(&p->injector, p->injector.scratch, &call, sizeof call, err);
    return rc != 0 ? rc
                   : inject_clone(&p->injector, "making a thread again", &t->tid, NULL, err,
                                  SYS_clone3, p->injector.scratch, sizeof call.args, 0, 0, 0);
}

int threads_make(const struct restoration *r, struct restored_process *p, cairn_error *err)
{
    (void)r;
    json_t *list;
    int rc = json_need_array(p->json, "threads", THREAD_LIMIT, &list, err);
    if (rc != 0)
        return rc;
    p->threads = calloc(json_array_size(list) + 1, sizeof *p->threads);
    if (!p->threads)
        return cairn_fail(err, ENOMEM, "out of memory restoring pid %d", p->ns_pid);
    for (size_t i = 0; rc == 0 && i < json_array_size(list); i++) {
        struct restored_thread *t = &p->threads[p->thread_count++];
        t->json = json_array_get(list, i);
        rc = cpu_state_from_json(json_object_get(t->json, "cpu"), &t->cpu, err);
        if (rc == 0 && i == 0)
            t->tid = p->pid;
        else if (rc == 0)
            rc = make_thread(p, t, err);
    }
    if (rc == 0 && p->thread_count == 0)
        rc = cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "pid %d has no thread", p->ns_pid);
    return rc;
}

static int set_alternate_stack(struct injector *in, const json_t *json, cairn_error *err)
{
    json_t *stack;
    uint64_t address, size;
    int64_t flags;
    int rc = json_need_object(json, "altstack", &stack, err);
    if (rc == 0)
        rc = json_need_hex(stack, "address", &address, err);
    if (rc == 0)
        rc = json_need_hex(stack, "size", &size, err);
    if (rc == 0)
        rc = json_need_int(stack, "flags", INT32_MIN, UINT32_MAX, &flags, err);
    if (rc != 0)
        return rc;
    /* Also sets an empty value, because the process that makes the thread may have another one. */
    stack_t value = {.ss_sp = (void *)(uintptr_t)address, .ss_flags = (int)flags, .ss_size = size};
    rc = inject_write(in, in->scratch, &value, sizeof value, err);
    return rc != 0 ? rc
                   : inject_ok(in, "sigaltstack", NULL, err, SYS_sigaltstack, in->scratch, 0, 0, 0,
                               0, 0);
}

static int set_rseq(struct injector *in, const json_t *json, cairn_error *err)
{
    json_t *rseq = NULL;
    uint64_t address, signature;
    int64_t size;
    int rc = json_may_object(json, "rseq", &rseq, err);
    if (rc != 0 || !rseq)
        return rc;
    rc = json_need_hex(rseq, "address", &address, err);
    if (rc == 0)
        rc = json_need_int(rseq, "size", 0, 4096, &size, err);
    if (rc == 0)
        rc = json_need_hex(rseq, "signature", &signature, err);
    return rc != 0 ? rc
                   : inject_ok(in, "rseq", NULL, err, SYS_rseq, address, (uint64_t)size, 0,
                               signature, 0, 0);
}

int threads_forget_rseq(struct injector *in, cairn_error *err)
{
    struct __ptrace_rseq_configuration rseq = {0};
    if (ptrace(PTRACE_GET_RSEQ_CONFIGURATION, in->tid, (void *)sizeof rseq, &rseq) < 0 ||
        rseq.rseq_abi_pointer == 0)
        return 0;
    return inject_ok(in, "ending rseq", NULL, err, SYS_rseq, rseq.rseq_abi_pointer,
                     rseq.rseq_abi_size, 1, rseq.signature, 0, 0);
}

/* Sets the time slice of a thread that differed from the default. An idle thread keeps the slice
 * that it had before. */
static void set_time_slice(const struct restored_thread *t)
{
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } a = {.size = 48};
    int policy = (int)json_integer_value(json_object_get(t->json, "policy"));
    if (!json_object_get(t->json, "runtime_ns"))
        return;
    bool deadline = (policy & ~SCHED_RESET_ON_FORK) == SCHED_DEADLINE;
    a.policy = deadline ? SCHED_DEADLINE : SCHED_OTHER;
    a.flags = deadline && (policy & SCHED_RESET_ON_FORK) ? 1 : 0; /* SCHED_FLAG_RESET_ON_FORK */
    a.nice = getpriority(PRIO_PROCESS, (id_t)t->tid);
    a.runtime = (uint64_t)json_integer_value(json_object_get(t->json, "runtime_ns"));
    a.deadline = (uint64_t)json_integer_value(json_object_get(t->json, "deadline_ns"));
    a.period = (uint64_t)json_integer_value(json_object_get(t->json, "period_ns"));
    syscall(SYS_sched_setattr, t->tid, &a, 0);
}

/* Leaves out what this host refuses (a real-time class, a raised priority, a processor that it
 * lacks): that changes speed, not results. */
static void set_scheduling(const struct restored_thread *t)
{
    struct sched_param parameter = {
        .sched_priority = (int)json_integer_value(json_object_get(t->json, "priority"))};
    int policy = (int)json_integer_value(json_object_get(t->json, "policy"));
    set_time_slice(t);
    if (policy != SCHED_OTHER)
        sched_setscheduler(t->tid, policy, &parameter);
    int nice = (int)json_integer_value(json_object_get(t->json, "nice"));
    errno = 0;
    if (getpriority(PRIO_PROCESS, (id_t)t->tid) != nice)
        setpriority(PRIO_PROCESS, (id_t)t->tid, nice);
    int io = (int)json_integer_value(json_object_get(t->json, "ioprio"));
    if (io >>
        13) /* an image without a class means the default, and setting one would change that */
        syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, t->tid, io);
    auto_free void *cpus = NULL;
    size_t len;
    if (hex_decode(json_string_value(json_object_get(t->json, "affinity")), sizeof(cpu_set_t),
                   &cpus, &len, NULL) == 0)
        sched_setaffinity(t->tid, len, cpus);
}

static int send_pending(struct injector *in, const json_t *list, long nr, uint64_t first,
                        uint64_t second, cairn_error *err)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        auto_free void *info = NULL;
        size_t len;
        int rc = hex_decode(json_string_value(item), sizeof(siginfo_t), &info, &len, err);
        if (rc == 0 && len != sizeof(siginfo_t))
            rc = cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "a pending signal of %zu bytes", len);
        if (rc == 0)
            rc = inject_write(in, in->scratch, info, len, err);
        if (rc != 0)
            return rc;
        uint64_t signo = (uint64_t)((siginfo_t *)info)->si_signo;
        if (signo == SIGSTOP) /* cannot be blocked: stops.c */
            continue;
        bool thread = nr == SYS_rt_tgsigqueueinfo;
        rc = inject_ok(in, "sending a signal that was pending", NULL, err, nr, first,
                       thread ? second : signo, thread ? signo : in->scratch,
                       thread ? in->scratch : 0, 0, 0);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int threads_set_capabilities(struct injector *in, const json_t *json, cairn_error *err)
{
    json_t *caps;
    uint64_t inheritable, permitted, effective;
    int rc = json_need_object(json, "capabilities", &caps, err);
    if (rc == 0)
        rc = json_need_hex(caps, "inheritable", &inheritable, err);
    if (rc == 0)
        rc = json_need_hex(caps, "permitted", &permitted, err);
    if (rc == 0)
        rc = json_need_hex(caps, "effective", &effective, err);
    if (rc != 0)
        return rc;
    struct {
        struct __user_cap_header_struct header;
        struct __user_cap_data_struct data[2];
    } call = {.header = {_LINUX_CAPABILITY_VERSION_3, 0},
              .data = {{(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
                       {(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32),
                        (uint32_t)(inheritable >> 32)}}};
    rc = inject_write(in, in->scratch, &call, sizeof call, err);
    return rc != 0 ? rc
                   : inject_ok(in, "capset", NULL, err, SYS_capset, in->scratch,
                               in->scratch + offsetof(__typeof__(call), data), 0, 0, 0, 0);
}

/* If this host lacks the nodes, memory comes from the nodes that it has. */
static int set_memory_policy(struct injector *in, const json_t *json, cairn_error *err)
{
    struct memory_policy policy;
    long result;
    int rc = memory_policy_write(in, json, "memory_policy", &policy, err);
    return rc != 0 || policy.maxnode == 0 ? rc
                                          : inject(in, &result, err, SYS_set_mempolicy, policy.mode,
                                                   in->scratch, policy.maxnode, 0, 0, 0);
}

int threads_set_ids(struct injector *in, const struct restored_process *p, bool keeps_capabilities,
                    cairn_error *err)
{
    const json_t *uid = json_object_get(p->json, "uid"), *gid = json_object_get(p->json, "gid");
    uint64_t u[3], g[3];
    bool same = true;
    for (size_t i = 0; i < 3; i++) {
        u[i] = (uint64_t)json_integer_value(json_array_get(uid, i));
        g[i] = (uint64_t)json_integer_value(json_array_get(gid, i));
        same &= u[i] == geteuid() && g[i] == getegid();
    }
    if (same)
        return 0;
    /* The capabilities must survive the change of ids. They are set afterwards. */
    int rc = inject_ok(in, "PR_SET_KEEPCAPS", NULL, err, SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0, 0);
    if (rc == 0)
        rc = inject_ok(in, "setresgid", NULL, err, SYS_setresgid, g[0], g[1], g[2], 0, 0, 0);
    if (rc == 0)
        rc = inject_ok(in, "setresuid", NULL, err, SYS_setresuid, u[0], u[1], u[2], 0, 0, 0);
    if (rc == 0)
        rc = inject_ok(in, "PR_SET_KEEPCAPS", NULL, err, SYS_prctl, PR_SET_KEEPCAPS,
                       keeps_capabilities, 0, 0, 0, 0);
    return rc != 0 ? cairn_fail_within(err, rc, "pid %d ran as user %u", p->ns_pid, (unsigned)u[0])
                   : 0;
}

static int make_room_for_tiles(struct injector in, cairn_error *err)
{
    int rc = inject_write(&in, in.scratch, &cpu_tiles_user, sizeof cpu_tiles_user, err);
    in.syscall_at = in.scratch + offsetof(struct cpu_tiles_user, code);
    return rc != 0 ? rc
                   : inject_ok(&in, "using AMX", NULL, err, SYS_getpid,
                               in.scratch + offsetof(struct cpu_tiles_user, configuration), 0, 0, 0,
                               0, 0);
}

static int set_personality(struct injector *in, const json_t *json, cairn_error *err)
{
    int64_t own = -1;
    int rc = json_may_int(json, "personality", 0, UINT32_MAX, &own, err);
    return rc != 0 || own < 0 ? rc
                              : inject_ok(in, "personality", NULL, err, SYS_personality,
                                          (uint64_t)own, 0, 0, 0, 0, 0);
}

static int finish_thread(const struct restoration *r, struct restored_process *p,
                         struct restored_thread *t, cairn_error *err)
{
    struct injector in = p->injector;
    in.tid = t->tid;
    uint64_t clear_tid, robust = 0;
    int64_t death_signal = 0, secure_bits = 0, tid;
    bool no_new_privs = false;
    const char *comm;
    int rc = json_need_hex(t->json, "clear_tid", &clear_tid, err);
    if (rc == 0 && json_object_get(t->json, "robust_list"))
        rc = json_need_hex(t->json, "robust_list", &robust, err);
    if (rc == 0)
        rc = json_may_int(t->json, "death_signal", 0, 64, &death_signal, err);
    if (rc == 0)
        rc = json_may_int(t->json, "secure_bits", 0, INT32_MAX, &secure_bits, err);
    if (rc == 0)
        rc = json_may_bool(t->json, "no_new_privs", &no_new_privs, err);
    if (rc == 0)
        rc = json_need_string(t->json, "comm", 64, &comm, err);
    if (rc == 0)
        rc = json_need_int(t->json, "tid", 2, 1 << 30, &tid, err);
    if (rc == 0)
        rc = inject_write(&in, in.scratch, comm, strlen(comm) + 1, err);
    if (rc == 0)
        rc = inject_ok(&in, "PR_SET_NAME", NULL, err, SYS_prctl, PR_SET_NAME, in.scratch, 0, 0, 0,
                       0);
    if (rc == 0)
        rc = inject_ok(&in, "set_tid_address", NULL, err, SYS_set_tid_address, clear_tid, 0, 0, 0,
                       0, 0);
    if (rc == 0)
        rc = inject_ok(&in, "set_robust_list", NULL, err, SYS_set_robust_list, robust, 24, 0, 0, 0,
                       0);
    if (rc == 0)
        rc = set_personality(&in, t->json, err);
    if (rc == 0)
        rc = set_alternate_stack(&in, t->json, err);
    if (rc == 0)
        rc = send_pending(&in, json_object_get(t->json, "pending"), SYS_rt_tgsigqueueinfo,
                          (uint64_t)p->ns_pid, (uint64_t)tid, err);
    if (rc == 0)
        set_scheduling(t);
    if (rc == 0)
        rc = set_memory_policy(&in, t->json, err);
    if (rc == 0)
        rc = settings_restore(&in, SETTING_OF_THREAD, t->json, err);
    if (rc == 0)
        rc = threads_set_ids(&in, p, secure_bits >> 4 & 1 /* SECBIT_KEEP_CAPS */, err);
    if (rc == 0 && no_new_privs)
        rc = inject_ok(&in, "PR_SET_NO_NEW_PRIVS", NULL, err, SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0,
                       0, 0, 0);
    if (rc == 0)
        rc = threads_set_capabilities(&in, t->json, err);
    if (rc == 0 && death_signal) /* set after the credentials, whose change clears it */
        rc = inject_ok(&in, "PR_SET_PDEATHSIG", NULL, err, SYS_prctl, PR_SET_PDEATHSIG,
                       (uint64_t)death_signal, 0, 0, 0, 0);
    if (rc == 0 && (cpu_in_use(&t->cpu, &r->cpu_there) >> CPU_TILES & 1))
        rc = make_room_for_tiles(in, err);
    if (rc == 0)
        rc = set_rseq(&in, t->json, err);
    return rc;
}

int threads_finish(const struct restoration *r, struct restored_process *p, cairn_error *err)
{
    int rc = send_pending(&p->injector, json_object_get(p->json, "pending"), SYS_rt_sigqueueinfo,
                          (uint64_t)p->ns_pid, 0, err);
    for (size_t i = 0; rc == 0 && i < p->thread_count; i++) {
        rc = finish_thread(r, p, &p->threads[i], err);
        if (rc != 0)
            return cairn_fail_within(err, rc, "thread %zu", i);
    }
    return rc;
}

int threads_leave(const struct restoration *r, struct restored_process *p, cairn_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < p->thread_count; i++)
        rc = wait_resume(r, p, &p->threads[i], err);
    if (rc == 0)
        rc = inject_ok(&p->injector, "leaving the trampoline", NULL, err, SYS_munmap, r->trampoline,
                       TRAMPOLINE_BYTES, 0, 0, 0, 0);
    for (size_t i = 0; rc == 0 && i < p->thread_count; i++) {
        struct restored_thread *t = &p->threads[i];
        uint64_t mask;
        rc = json_need_hex(t->json, "signal_mask", &mask, err);
        if (rc == 0)
            rc = cpu_set_state(t->tid, &t->cpu, &r->cpu_there, &r->cpu_here, err);
        if (rc == 0)
            rc = trace_set_signal_mask(t->tid, mask, err);
    }
    return rc;
}
