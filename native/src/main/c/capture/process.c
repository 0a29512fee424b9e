/* Records the state of a process as a whole. */
#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "capture/captured.h"
#include "common/cleanup.h"
#include "common/hex.h"
#include "common/io.h"
#include "common/json.h"
#include "task/settings.h"

#define PAGE 4096

/* The kernel's struct. libc's struct sigaction differs. */
struct kernel_sigaction {
    uint64_t handler, flags, restorer, mask;
};

static int capture_signal_actions(struct captured_process *p, const struct proc_status *status,
                                  cairn_error *err)
{
    /* All other signals are at their default. Of those, only the flags of SIGCHLD have an effect.
     */
    uint64_t asked = status->ignored | status->caught | 1ull << (SIGCHLD - 1);
    json_t *actions = json_array();
    json_object_set_new(p->json, "signal_actions", actions);
    for (int signo = 1; signo <= 64; signo++) {
        if (!(asked & 1ull << (signo - 1)))
            continue;
        struct kernel_sigaction action;
        int rc = inject_ok(&p->injector, "rt_sigaction", NULL, err, SYS_rt_sigaction,
                           (uint64_t)signo, 0, p->injector.scratch, 8, 0, 0);
        if (rc == 0)
            rc = inject_read(&p->injector, p->injector.scratch, &action, sizeof action, err);
        if (rc != 0)
            return rc;
        if (action.handler == 0 && action.flags == 0 && action.mask == 0)
            continue;
        json_array_append_new(actions,
                              json_pack("{s:i, s:o, s:o, s:o, s:o}", "signal", signo, "handler",
                                        json_hex(action.handler), "flags", json_hex(action.flags),
                                        "restorer", json_hex(action.restorer), "mask",
                                        json_hex(action.mask)));
    }
    return 0;
}

static int capture_interval_timers(struct captured_process *p, cairn_error *err)
{
    json_t *timers = json_array();
    json_object_set_new(p->json, "itimers", timers);
    for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++) {
        int64_t value[4];
        int rc = inject_ok(&p->injector, "getitimer", NULL, err, SYS_getitimer, (uint64_t)which,
                           p->injector.scratch, 0, 0, 0, 0);
        if (rc == 0)
            rc = inject_read(&p->injector, p->injector.scratch, value, sizeof value, err);
        if (rc != 0)
            return rc;
        json_array_append_new(timers,
                              json_pack("[I, I, I, I]", (json_int_t)value[0], (json_int_t)value[1],
                                        (json_int_t)value[2], (json_int_t)value[3]));
    }
    return 0;
}

/* POSIX timers: what /proc/PID/timers lists, and when each fires next. */
static int capture_posix_timers(struct captured_process *p, cairn_error *err)
{
    json_t *timers = json_array();
    json_object_set_new(p->json, "timers", timers);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/timers", p->pid);
    auto_free char *text = NULL;
    cairn_error why = {0};
    int read = io_read_file(AT_FDCWD, path, 1 << 20, &text, NULL, &why);
    if (read == -ENOENT)
        return 0; /* a kernel that hides timers from /proc (without CONFIG_POSIX_TIMERS): none can
                   * be listed */
    if (read != 0)
        return cairn_fail(err, why.code, "pid %d: %s", p->ns_pid, why.message);
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));) {
        int id;
        if (sscanf(line, "ID: %d", &id) != 1)
            continue;
        unsigned long long value;
        int signo, clock;
        pid_t target;
        char how[32];
        char *signal_line = strsep(&rest, "\n"), *notify_line = strsep(&rest, "\n"),
             *clock_line = strsep(&rest, "\n");
        if (!clock_line || sscanf(signal_line, "signal: %d/%llx", &signo, &value) != 2 ||
            sscanf(notify_line, "notify: %31[^/]/%*[^.].%d", how, &target) != 2 ||
            sscanf(clock_line, "ClockID: %d", &clock) != 1)
            return cairn_fail(err, EINVAL, "%s is not in the known form", path);
        int64_t times[4];
        int rc = inject_ok(&p->injector, "timer_gettime", NULL, err, SYS_timer_gettime,
                           (uint64_t)id, p->injector.scratch, 0, 0, 0, 0);
        if (rc == 0)
            rc = inject_read(&p->injector, p->injector.scratch, times, sizeof times, err);
        if (rc != 0)
            return rc;
        struct proc_status status;
        bool thread = strstr(notify_line, "tid.") != NULL;
        if (thread && proc_read_status(p->pid, target, &status, NULL) == 0)
            target = status.ns_tid;
        json_array_append_new(timers,
                              json_pack("{s:i, s:i, s:o, s:s, s:b, s:i, s:i, s:[I, I, I, I]}", "id",
                                        id, "signal", signo, "value", json_hex(value), "notify",
                                        how, "thread", thread, "target", target, "clock", clock,
                                        "times", (json_int_t)times[0], (json_int_t)times[1],
                                        (json_int_t)times[2], (json_int_t)times[3]));
    }
    return 0;
}

static void capture_limits(struct captured_process *p)
{
    json_t *limits = json_array();
    for (int which = 0; which < RLIMIT_NLIMITS; which++) {
        struct rlimit limit;
        if (prlimit(p->pid, which, NULL, &limit) == 0)
            json_array_append_new(
                limits, json_pack("[o, o]", json_hex(limit.rlim_cur), json_hex(limit.rlim_max)));
    }
    json_object_set_new(p->json, "limits", limits);
}

static int capture_link(struct captured_process *p, const char *name, cairn_error *err)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", p->pid, name);
    auto_free char *target = NULL;
    int rc = proc_read_link(path, &target, err);
    if (rc != 0)
        return rc;
    json_t *text = json_string(target);
    if (!text)
        return cairn_fail(err, CAIRN_EUNSUPPORTED, "pid %d: its %s is a path that is not UTF-8",
                          p->ns_pid, name);
    json_object_set_new(p->json, name, text);
    return 0;
}

/* Refuses Slurm's srun, which represents tasks that other processes start and end. Between its
 * connections to them, nothing else shows that. A restored srun would wait for tasks that are gone,
 * or start tasks with an expired credential. */
static int check_no_launcher(const struct captured_process *p, cairn_error *err)
{
    const char *exe = json_string_value(json_object_get(p->json, "exe"));
    const char *slash = strrchr(exe, '/');
    return strcmp(slash ? slash + 1 : exe, "srun") != 0
               ? 0
               : cairn_fail(err, CAIRN_EBUSY_TREE,
                            "pid %d: srun runs, whose tasks are outside of the step", p->ns_pid);
}

static int capture_number(struct captured_process *p, const char *file, int base, cairn_error *err)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", p->pid, file);
    auto_free char *text = NULL;
    cairn_error why = {0};
    int rc = io_read_file(AT_FDCWD, path, 4096, &text, NULL, &why);
    if (rc == -ENOENT)
        return 0; /* a kernel without it */
    if (rc != 0)
        return cairn_fail(err, why.code, "pid %d: %s", p->ns_pid, why.message);
    json_object_set_new(p->json, file, json_integer(strtol(text, NULL, base)));
    return 0;
}

/* Reads the membarrier registrations. MEMBARRIER_CMD_GET_REGISTRATIONS exists since Linux 6.3, and
 * its answer counts one private command for another. Earlier kernels report nothing. A registration
 * shows there in that the command works. */
static int capture_barriers(struct captured_process *p, cairn_error *err)
{
    static const int commands[] = {MEMBARRIER_CMD_PRIVATE_EXPEDITED,
                                   MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE,
                                   MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ};
    long registered, works;
    int rc = inject(&p->injector, &registered, err, SYS_membarrier, 1 << 9, 0, 0, 0, 0, 0);
    registered = registered < 0 ? 0 : registered;
    for (size_t i = 0; rc == 0 && i < sizeof commands / sizeof *commands; i++) {
        rc =
            inject(&p->injector, &works, err, SYS_membarrier, (uint64_t)commands[i], 0, 0, 0, 0, 0);
        int registers = commands[i] << 1;
        registered = works == 0 ? registered | registers : registered & ~registers;
    }
    if (rc == 0 && registered > 0)
        json_object_set_new(p->json, "barriers", json_integer(registered));
    return rc;
}

/* Maps a page for a moment and looks whether it is locked and present at once. */
static int try_a_page(struct captured_process *p, int prot, uint64_t before, bool *locked,
                      bool *present, cairn_error *err)
{
    struct proc_status status;
    long at, result;
    uint8_t resident = 0;
    int rc = inject(&p->injector, &at, err, SYS_mmap, 0, PAGE, (uint64_t)prot,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, (uint64_t)-1, 0);
    *locked = at == -EAGAIN; /* the page would exceed RLIMIT_MEMLOCK */
    *present = false;
    if (rc != 0 || (at < 0 && at > -4096))
        return rc;
    rc = proc_read_status(p->pid, p->pid, &status, err);
    if (rc == 0)
        rc = inject(&p->injector, &result, err, SYS_mincore, (uint64_t)at, PAGE,
                    p->injector.scratch, 0, 0, 0);
    if (rc == 0)
        rc = inject_read(&p->injector, p->injector.scratch, &resident, 1, err);
    *locked = rc == 0 && status.locked_kb > before;
    *present = rc == 0 && (resident & 1);
    int unmapped = inject_ok(&p->injector, "munmap", NULL, rc == 0 ? err : NULL, SYS_munmap,
                             (uint64_t)at, PAGE, 0, 0, 0, 0);
    return rc != 0 ? rc : unmapped;
}

/* Records whether mlockall covers future mappings (MCL_FUTURE), which shows only in a new mapping.
 * Without MCL_ONFAULT, all of its pages are present at once. */
static int capture_future_locks(struct captured_process *p, const struct proc_status *status,
                                cairn_error *err)
{
    bool locked, present;
    int rc = try_a_page(p, PROT_NONE, status->locked_kb, &locked, &present, err);
    if (rc != 0 || !locked)
        return rc;
    rc = try_a_page(p, PROT_READ | PROT_WRITE, status->locked_kb, &locked, &present, err);
    json_object_set_new(p->json, "future_locks",
                        json_integer(MCL_FUTURE | (present ? 0 : MCL_ONFAULT)));
    return rc;
}

static int capture_memory_layout(struct captured_process *p, const struct proc_stat *stat,
                                 cairn_error *err)
{
    long brk;
    int rc = inject_ok(&p->injector, "brk", &brk, err, SYS_brk, 0, 0, 0, 0, 0, 0);
    if (rc != 0)
        return rc;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/auxv", p->pid);
    auto_free char *auxv = NULL;
    size_t len;
    rc = io_read_file(AT_FDCWD, path, 4096, &auxv, &len, err);
    if (rc != 0)
        return rc;
    auto_free char *hex = hex_encode(auxv, len);
    json_object_set_new(
        p->json, "layout",
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "start_code",
                  json_hex(stat->start_code), "end_code", json_hex(stat->end_code), "start_data",
                  json_hex(stat->start_data), "end_data", json_hex(stat->end_data), "start_brk",
                  json_hex(stat->start_brk), "brk", json_hex((uint64_t)brk), "start_stack",
                  json_hex(stat->start_stack), "arg_start", json_hex(stat->arg_start), "arg_end",
                  json_hex(stat->arg_end), "env_start", json_hex(stat->env_start), "env_end",
                  json_hex(stat->env_end), "auxv", hex ? hex : ""));
    return 0;
}

/* Records the signal that the parent gets at the end of the process. A process made by clone may
 * end without one, or with another one than SIGCHLD. */
static void note_exit_signal(json_t *json, const struct proc_stat *stat)
{
    if (stat->exit_signal != SIGCHLD)
        json_object_set_new(json, "exit_signal", json_integer(stat->exit_signal));
}

static void note_ids(json_t *json, const struct proc_status *status)
{
    const unsigned *uid = status->uid, *gid = status->gid;
    json_object_set_new(json, "pgrp", json_integer(status->ns_pgrp));
    json_object_set_new(json, "session", json_integer(status->ns_session));
    json_object_set_new(json, "uid", json_pack("[i, i, i, i]", uid[0], uid[1], uid[2], uid[3]));
    json_object_set_new(json, "gid", json_pack("[i, i, i, i]", gid[0], gid[1], gid[2], gid[3]));
}

/* Records whether the process has asked to use AMX. A kernel that does not know the request refuses
 * the question. */
static int capture_tiles(struct captured_process *p, cairn_error *err)
{
    uint64_t permitted = 0;
    long result;
    int rc = inject(&p->injector, &result, err, SYS_arch_prctl, CPU_ARCH_GET_XCOMP_PERM,
                    p->injector.scratch, 0, 0, 0, 0);
    if (rc == 0 && result == 0)
        rc = inject_read(&p->injector, p->injector.scratch, &permitted, sizeof permitted, err);
    if (permitted >> CPU_TILES & 1)
        json_object_set_new(p->json, "tiles", json_true());
    return rc;
}

int capture_process(struct captured_process *p, cairn_error *err)
{
    struct proc_stat stat;
    struct proc_status status;
    int rc = proc_read_stat(p->pid, &stat, err);
    if (rc == 0)
        rc = proc_read_status(p->pid, p->pid, &status, err);
    if (rc != 0)
        return rc;
    note_ids(p->json, &status);
    json_object_set_new(p->json, "umask", json_integer(status.umask));
    note_exit_signal(p->json, &stat);
    capture_limits(p);
    static const char *const links[] = {"exe", "cwd", "root"};
    for (size_t i = 0; rc == 0 && i < sizeof links / sizeof *links; i++)
        rc = capture_link(p, links[i], err);
    if (rc == 0)
        rc = check_no_launcher(p, err);
    if (rc == 0)
        rc = capture_number(p, "personality", 16, err);
    if (rc == 0)
        rc = capture_number(p, "oom_score_adj", 10, err);
    if (rc == 0)
        rc = capture_signal_actions(p, &status, err);
    if (rc == 0)
        rc = capture_interval_timers(p, err);
    if (rc == 0)
        rc = capture_posix_timers(p, err);
    if (rc == 0)
        rc = capture_number(p, "coredump_filter", 16, err);
    if (rc == 0)
        rc = settings_capture(&p->injector, false, p->json, err);
    p->subreaper = json_integer_value(json_object_get(p->json, "subreaper")) != 0;
    if (rc == 0)
        rc = capture_barriers(p, err);
    if (rc == 0)
        rc = capture_future_locks(p, &status, err);
    if (rc == 0)
        rc = capture_tiles(p, err);
    if (rc == 0)
        rc = capture_memory_layout(p, &stat, err);
    return rc;
}

int capture_wait_state(struct captured_process *p, cairn_error *err)
{
    static const siginfo_t none;
    siginfo_t info;
    if (!p->parent) /* pid 1 waits only for the end of processes */
        return 0;
    struct injector *in = &p->parent->injector;
    int rc = inject_write(in, in->scratch, &none, sizeof none, err);
    if (rc == 0)
        rc = inject_ok(in, "asking for the state of a child", NULL, err, SYS_waitid, P_PID,
                       (uint64_t)p->ns_pid, in->scratch,
                       WSTOPPED | WCONTINUED | WNOHANG | WNOWAIT | __WALL, 0, 0);
    if (rc == 0)
        rc = inject_read(in, in->scratch, &info, sizeof info, err);
    if (rc != 0)
        return rc;
    if (p->threads[0].stopped && info.si_code != CLD_STOPPED)
        json_object_set_new(p->json, "stop_seen", json_true());
    if (info.si_code == CLD_CONTINUED)
        json_object_set_new(p->json, "continued", json_true());
    return 0;
}

int sysv_is_used(struct captured_process *p, bool *used, cairn_error *err)
{
    /* Which word of the kernel's answer counts the objects: semusz in struct seminfo, msgpool in
     * msginfo, used_ids in shm_info. */
    static const struct {
        const char *name;
        long nr;
        uint64_t command;
        bool third; /* semctl takes the command as third argument, the other calls as second */
        size_t word;
    } kinds[] = {{"SEM_INFO", SYS_semctl, SEM_INFO, true, 7},
                 {"MSG_INFO", SYS_msgctl, MSG_INFO, false, 0},
                 {"SHM_INFO", SYS_shmctl, SHM_INFO, false, 0}};
    *used = false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        int words[24] = {0};
        uint64_t command = kinds[i].command, at = p->injector.scratch;
        bool third = kinds[i].third;
        int rc = inject_ok(&p->injector, kinds[i].name, NULL, err, kinds[i].nr, 0,
                           third ? 0 : command, third ? command : at, third ? at : 0, 0, 0);
        if (rc == 0)
            rc = inject_read(&p->injector, at, words, sizeof words, err);
        if (rc != 0)
            return rc;
        *used |= words[kinds[i].word] > 0;
    }
    return 0;
}

json_t *describe_zombie(pid_t pid, cairn_error *err)
{
    struct proc_stat stat;
    struct proc_status status;
    if (proc_read_stat(pid, &stat, err) != 0 || proc_read_status(pid, pid, &status, err) != 0)
        return NULL;
    json_t *json = json_pack("{s:i, s:b, s:i, s:s}", "pid", status.ns_pid, "zombie", 1, "exit_code",
                             stat.exit_code, "comm", stat.comm);
    note_exit_signal(json, &stat);
    note_ids(json, &status);
    json_object_set_new(json, "capabilities", describe_capabilities(&status));
    return json;
}
