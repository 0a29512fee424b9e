#include "restore/restore.h"

#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <time.h>

#include "common/json.h"
#include "proc/proc.h"
#include "restore/environment.h"
#include "restore/family.h"
#include "restore/fd_store.h"
#include "restore/inotify.h"
#include "restore/mapped_files.h"
#include "restore/pidfds.h"
#include "restore/process.h"
#include "restore/restoration.h"
#include "restore/roots.h"
#include "restore/signal_driven.h"
#include "restore/stops.h"
#include "restore/sysv.h"
#include "restore/terminals.h"
#include "restore/threads.h"
#include "restore/waits.h"
#include "sandbox/start.h"
#include "task/freeze.h"

static int read_clocks(const struct restoration *r, struct namespace_clocks *out, cairn_error *err)
{
    json_t *clocks;
    int rc = json_need_object(r->meta, "clocks", &clocks, err);
    if (rc == 0)
        rc = json_need_int(clocks, "monotonic_ns", 0, INT64_MAX, &out->monotonic_ns, err);
    if (rc == 0)
        rc = json_need_int(clocks, "boottime_ns", 0, INT64_MAX, &out->boottime_ns, err);
    return rc;
}

static int read_cpu(struct restoration *r, struct cpu_demand *demand, cairn_error *err)
{
    const json_t *cpu = json_object_get(r->meta, "cpu");
    cpu_features_read(&r->cpu_here);
    int rc = cpu_layout_from_json(cpu, &r->cpu_here, &r->cpu_there, err);
    return rc != 0 ? rc : cpu_demand_from_json(cpu, demand, err);
}

static int finish_all(struct restoration *r, cairn_error *err)
{
    for (size_t i = 0; i < r->process_count; i++) {
        struct restored_process *p = &r->processes[i];
        if (p->zombie)
            continue;
        int rc = process_finish(r, p, err);
        if (rc != 0)
            return cairn_fail_within(err, rc, "restoring pid %d", p->ns_pid);
    }
    int signalling = signal_driven_restore(r, err);
    if (signalling != 0)
        return signalling;
    for (size_t i = 0; i < r->process_count; i++) {
        if (!r->processes[i].zombie)
            environment_renew(r, &r->processes[i]);
        int rc = r->processes[i].zombie ? 0 : threads_leave(r, &r->processes[i], err);
        if (rc != 0)
            return cairn_fail_within(err, rc, "restoring pid %d", r->processes[i].ns_pid);
    }
    return 0;
}

/* Passes on what the next image must know of the kept files of this one. */
static void remember_kept(const struct restoration *r, struct kept_binaries *kept)
{
    const char *name;
    json_t *file;
    size_t i;
    kept->paths = json_object();
    kept->stand_ins = json_array();
    json_object_foreach(json_object_get(r->meta, "binaries"), name, file)
    {
        json_object_set(kept->paths, name, json_object_get(file, "path"));
    }
    json_array_foreach(r->mapped_files, i, file)
    {
        if (json_object_get(file, "stand_in"))
            json_array_append(kept->stand_ins, json_object_get(file, "path"));
    }
}

static int remember_waits(struct restoration *r, struct waits *waits, cairn_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->process_count; i++)
        for (size_t k = 0; rc == 0 && k < r->processes[i].thread_count; k++)
            rc = wait_remember(r, &r->processes[i].threads[k], waits, err);
    return rc;
}

#define STOP_MS 1000

static void release(const struct restored_process *p)
{
    for (size_t k = 0; k < p->thread_count; k++)
        ptrace(PTRACE_DETACH, p->threads[k].tid, NULL, NULL);
}

/* Waits until the process is stopped again. No process runs yet that could notice that it was not.
 */
static void release_stopped(const struct restored_process *p)
{
    release(p);
    struct proc_stat stat = {0};
    for (int64_t end = freeze_clock_us() + STOP_MS * 1000; freeze_clock_us() < end;) {
        if (proc_read_stat(p->pid, &stat, NULL) != 0 || stat.state == 'T')
            return;
        nanosleep(&(struct timespec){0, 50000}, NULL);
    }
}

/* Everything is in place: releases all processes. */
static void release_all(struct restoration *r)
{
    for (int stopped = 1; stopped >= 0; stopped--)
        for (size_t i = 0; i < r->process_count; i++) {
            const struct restored_process *p = &r->processes[i];
            if (p->zombie || json_is_true(json_object_get(p->json, "stopped")) != stopped)
                continue;
            stops_send_pending(p);
            if (stopped)
                release_stopped(p);
            else
                release(p);
        }
}

int tree_restore(const struct tree_spec *spec, const image_reader *image, struct tree *out,
                 cairn_error *err)
{
    struct restoration r;
    struct tree tree = {.init_pidfd = -1, .status_fd = -1, .pty_master = -1};
    struct namespace_clocks clocks;
    struct cpu_demand cpu = {0};
    int rc = restoration_open(&r, spec, image, err);
    if (rc == 0)
        rc = terminals_complete(r.meta, err);
    if (rc == 0)
        rc = fd_store_choose(&r, err);
    if (rc == 0)
        rc = mapped_files_list(&r, err);
    if (rc == 0)
        rc = read_clocks(&r, &clocks, err);
    if (rc == 0)
        rc = read_cpu(&r, &cpu, err);
    if (rc == 0) {
        const struct init_restorer restorer = {roots_make, &r};
        rc = start_init(spec, &clocks, &restorer, &tree, err);
    }
    if (rc == 0)
        rc = start_await_ready(&tree, spec->listener, err);
    tree.cpu = cpu;
    r.clock_lead = tree.waits.lead = tree.clock_leads.monotonic_ns;
    if (rc == 0)
        rc = family_make(&r, tree.init, err);
    if (rc == 0)
        rc = pidfds_restore(&r, err);
    if (rc == 0)
        rc = sysv_finish(&r, err);
    if (rc == 0)
        rc = stops_restore(&r, err);
    if (rc == 0)
        rc = finish_all(&r, err);
    if (rc == 0)
        rc = inotify_restore_watches(&r, err);
    if (rc == 0)
        rc = remember_waits(&r, &tree.waits, err);
    if (rc == 0) {
        remember_kept(&r, &tree.kept);
        if (spec->listener)
            spec->listener->begin(spec->listener->context);
        release_all(&r);
        *out = tree;
    } else {
        tree_destroy(&tree);
    }
    restoration_close(&r);
    return rc;
}
