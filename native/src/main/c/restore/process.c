/* Restores a process as a whole: descriptors, folder, signal actions, timers, limits. */
#include "restore/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/json.h"
#include "restore/descriptors.h"
#include "restore/fd_store.h"
#include "restore/locks.h"
#include "restore/memory.h"
#include "restore/threads.h"
#include "task/settings.h"

static int enter_folder(const struct restoration *r, struct restored_process *p, cairn_error *err)
{
    const char *cwd;
    int64_t object = 0;
    int rc = json_need_string(p->json, "cwd", 4000, &cwd, err);
    if (rc == 0)
        rc = json_may_int(p->json, "cwd_object", 0, UINT32_MAX, &object, err);
    if (rc == 0 && !object)
        rc = inject_write(&p->injector, p->injector.scratch, cwd, strlen(cwd) + 1, err);
    if (rc != 0)
        return rc;
    if (object)
        rc = inject_ok(&p->injector, "fchdir", NULL, err, SYS_fchdir,
                       (uint64_t)fd_store_object(r, (uint32_t)object), 0, 0, 0, 0, 0);
    else
        rc = inject_ok(&p->injector, "chdir", NULL, err, SYS_chdir, p->injector.scratch, 0, 0, 0, 0,
                       0);
    return rc != 0 ? cairn_fail_within(err, rc, "the working folder %s", cwd) : 0;
}

static int set_signal_actions(struct restored_process *p, cairn_error *err)
{
    json_t *actions;
    int rc = json_need_array(p->json, "signal_actions", 64, &actions, err);
    /* Sets all signal actions: a stub has the defaults, but a fork of pid 1 may have inherited
     * ignored signals. */
    for (int64_t signo = 1; rc == 0 && signo <= 64; signo++) {
        if (signo == SIGKILL || signo == SIGSTOP)
            continue;
        uint64_t action[4] = {0}; /* handler, flags, restorer, mask, in the kernel's layout */
        size_t i;
        json_t *json;
        json_array_foreach(actions, i, json)
        {
            if (json_integer_value(json_object_get(json, "signal")) != signo)
                continue;
            rc = json_need_hex(json, "handler", &action[0], err);
            if (rc == 0)
                rc = json_need_hex(json, "flags", &action[1], err);
            if (rc == 0)
                rc = json_need_hex(json, "restorer", &action[2], err);
            if (rc == 0)
                rc = json_need_hex(json, "mask", &action[3], err);
        }
        if (rc == 0)
            rc = inject_write(&p->injector, p->injector.scratch, action, sizeof action, err);
        if (rc == 0)
            rc = inject_ok(&p->injector, "rt_sigaction", NULL, err, SYS_rt_sigaction,
                           (uint64_t)signo, p->injector.scratch, 0, 8, 0, 0);
    }
    return rc;
}

/* The program must not see the ends of helper processes that the restore made. */
static int forget_child_signals(struct restored_process *p, cairn_error *err)
{
    const struct {
        uint64_t set;
        struct timespec now;
    } call = {1ull << (SIGCHLD - 1), {0, 0}};
    long result;
    int rc = inject_write(&p->injector, p->injector.scratch, &call, sizeof call, err);
    do {
        if (rc == 0)
            rc = inject(&p->injector, &result, err, SYS_rt_sigtimedwait, p->injector.scratch, 0,
                        p->injector.scratch + offsetof(__typeof__(call), now), 8, 0, 0);
    } while (rc == 0 && result == SIGCHLD);
    return rc;
}

/* Interval and remaining time, each as seconds and a fraction. A timer that has fired but whose
 * signal is still pending shows no remaining time; the signal would start it again. */
static int set_times(struct restored_process *p, const json_t *list, cairn_error *err)
{
    int64_t times[4];
    for (size_t i = 0; i < 4; i++)
        times[i] = json_integer_value(json_array_get(list, i));
    if (times[2] == 0 && times[3] == 0) {
        times[2] = times[0];
        times[3] = times[1];
    }
    return inject_write(&p->injector, p->injector.scratch, times, sizeof times, err);
}

static int set_interval_timers(struct restored_process *p, cairn_error *err)
{
    json_t *timers;
    int rc = json_need_array(p->json, "itimers", 3, &timers, err);
    for (size_t i = 0; rc == 0 && i < json_array_size(timers); i++) {
        rc = set_times(p, json_array_get(timers, i), err);
        if (rc == 0)
            rc = inject_ok(&p->injector, "setitimer", NULL, err, SYS_setitimer, i,
                           p->injector.scratch, 0, 0, 0, 0);
    }
    return rc;
}

#ifndef PR_TIMER_CREATE_RESTORE_IDS
#define PR_TIMER_CREATE_RESTORE_IDS 77
#endif

/* Gives a timer its old number: by a request for it (Linux 6.15), or by making and deleting timers
 * until the number comes. */
static int create_timer(struct restored_process *p, const json_t *json, int64_t id, int64_t clock,
                        cairn_error *err)
{
    int64_t signo, target;
    uint64_t value;
    const char *notify;
    bool thread = false;
    int rc = json_need_int(json, "signal", 0, 64, &signo, err);
    if (rc == 0)
        rc = json_need_int(json, "target", 0, 1 << 30, &target, err);
    if (rc == 0)
        rc = json_need_hex(json, "value", &value, err);
    if (rc == 0)
        rc = json_need_string(json, "notify", 31, &notify, err);
    if (rc == 0)
        rc = json_may_bool(json, "thread", &thread, err);
    if (rc != 0)
        return rc;
    struct {
        struct sigevent event;
        int id;
    } call = {.event = {.sigev_signo = (int)signo,
                        .sigev_value.sival_ptr = (void *)(uintptr_t)value,
                        .sigev_notify = strcmp(notify, "none") == 0 ? SIGEV_NONE : SIGEV_SIGNAL},
              .id = (int)id};
    if (thread) {
        call.event.sigev_notify = SIGEV_THREAD_ID;
        call.event._sigev_un._tid = (pid_t)target;
    }
    long exact;
    rc = inject(&p->injector, &exact, err, SYS_prctl, PR_TIMER_CREATE_RESTORE_IDS, 1, 0, 0, 0, 0);
    for (int attempt = 0; rc == 0 && attempt <= id; attempt++) {
        int made;
        rc = inject_write(&p->injector, p->injector.scratch, &call, sizeof call, err);
        if (rc == 0)
            rc = inject_ok(&p->injector, "timer_create", NULL, err, SYS_timer_create,
                           (uint64_t)clock, p->injector.scratch,
                           p->injector.scratch + offsetof(__typeof__(call), id), 0, 0, 0);
        if (rc == 0)
            rc = inject_read(&p->injector, p->injector.scratch + offsetof(__typeof__(call), id),
                             &made, sizeof made, err);
        if (rc != 0 || made == id)
            break;
        rc = inject_ok(&p->injector, "timer_delete", NULL, err, SYS_timer_delete, (uint64_t)made, 0,
                       0, 0, 0, 0);
        if (rc == 0 && attempt == id)
            rc = cairn_fail(err, CAIRN_EHOST, "timer %lld cannot get its number again",
                            (long long)id);
    }
    if (rc == 0 && exact == 0)
        rc = inject(&p->injector, &exact, err, SYS_prctl, PR_TIMER_CREATE_RESTORE_IDS, 0, 0, 0, 0,
                    0);
    return rc;
}

static int set_posix_timers(struct restored_process *p, cairn_error *err)
{
    json_t *timers;
    int rc = json_need_array(p->json, "timers", 65536, &timers, err);
    for (size_t i = 0; rc == 0 && i < json_array_size(timers); i++) {
        const json_t *json = json_array_get(timers, i);
        int64_t id, clock;
        rc = json_need_int(json, "id", 0, 1 << 20, &id, err);
        if (rc == 0)
            rc = json_need_int(json, "clock", INT32_MIN, INT32_MAX, &clock, err);
        if (rc == 0)
            rc = create_timer(p, json, id, clock, err);
        if (rc == 0)
            rc = set_times(p, json_object_get(json, "times"), err);
        if (rc == 0)
            rc = inject_ok(&p->injector, "timer_settime", NULL, err, SYS_timer_settime,
                           (uint64_t)id, 0, p->injector.scratch, 0, 0, 0);
    }
    return rc;
}

/* A limit above what this host allows is set to the host's limit. */
static void set_limits(const struct restored_process *p)
{
    size_t i;
    json_t *pair;
    json_array_foreach(json_object_get(p->json, "limits"), i, pair)
    {
        const char *soft = json_string_value(json_array_get(pair, 0)),
                   *hard = json_string_value(json_array_get(pair, 1));
        struct rlimit now, limit;
        if (!soft || !hard || prlimit(p->pid, (int)i, NULL, &now) < 0)
            continue;
        limit.rlim_cur = strtoull(soft, NULL, 16);
        limit.rlim_max = strtoull(hard, NULL, 16);
        if (prlimit(p->pid, (int)i, &limit, NULL) == 0)
            continue;
        limit.rlim_max = limit.rlim_max < now.rlim_max ? limit.rlim_max : now.rlim_max;
        limit.rlim_cur = limit.rlim_cur < limit.rlim_max ? limit.rlim_cur : limit.rlim_max;
        prlimit(p->pid, (int)i, &limit, NULL);
    }
}

static int set_number(struct restored_process *p, const char *key, long nr, cairn_error *err)
{
    int64_t value = 0;
    int rc = json_may_int(p->json, key, 0, UINT32_MAX, &value, err);
    return rc != 0 ? rc
                   : inject_ok(&p->injector, key, NULL, err, nr, (uint64_t)value, 0, 0, 0, 0, 0);
}

/* Writes the value to its file in /proc. A value that needs a privilege which we lack stays as it
 * is. */
static void set_by_proc(const struct restored_process *p, const char *file)
{
    char path[64], text[32];
    const json_t *value = json_object_get(p->json, file);
    int n = snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
    snprintf(path, sizeof path, "/proc/%d/%s", p->pid, file);
    auto_close int fd = value ? open(path, O_WRONLY | O_CLOEXEC) : -1;
    if (fd >= 0)
        (void)!io_write_full(fd, text, (size_t)n, path, NULL);
}

/* Registers it for membarrier(2): each command registers one use. */
static int register_barriers(struct restored_process *p, cairn_error *err)
{
    int64_t registered = 0;
    int rc = json_may_int(p->json, "barriers", 0, INT32_MAX, &registered, err);
    for (int bit = 0; rc == 0 && bit < 31; bit++)
        if (registered >> bit & 1)
            rc = inject_ok(&p->injector, "registering membarrier", NULL, err, SYS_membarrier,
                           1ull << bit, 0, 0, 0, 0, 0);
    return rc;
}

/* As with locked mappings, a lower RLIMIT_MEMLOCK on this host costs speed, not correctness. */
static int set_future_locks(struct restored_process *p, cairn_error *err)
{
    int64_t flags = 0;
    long result;
    int rc = json_may_int(p->json, "future_locks", 0, 7, &flags, err);
    if (rc != 0 || flags == 0)
        return rc;
    return inject(&p->injector, &result, err, SYS_mlockall, (uint64_t)flags, 0, 0, 0, 0, 0);
}

int process_finish(const struct restoration *r, struct restored_process *p, cairn_error *err)
{
    int rc = memory_finish(r, p, err);
    if (rc == 0)
        rc = enter_folder(r, p, err);
    if (rc == 0)
        rc = locks_restore_as_owner(r, p, err);
    if (rc == 0)
        rc = descriptors_pick(r, p, err);
    if (rc == 0)
        rc = locks_restore_of_process(r, p, err);
    if (rc == 0)
        rc = set_number(p, "umask", SYS_umask, err);
    if (rc == 0)
        rc = set_number(p, "personality", SYS_personality, err);
    if (rc == 0)
        rc = set_signal_actions(p, err);
    if (rc == 0)
        rc = forget_child_signals(p, err);
    if (rc == 0)
        rc = register_barriers(p, err);
    if (rc == 0)
        rc = threads_make(r, p, err);
    if (rc == 0)
        rc = set_interval_timers(p, err);
    if (rc == 0)
        rc = set_posix_timers(p, err);
    if (rc == 0)
        rc = settings_restore(&p->injector, SETTING_OF_PROCESS, p->json, err);
    set_by_proc(p, "coredump_filter"); /* while it is dumpable */
    if (rc == 0 && json_is_true(json_object_get(p->json, "tiles")))
        rc = inject_ok(&p->injector, "asking to use AMX", NULL, err, SYS_arch_prctl,
                       CPU_ARCH_REQ_XCOMP_PERM, CPU_TILES, 0, 0, 0, 0);
    if (rc == 0)
        rc = threads_finish(r, p, err);
    if (rc == 0)
        rc = set_future_locks(p, err);
    if (rc == 0)
        rc = settings_restore(&p->injector, SETTING_LAST, p->json, err);
    if (rc == 0) {
        set_by_proc(p, "oom_score_adj");
        set_limits(p);
    }
    return rc;
}
