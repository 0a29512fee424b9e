/* The state of threads. */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
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

#include "capture/captured.h"
#include "common/cleanup.h"
#include "common/hex.h"
#include "common/io.h"
#include "common/json.h"
#include "common/process.h"
#include "restore/stops.h"
#include "task/settings.h"

#define PENDING_LIMIT 4096
#define MEMORY_NODES 1024

/* A thread inside a restartable sequence continues at the abort handler, both in the live step and
 * after a restore: injected calls make the kernel forget that the thread was inside. */
static int leave_rseq(struct captured_process *p, struct captured_thread *t, json_t *json,
                      cairn_error *err)
{
    struct __ptrace_rseq_configuration rseq = {0};
    if (ptrace(PTRACE_GET_RSEQ_CONFIGURATION, t->tid, (void *)sizeof rseq, &rseq) < 0 ||
        rseq.rseq_abi_pointer == 0)
        return 0; /* no sequence is registered, or the kernel has none */
    json_object_set_new(json, "rseq",
                        json_pack("{s:o, s:I, s:o, s:I}", "address",
                                  json_hex(rseq.rseq_abi_pointer), "size",
                                  (json_int_t)rseq.rseq_abi_size, "signature",
                                  json_hex(rseq.signature), "flags", (json_int_t)rseq.flags));
    uint64_t section = 0;
    int rc = inject_read(&p->injector, rseq.rseq_abi_pointer + 8, &section, sizeof section, err);
    if (rc != 0 || section == 0)
        return rc;
    struct {
        uint32_t version, flags;
        uint64_t start, length, abort;
    } critical;
    rc = inject_read(&p->injector, section, &critical, sizeof critical, err);
    if (rc != 0)
        return rc;
    uint64_t at = cpu_instruction_pointer(&t->cpu.registers);
    if (at - critical.start < critical.length)
        cpu_set_instruction_pointer(&t->cpu.registers, critical.abort);
    return 0;
}

static int pending_signals(pid_t tid, bool of_process, json_t *out, cairn_error *err)
{
    for (uint64_t seen = 0; seen < PENDING_LIMIT;) {
        siginfo_t infos[16];
        struct __ptrace_peeksiginfo_args args = {
            .off = seen, .flags = of_process ? PTRACE_PEEKSIGINFO_SHARED : 0, .nr = 16};
        long n = ptrace(PTRACE_PEEKSIGINFO, tid, &args, infos);
        if (n < 0)
            return cairn_fail_errno(err, "reading the pending signals of thread %d", tid);
        for (long i = 0; i < n; i++) {
            char *hex = hex_encode(&infos[i], sizeof infos[i]);
            json_array_append_new(out, json_string(hex ? hex : ""));
            free(hex);
        }
        if (n < 16)
            return 0;
        seen += (uint64_t)n;
    }
    return cairn_fail(err, CAIRN_EUNSUPPORTED, "thread %d has more than %d pending signals", tid,
                      PENDING_LIMIT);
}

/* As in <linux/sched/types.h>. */
struct scheduling_attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
    uint32_t least, most;
};

/* Records the thread's time slice, unless it is the default. */
static void time_slice(pid_t tid, json_t *json)
{
    struct scheduling_attributes own = {0}, theirs = {0};
    if (syscall(SYS_sched_getattr, tid, &theirs, sizeof theirs, 0) < 0 ||
        syscall(SYS_sched_getattr, 0, &own, sizeof own, 0) < 0 || theirs.runtime == own.runtime)
        return;
    json_object_set_new(json, "runtime_ns", json_integer((json_int_t)theirs.runtime));
    json_object_set_new(json, "deadline_ns", json_integer((json_int_t)theirs.deadline));
    json_object_set_new(json, "period_ns", json_integer((json_int_t)theirs.period));
}

static void scheduling(pid_t tid, json_t *json)
{
    time_slice(tid, json);
    struct sched_param parameter = {0};
    int policy = sched_getscheduler(tid);
    sched_getparam(tid, &parameter);
    json_object_set_new(json, "policy", json_integer(policy < 0 ? SCHED_OTHER : policy));
    json_object_set_new(json, "priority", json_integer(parameter.sched_priority));
    errno = 0;
    int nice = getpriority(PRIO_PROCESS, (id_t)tid);
    json_object_set_new(json, "nice", json_integer(errno ? 0 : nice));
    cpu_set_t cpus;
    if (sched_getaffinity(tid, sizeof cpus, &cpus) == 0) {
        auto_free char *hex = hex_encode(&cpus, sizeof cpus);
        json_object_set_new(json, "affinity", json_string(hex ? hex : ""));
    }
    long io = syscall(SYS_ioprio_get, 1 /* IOPRIO_WHO_PROCESS */, tid);
    json_object_set_new(json, "ioprio", json_integer(io < 0 ? 0 : io));
}

/* Records from which NUMA nodes the thread's memory comes; absent for the default. */
static int memory_policy(struct injector *in, json_t *json, cairn_error *err)
{
    struct {
        int mode;
        uint64_t nodes[MEMORY_NODES / 64] __attribute__((aligned(8)));
    } policy = {0};
    long result;
    int rc = inject_write(in, in->scratch, &policy, sizeof policy, err);
    if (rc == 0)
        rc = inject(in, &result, err, SYS_get_mempolicy, in->scratch,
                    in->scratch + offsetof(__typeof__(policy), nodes), MEMORY_NODES, 0, 0, 0);
    if (rc != 0 || result < 0)
        return rc;
    rc = inject_read(in, in->scratch, &policy, sizeof policy, err);
    if (rc != 0 || policy.mode == 0)
        return rc;
    auto_free char *hex = hex_encode(policy.nodes, sizeof policy.nodes);
    json_object_set_new(json, "memory_policy",
                        json_pack("{s:i, s:s}", "mode", policy.mode, "nodes", hex ? hex : ""));
    return 0;
}

/* Records state that only the thread itself can read. */
static int ask_thread(struct captured_process *p, struct captured_thread *t, json_t *json,
                      cairn_error *err)
{
    struct injector in = p->injector;
    in.tid = t->tid;
    in.base = t->cpu.registers;
    stack_t stack = {0};
    uint64_t clear_tid = 0;
    int death_signal = 0;
    int rc = inject_ok(&in, "sigaltstack", NULL, err, SYS_sigaltstack, 0, in.scratch, 0, 0, 0, 0);
    if (rc == 0)
        rc = inject_read(&in, in.scratch, &stack, sizeof stack, err);
    if (rc == 0)
        rc = inject_ok(&in, "PR_GET_TID_ADDRESS (a kernel with CONFIG_CHECKPOINT_RESTORE)", NULL,
                       err, SYS_prctl, PR_GET_TID_ADDRESS, in.scratch, 0, 0, 0, 0);
    if (rc == 0)
        rc = inject_read(&in, in.scratch, &clear_tid, sizeof clear_tid, err);
    if (rc == 0)
        rc = inject_ok(&in, "PR_GET_PDEATHSIG", NULL, err, SYS_prctl, PR_GET_PDEATHSIG, in.scratch,
                       0, 0, 0, 0);
    if (rc == 0)
        rc = inject_read(&in, in.scratch, &death_signal, sizeof death_signal, err);
    if (rc == 0)
        rc = settings_capture(&in, true, json, err);
    if (rc == 0)
        rc = memory_policy(&in, json, err);
    if (rc != 0)
        return rc;
    /* SS_ONSTACK reports a state and cannot be set. */
    json_object_set_new(
        json, "altstack",
        json_pack("{s:o, s:I, s:o}", "address", json_hex((uint64_t)(uintptr_t)stack.ss_sp), "flags",
                  (json_int_t)(stack.ss_flags & ~SS_ONSTACK), "size", json_hex(stack.ss_size)));
    json_object_set_new(json, "clear_tid", json_hex(clear_tid));
    json_object_set_new(json, "death_signal", json_integer(death_signal));
    return 0;
}

/* Records the registers. If they show an interrupted call that will be made again, records until
 * when that call waits. */
static int describe_cpu(const struct captured_thread *t, const struct waits *waits, json_t *json,
                        cairn_error *err)
{
    struct cpu_state imaged = t->cpu;
    const struct wait *wait;
    int rc = waits_image(waits, t->tid, &imaged.registers, &wait, err);
    if (rc != 0)
        return rc;
    json_object_set_new(json, "cpu", cpu_state_to_json(&imaged));
    if (wait)
        json_object_set_new(json, "wait",
                            json_pack("{s:I, s:o}", "until_ns",
                                      (json_int_t)(wait->deadline + waits->lead), "timeout",
                                      json_hex(wait_timeout_asked(wait))));
    return 0;
}

json_t *describe_capabilities(const struct proc_status *status)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "inheritable", json_hex(status->cap_inh),
                     "permitted", json_hex(status->cap_prm), "effective", json_hex(status->cap_eff),
                     "bounding", json_hex(status->cap_bnd), "ambient", json_hex(status->cap_amb));
}

/* Records the personality of a thread if it differs from that of its process, which is the first
 * thread's. */
static int capture_personality(const struct captured_process *p, const struct captured_thread *t,
                               json_t *json, cairn_error *err)
{
    char path[80], *texts[2] = {NULL, NULL};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < 2; i++) {
        snprintf(path, sizeof path, "/proc/%d/task/%d/personality", p->pid, i ? t->tid : p->pid);
        rc = io_read_file(AT_FDCWD, path, 64, &texts[i], NULL, err);
    }
    if (rc == 0 && strcmp(texts[0], texts[1]) != 0)
        json_object_set_new(json, "personality", json_integer(strtol(texts[1], NULL, 16)));
    free(texts[0]);
    free(texts[1]);
    return rc;
}

static int describe_thread(struct captured_process *p, struct captured_thread *t,
                           const struct waits *waits, cairn_error *err)
{
    struct proc_status status;
    int rc = proc_read_status(p->pid, t->tid, &status, err);
    if (rc != 0)
        return rc;
    t->ns_tid = status.ns_tid;
    bool inherited = status.seccomp == SECCOMP_MODE_FILTER && status.seccomp_filters > 0 &&
                     status.seccomp_filters <= p->filters_above;
    if (status.seccomp != SECCOMP_MODE_DISABLED && !inherited)
        return cairn_fail(
            err, CAIRN_EUNSUPPORTED,
            "pid %d runs under a seccomp filter, which cannot be read without privileges; start it "
            "without its sandbox",
            status.ns_pid);
    json_auto_t *json = json_object();
    rc = leave_rseq(p, t, json, err);
    if (rc != 0)
        return rc;
    rc = describe_cpu(t, waits, json, err);
    if (rc != 0)
        return rc;
    json_object_set_new(json, "tid", json_integer(t->ns_tid));
    json_object_set_new(json, "signal_mask", json_hex(t->signal_mask));
    struct proc_stat stat;
    rc = proc_read_stat(t->tid, &stat, err);
    if (rc != 0)
        return rc;
    json_object_set_new(json, "comm", json_string(stat.comm));
    void *head = NULL;
    size_t head_len = 0;
    if (syscall(SYS_get_robust_list, t->tid, &head, &head_len) == 0)
        json_object_set_new(json, "robust_list", json_hex((uint64_t)(uintptr_t)head));
    json_object_set_new(json, "no_new_privs", json_boolean(status.no_new_privs));
    json_object_set_new(json, "capabilities", describe_capabilities(&status));
    scheduling(t->tid, json);
    json_t *pending = json_array();
    json_object_set_new(json, "pending", pending);
    rc = pending_signals(t->tid, false, pending, err);
    if (rc == 0)
        rc = capture_personality(p, t, json, err);
    if (rc == 0)
        rc = ask_thread(p, t, json, err);
    if (rc != 0)
        return rc;
    json_array_append(json_object_get(p->json, "threads"), json);
    return 0;
}

static int hold_thread(struct captured_thread *t, const struct frozen_thread *frozen,
                       cairn_error *err)
{
    t->tid = frozen->tid;
    t->stopped = frozen->stopped;
    int rc = cpu_get_state(t->tid, &t->cpu, err);
    if (rc != 0)
        return rc;
    rc = trace_block_signals(t->tid, &t->signal_mask, err);
    t->changed = rc == 0;
    return rc;
}

/* Chooses memory that injected calls may use: the end of the first writable private mapping. The
 * capture never writes there before it has saved the bytes, and puts them back afterwards. */
static int find_scratch(struct captured_process *p, cairn_error *err)
{
    for (size_t i = 0; i < p->maps.count; i++) {
        const struct proc_map *map = &p->maps.maps[i];
        if ((map->prot & (PROT_READ | PROT_WRITE)) != (PROT_READ | PROT_WRITE) || map->shared ||
            map->path[0] == '/')
            continue;
        uint64_t at = map->end - INJECT_SCRATCH;
        int rc = inject_read(&p->injector, at, p->scratch_saved, INJECT_SCRATCH, err);
        if (rc == 0)
            p->injector.scratch = at;
        return rc;
    }
    return cairn_fail(err, CAIRN_EUNSUPPORTED, "it has no writable memory");
}

int capture_threads(struct captured_process *p, const struct frozen *frozen, size_t first,
                    size_t count, cairn_error *err)
{
    p->threads = calloc(count, sizeof *p->threads);
    if (!p->threads)
        return cairn_fail(err, ENOMEM, "out of memory taking pid %d", p->ns_pid);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", p->pid);
    p->injector.memory = open(path, O_RDWR | O_CLOEXEC);
    if (p->injector.memory < 0)
        return cairn_fail_errno(err, "opening the memory of pid %d", p->ns_pid);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        p->thread_count++;
        rc = hold_thread(&p->threads[i], &frozen->threads[first + i], err);
    }
    if (rc == 0)
        rc = inject_find_syscall(&p->injector, &p->maps, err);
    if (rc == 0)
        rc = find_scratch(p, err);
    if (rc != 0)
        return cairn_fail_within(err, rc, "pid %d", p->ns_pid);
    p->injector.tid = p->pid;
    p->injector.base = p->threads[0].cpu.registers;
    json_object_set_new(p->json, "threads", json_array());
    json_object_set_new(p->json, "stopped", json_boolean(p->threads[0].stopped));
    if (p->threads[0].stopped)
        json_object_set_new(p->json, "stop_signal", json_integer(p->threads[0].stopped));
    json_t *pending = json_array();
    json_object_set_new(p->json, "pending", pending);
    rc = pending_signals(p->pid, true, pending,
                         err); /* the first injected call consumes a SIGSTOP */
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = describe_thread(p, &p->threads[i], frozen->waits, err);
    return rc;
}

/* A SIGSTOP pending for a stopped process cannot be blocked, so the injected calls have consumed
 * it. */
static void put_back_stops(const struct captured_process *p)
{
    const json_t *threads = json_object_get(p->json, "threads");
    if (stops_is_pending(json_object_get(p->json, "pending")))
        process_signal(p->pid, SIGSTOP);
    for (size_t i = 0; i < json_array_size(threads); i++)
        if (stops_is_pending(json_object_get(json_array_get(threads, i), "pending")))
            syscall(SYS_tgkill, p->pid, p->threads[i].tid, SIGSTOP);
}

int put_back_scratch(struct captured_process *p, cairn_error *err)
{
    if (!p->injector.scratch)
        return 0;
    return inject_write(&p->injector, p->injector.scratch, p->scratch_saved, INJECT_SCRATCH, err);
}

void put_back_threads(struct captured_process *p)
{
    (void)!put_back_scratch(p, NULL);
    for (size_t i = 0; i < p->thread_count; i++) {
        struct captured_thread *t = &p->threads[i];
        if (!t->changed)
            continue;
        (void)!cpu_set_registers(t->tid, &t->cpu.registers, NULL);
        (void)!trace_set_signal_mask(t->tid, t->signal_mask, NULL);
        t->changed = false;
    }
    put_back_stops(p);
}
