#include "capture/capture.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "capture/binaries.h"
#include "capture/mapped_files.h"
#include "capture/names.h"
#include "capture/objects.h"
#include "capture/pages.h"
#include "capture/terminals.h"
#include "capture/captured.h"
#include "capture/dontfork.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/process.h"
#include "proc/vdso.h"
#include "restore/fd_store.h"
#include "restore/fits.h"

/* Descriptors that the supervisor itself may need for a restore. */
#define SUPERVISORS_DESCRIPTORS 32

struct capture {
    struct frozen frozen;
    bool at_rest; /* the tree is still stopped */
    struct captured_process *processes;
    size_t process_count;
    struct objects objects;
    struct dontfork dontfork;
    unsigned filters_above;
    rollback_notes *notes;
    unsigned threads;
    struct keeping keeping; /* folder -1: programs and libraries are not kept */
    json_t *meta;
    struct capture_figures figures;
};

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* What the step's clocks show: the host's clocks, moved by the step's time namespace. */
static json_t *describe_clocks(const struct tree *t)
{
    return json_pack("{s:I, s:I}", "monotonic_ns",
                     (json_int_t)(clock_ns(CLOCK_MONOTONIC) + t->clock_leads.monotonic_ns),
                     "boottime_ns",
                     (json_int_t)(clock_ns(CLOCK_BOOTTIME) + t->clock_leads.boottime_ns));
}

static struct captured_process *find_process(const capture *c, pid_t pid)
{
    for (size_t i = 0; i < c->process_count; i++)
        if (c->processes[i].pid == pid)
            return &c->processes[i];
    return NULL;
}

/* Lists the processes of the frozen threads, each with its parent. */
static int list_processes(capture *c, cairn_error *err)
{
    c->processes = calloc(c->frozen.thread_count, sizeof *c->processes);
    if (!c->processes)
        return cairn_fail(err, ENOMEM, "out of memory listing the processes of the step");
    for (size_t i = 0; i < c->frozen.thread_count; i++) {
        if (i > 0 && c->frozen.threads[i - 1].pid == c->frozen.threads[i].pid)
            continue;
        struct captured_process *p = &c->processes[c->process_count++];
        p->pid = p->memory_of = c->frozen.threads[i].pid;
        p->injector.memory = -1;
        p->space = (uint32_t)c->process_count;
        p->json = json_object();
        struct proc_status status;
        int rc = proc_read_status(p->pid, p->pid, &status, err);
        if (rc != 0)
            return rc;
        p->ns_pid = status.ns_pid;
        p->session = status.ns_session;
        if (geteuid() != 0 && proc_is_undumpable(p->pid))
            return freeze_undumpable(p->pid, err);
    }
    c->objects.next_space = (uint32_t)c->process_count + 1;
    return 0;
}

/* Whether a process is in a session that its parent was never in: a subreaper adopted the process.
 * A restore cannot fork it from this parent, because the fork would be in another session. The
 * leader of a session may itself have been in the sessions of its ancestors. */
static bool is_adopted(const struct captured_process *parent, pid_t ns_pid, pid_t session)
{
    if (!parent || session == ns_pid || session == parent->session)
        return false;
    bool led = parent->session == parent->ns_pid;
    for (const struct captured_process *a = parent->parent; led && a; a = a->parent)
        if (a->session == session)
            return false;
    return true;
}

static int find_parents(capture *c, pid_t init, cairn_error *err)
{
    for (size_t i = 0; i < c->process_count; i++) {
        struct captured_process *p = &c->processes[i];
        struct proc_stat stat;
        int rc = proc_read_stat(p->pid, &stat, err);
        if (rc != 0)
            return rc;
        p->parent = find_process(c, stat.ppid);
        if (!p->parent && stat.ppid != init)
            return cairn_fail(err, CAIRN_EBUSY_TREE, "pid %d has lost its parent just now",
                              p->ns_pid);
        json_object_set_new(p->json, "pid", json_integer(p->ns_pid));
        json_object_set_new(p->json, "ppid", json_integer(p->parent ? p->parent->ns_pid : 1));
        json_object_set_new(p->json, "space", json_integer(p->space));
    }
    for (size_t i = 0; i < c->process_count; i++) {
        struct captured_process *p = &c->processes[i];
        p->adopted = is_adopted(p->parent, p->ns_pid, p->session);
        if (p->adopted)
            json_object_set_new(p->json, "adopted", json_true());
    }
    return 0;
}

static int capture_one(capture *c, struct captured_process *p, cairn_error *err)
{
    size_t first = 0, count = 0;
    while (c->frozen.threads[first].pid != p->pid)
        first++;
    while (first + count < c->frozen.thread_count && c->frozen.threads[first + count].pid == p->pid)
        count++;
    c->figures.threads += (uint32_t)count;
    p->filters_above = c->filters_above;
    int rc = capture_maps(p, err);
    if (rc == 0)
        rc = capture_threads(p, &c->frozen, first, count, err);
    if (rc == 0)
        rc = capture_credentials(&c->objects, p, err);
    if (rc == 0)
        rc = capture_signal_driven(&c->objects, p, err);
    if (rc == 0)
        rc = capture_process(p, err);
    if (rc == 0)
        rc = capture_working_folder(&c->objects, p, err);
    if (rc == 0)
        rc = capture_deleted_program(&c->objects, p, err);
    if (rc == 0)
        rc = capture_mappings(&c->objects, p, err);
    return rc;
}

static int capture_zombies(capture *c, cairn_error *err)
{
    json_t *processes = json_object_get(c->meta, "processes");
    for (size_t i = 0; i < c->frozen.zombie_count; i++) {
        struct proc_stat stat;
        if (proc_read_stat(c->frozen.zombies[i], &stat, NULL) != 0)
            continue;
        const struct captured_process *parent = find_process(c, stat.ppid);
        if (!parent)
            continue; /* pid 1 is about to reap the process */
        json_t *json = describe_zombie(c->frozen.zombies[i], err);
        if (!json)
            return -(err ? err->code : EIO);
        json_object_set_new(json, "ppid", json_integer(parent->ns_pid));
        if (is_adopted(parent, (pid_t)json_integer_value(json_object_get(json, "pid")),
                       (pid_t)json_integer_value(json_object_get(json, "session"))))
            json_object_set_new(json, "adopted", json_true());
        json_array_append_new(processes, json);
    }
    return 0;
}

static int set_subreapers(capture *c, bool on, cairn_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < c->process_count; i++)
        if (c->processes[i].subreaper)
            rc = inject_ok(&c->processes[i].injector, "PR_SET_CHILD_SUBREAPER", NULL, err,
                           SYS_prctl, PR_SET_CHILD_SUBREAPER, on, 0, 0, 0, 0);
    return rc;
}

/* A subreaper would adopt the snapshots and receive their end as a signal. Switches subreapers off
 * meanwhile, so that pid 1 adopts the snapshots. */
static int capture_snapshots(capture *c, cairn_error *err)
{
    int rc = set_subreapers(c, false, err);
    for (size_t i = 0; rc == 0 && i < c->process_count; i++)
        rc = capture_snapshot(&c->processes[i], err);
    for (size_t i = 0; rc == 0 && i < c->process_count; i++)
        rc = dontfork_copy(&c->dontfork, &c->processes[i], err);
    int back = set_subreapers(c, true, rc == 0 ? err : NULL);
    return rc != 0 ? rc : back;
}

/* Ends a snapshot whose helper was killed before it could report the snapshot's pid. */
static void drop_lost_snapshots(const capture *c, pid_t init)
{
    auto_proc_list struct proc_list list = {0};
    if (proc_descendants(init, &list, NULL) != 0)
        return;
    for (size_t i = 0; i < list.count; i++) {
        struct proc_status status;
        pid_t pid = list.numbers[i];
        int unused;
        if (find_process(c, pid) || proc_read_status(pid, pid, &status, NULL) != 0 ||
            status.tracer != (pid_t)syscall(SYS_gettid))
            continue;
        process_signal(pid, SIGKILL);
        while (trace_wait(pid, TRACE_NO_TIMEOUT, &unused, NULL) == 0) {
        }
    }
}

static uint64_t pause_so_far(const capture *c)
{
    return (uint64_t)(freeze_clock_us() - c->frozen.since_us);
}

static void let_go(capture *c)
{
    if (!c->at_rest)
        return;
    for (size_t i = 0; i < c->process_count; i++)
        put_back_threads(&c->processes[i]);
    c->figures.pause_us = pause_so_far(c);
    freeze_release(&c->frozen);
    c->at_rest = false;
}

static bool stands_in_vdso(const struct captured_process *p, const struct captured_thread *t)
{
    uint64_t at = cpu_instruction_pointer(&t->cpu.registers);
    for (size_t i = 0; i < p->maps.count; i++)
        if (strcmp(p->maps.maps[i].path, "[vdso]") == 0)
            return p->maps.maps[i].start <= at && at < p->maps.maps[i].end;
    return false;
}

/* Records what the image demands of a host. Runs after the capture of the threads, whose registers
 * decide it. From here on, the CPU components that the step uses are recorded. */
static int describe_host(const capture *c, struct cpu_demand *demand, cairn_error *err)
{
    struct utsname name;
    struct cpu_features cpu;
    struct vdso vdso;
    bool in_vdso = false;
    int rc = vdso_here(&vdso, err);
    if (rc != 0)
        return rc;
    uname(&name);
    cpu_features_read(&cpu);
    for (size_t i = 0; i < c->process_count; i++)
        for (size_t k = 0; k < c->processes[i].thread_count; k++) {
            const struct captured_thread *t = &c->processes[i].threads[k];
            in_vdso |= stands_in_vdso(&c->processes[i], t);
            demand->beyond |= demand->baseline ? cpu_in_use(&t->cpu, &cpu) : 0;
        }
    json_object_set_new(c->meta, "host",
                        json_pack("{s:s, s:s, s:s, s:I, s:s}", "kernel", name.release, "machine",
                                  name.machine, "node", name.nodename, "page_size",
                                  (json_int_t)sysconf(_SC_PAGESIZE), "vdso",
                                  in_vdso ? vdso.digest : vdso.name));
    json_object_set_new(c->meta, "cpu", cpu_demand_to_json(demand, &cpu));
    return 0;
}

static size_t count_mapped_files(const capture *c)
{
    json_auto_t *seen = json_object();
    size_t k;
    json_t *map;
    for (size_t i = 0; i < c->process_count; i++)
        json_array_foreach(json_object_get(c->processes[i].json, "maps"), k, map)
        {
            const char *path = json_string_value(json_object_get(map, "path"));
            if (path)
                json_object_set_new(seen, path, json_true());
        }
    return json_object_size(seen);
}

/* Counts all indices up to the highest, because a restore holds the lower ones while it makes that
 * terminal. */
static size_t count_terminals(const capture *c)
{
    size_t count = 0, k;
    json_t *pty;
    json_array_foreach(json_object_get(c->meta, "ptys"), k, pty)
    {
        size_t index = (size_t)json_integer_value(json_object_get(pty, "index"));
        count = index + 1 > count ? index + 1 : count;
    }
    return count;
}

/* Refuses a tree with too many open files: a restore opens all of them in one process. */
static int check_descriptor_limit(const capture *c, cairn_error *err)
{
    struct rlimit limit;
    size_t open = c->objects.description_count + c->objects.object_count + count_mapped_files(c),
           need = open + count_terminals(c) + FD_STORE_ROOM + SUPERVISORS_DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return cairn_fail_errno(err, "asking for the limit of descriptors");
    return need <= limit.rlim_max
               ? 0
               : cairn_fail(err, CAIRN_EUNSUPPORTED,
                            "the step has %zu files open or mapped, for which a restore needs %zu "
                            "descriptors; the hard limit is %llu: raise it (ulimit -Hn), or have "
                            "fewer open",
                            open, need, (unsigned long long)limit.rlim_max);
}

/* Leaves out the filter of the step's pid 1, because a restored step has its own. */
static int count_filters_above(capture *c, pid_t init, cairn_error *err)
{
    struct proc_status status;
    int rc = proc_read_status(init, init, &status, err);
    if (rc == 0)
        c->filters_above = status.seccomp_filters;
    return rc;
}

static int capture_everything(capture *c, struct tree *t, const struct capture_options *options,
                              image_writer *writer, cairn_error *err)
{
    c->meta = json_pack("{s:s, s:i, s:o, s:i, s:[]}", "kind", "native", "version", META_VERSION,
                        "clocks", describe_clocks(t), "root", (int)t->root_in_ns, "processes");
    c->objects.init = t->init;
    int rc = count_filters_above(c, t->init, err);
    if (rc == 0)
        rc = capture_shm(&c->objects, c->meta, err);
    if (rc == 0)
        rc = find_parents(c, t->init, err);
    for (size_t i = 0; rc == 0 && i < c->process_count; i++)
        rc = capture_descriptors(&c->objects, &c->processes[i], err);
    if (rc == 0)
        rc = capture_pipes(&c->objects, err);
    if (rc == 0)
        rc = capture_epolls(&c->objects, err);
    if (rc == 0)
        rc = capture_pidfds(&c->objects, &c->frozen, c->processes, c->process_count, err);
    if (rc == 0)
        rc = capture_inotifies(&c->objects, c->processes, c->process_count, err);
    if (rc == 0)
        rc = capture_mqueues(&c->objects, c->meta, err);
    if (rc == 0)
        rc = capture_sockets(&c->objects, err);
    if (rc == 0)
        rc = capture_inet(&c->objects, err);
    if (rc == 0)
        rc = capture_terminals(&c->objects, c->processes, c->process_count, t->pty_master, c->meta,
                               err);
    for (size_t i = 0; rc == 0 && i < c->process_count; i++)
        rc = capture_one(c, &c->processes[i], err);
    for (size_t i = 0; rc == 0 && i < c->process_count; i++)
        rc = capture_wait_state(&c->processes[i], err);
    if (rc == 0)
        rc = refuse_sharing(c->processes, c->process_count, err);
    if (rc == 0)
        rc = refuse_landlock(c->processes, c->process_count, err);
    if (rc == 0)
        rc = check_descriptor_limit(c, err);
    if (rc == 0)
        rc = describe_host(c, &t->cpu, err);
    bool sysv = false;
    if (rc == 0)
        rc = sysv_is_used(&c->processes[0], &sysv, err);
    if (rc == 0 && sysv)
        rc = capture_sysv(&c->objects, c->processes, c->process_count, c->meta, err);
    if (rc == 0)
        rc = capture_zombies(c, err);
    capture_read_files(&c->objects);
    if (rc == 0)
        rc = rollback_record(options->rollback, c->objects.written, c->objects.written_count,
                             writer, &c->notes, err);
    return rc;
}

/* Whether the step has mapped kept copies of programs. Those copies are deleted together with the
 * images that refer to them. */
static bool lives_on_kept(const struct tree *t)
{
    return json_array_size(t->kept.stand_ins) > 0;
}

int capture_begin(struct tree *t, const struct capture_options *options, image_writer *writer,
                  capture **out, cairn_error *err)
{
    if (!t->namespaces)
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "this step runs without namespaces and cannot be captured");
    prctl(PR_SET_TIMERSLACK, 1); /* the short waits for threads to stop must really be short */
    capture *c = calloc(1, sizeof *c);
    if (!c)
        return cairn_fail(err, ENOMEM, "out of memory");
    c->threads = options->threads ? (unsigned)options->threads : 1;
    c->keeping.folder = -1;
    int rc = dontfork_scan(&c->dontfork, t->init, err);
    if (rc == 0 && (options->keep_binaries || lives_on_kept(t))) {
        rc = keeping_open(image_writer_dirfd(writer), &t->kept, &c->keeping, err);
        c->objects.keeping = &c->keeping;
    }
    if (rc == 0)
        rc = freeze_tree(t->init, &t->waits, &c->frozen, err);
    c->at_rest = rc == 0;
    if (rc == 0)
        rc = refuse_other_namespaces(&c->frozen, t->init, err);
    if (rc == 0)
        rc = list_processes(c, err);
    if (rc == 0)
        rc = capture_everything(c, t, options, writer, err);
    for (size_t i = 0; rc == 0 && i < c->process_count; i++)
        rc = put_back_scratch(&c->processes[i], err);
    if (rc == 0 && !options->stay_stopped) {
        cairn_error why = {0};
        int unable = options->why_no_snapshot
                         ? cairn_fail(&why, ENOMEM, "%s", options->why_no_snapshot)
                         : capture_snapshots(c, &why);
        if (unable != 0) {
            /* Copies the memory while the step is frozen: the pause is longer, and reported, but
             * the image is complete. */
            c->figures.copied_standing = true;
            snprintf(c->figures.why_standing, sizeof c->figures.why_standing, "%.190s",
                     why.message);
            for (size_t i = 0; i < c->process_count; i++)
                drop_snapshot(&c->processes[i]);
            drop_lost_snapshots(c, t->init);
            dontfork_free(
                &c->dontfork); /* the frozen processes themselves have all of their memory */
        } else {
            let_go(c);
        }
    }
    c->figures.processes = (uint32_t)c->process_count;
    if (rc != 0) {
        capture_end(c);
        return rc;
    }
    *out = c;
    return 0;
}

/* Records the flags and guards that /proc/PID/maps does not show. The snapshot has all of them
 * except those that a fork does not inherit, which dontfork.c read before the pause. */
static int describe_flags_of(const capture *c, const struct captured_process *p, cairn_error *err)
{
    auto_proc_maps struct proc_maps smaps = {0};
    int rc = proc_read_smaps(p->memory_of, &smaps, err);
    json_t *maps = json_object_get(p->json, "maps");
    for (size_t k = 0, at = 0; rc == 0 && k < p->maps.count; k++) {
        const struct proc_map *map = &p->maps.maps[k];
        while (at < smaps.count && smaps.maps[at].end <= map->start)
            at++;
        const struct proc_map *seen =
            at < smaps.count && smaps.maps[at].start <= map->start ? &smaps.maps[at] : NULL;
        uint32_t flags = (seen ? seen->flags : 0) | dontfork_flags(&c->dontfork, p, map);
        json_object_set_new(json_array_get(maps, k), "flags", json_integer(flags));
        rc = dontfork_check(&c->dontfork, p, map, seen, err);
        json_t *guards = NULL;
        if (rc == 0 && !proc_map_is_kernel(map))
            rc = pages_guards(p, map, &guards, err);
        if (guards)
            json_object_set_new(json_array_get(maps, k), "guards", guards);
    }
    return rc;
}

static int describe_flags(const capture *c, cairn_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < c->process_count; i++)
        rc = describe_flags_of(c, &c->processes[i], err);
    for (size_t i = 0; rc == 0 && i < c->process_count; i++)
        rc = describe_memory_policies(&c->processes[i], err);
    return rc;
}

static int write_pages(const capture *c, image_writer *writer, cairn_error *err)
{
    struct page_runs runs = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < c->process_count; i++)
        rc = pages_list(&c->processes[i], &runs, err);
    if (rc == 0)
        rc = pages_write(&runs, c->threads, writer, err);
    free(runs.runs);
    return rc;
}

static int write_meta(capture *c, image_writer *writer, cairn_error *err)
{
    json_t *record;
    int rc = rollback_sync(c->notes, writer, &record, err);
    if (rc != 0)
        return rc;
    json_object_set_new(c->meta, "files", record);
    json_t *processes = json_object_get(c->meta, "processes");
    for (size_t i = 0; i < c->process_count; i++)
        json_array_append(processes, c->processes[i].json);
    struct keeping *keeping = c->objects.keeping ? &c->keeping : NULL;
    rc = mapped_files_describe(processes, keeping, err);
    if (rc == 0 && keeping)
        rc = keeping_finish(keeping, c->meta, err);
    if (rc == 0)
        rc = read_files_describe(&c->objects, err);
    if (rc != 0)
        return rc;
    json_t *descriptions = json_array(), *objects = json_array();
    json_object_set_new(c->meta, "descriptions", descriptions);
    json_object_set_new(c->meta, "objects", objects);
    for (size_t i = 0; i < c->objects.description_count; i++)
        json_array_append(descriptions, c->objects.descriptions[i].json);
    for (size_t i = 0; i < c->objects.object_count; i++)
        json_array_append(objects, c->objects.objects[i].json);
    char *text = json_dumps(c->meta, JSON_COMPACT);
    if (!text)
        return cairn_fail(err, ENOMEM, "out of memory writing META");
    rc = image_writer_meta(writer, text, strlen(text), err);
    free(text);
    return rc;
}

int capture_write(capture *c, image_writer *writer, cairn_error *err)
{
    int rc = describe_flags(c, err);
    if (rc == 0)
        rc = write_pages(c, writer, err);
    if (rc == 0)
        rc = dontfork_write(&c->dontfork, writer, err);
    if (rc == 0)
        rc = objects_write(&c->objects, writer, err);
    if (rc == 0)
        rc = write_meta(c, writer, err);
    return rc;
}

void capture_figures_of(const capture *c, struct capture_figures *out)
{
    *out = c->figures;
    if (c->at_rest)
        out->pause_us = pause_so_far(c);
}

void capture_release(capture *c)
{
    let_go(c);
    for (size_t i = 0; i < c->process_count; i++)
        drop_snapshot(&c->processes[i]);
}

void capture_end(capture *c)
{
    if (!c)
        return;
    let_go(c);
    for (size_t i = 0; i < c->process_count; i++) {
        struct captured_process *p = &c->processes[i];
        drop_snapshot(p);
        for (size_t k = 0; k < p->thread_count; k++)
            cpu_state_free(&p->threads[k].cpu);
        free(p->threads);
        cairn_cleanup_close(&p->injector.memory);
        proc_maps_free(&p->maps);
        json_decref(p->json);
    }
    free(c->processes);
    objects_free(&c->objects);
    keeping_close(&c->keeping);
    dontfork_free(&c->dontfork);
    rollback_free(c->notes);
    json_decref(c->meta);
    free(c);
}
