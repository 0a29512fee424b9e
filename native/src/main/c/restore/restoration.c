#include "restore/restoration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "proc/proc.h"
#include "restore/fits.h"
#include "restore/ranges.h"

#define PROCESS_LIMIT 65536
#define MAP_LIMIT 1048576
#define USER_END 0x7ffffffff000ull
#define LOWEST 0x10000ull
#define PAGE 4096ull

struct restored_process *restoration_find(const struct restoration *r, pid_t ns_pid)
{
    for (size_t i = 0; i < r->process_count; i++)
        if (r->processes[i].ns_pid == ns_pid)
            return &r->processes[i];
    return NULL;
}

static int read_process(struct restored_process *p, const json_t *json, cairn_error *err)
{
    int64_t pid, ppid, session, pgrp, space = 0;
    bool zombie = false, adopted = false;
    int rc = json_need_int(json, "pid", 2, 1 << 30, &pid, err);
    if (rc == 0)
        rc = json_need_int(json, "ppid", 1, 1 << 30, &ppid, err);
    if (rc == 0)
        rc = json_need_int(json, "session", 0, 1 << 30, &session, err);
    if (rc == 0)
        rc = json_need_int(json, "pgrp", 0, 1 << 30, &pgrp, err);
    if (rc == 0)
        rc = json_may_bool(json, "zombie", &zombie, err);
    if (rc == 0)
        rc = json_may_bool(json, "adopted", &adopted, err);
    if (rc == 0 && !zombie)
        rc = json_need_int(json, "space", 1, UINT32_MAX, &space, err);
    *p = (struct restored_process){.json = json,
                                   .ns_pid = (pid_t)pid,
                                   .ns_ppid = (pid_t)ppid,
                                   .session = (pid_t)session,
                                   .pgrp = (pid_t)pgrp,
                                   .zombie = zombie,
                                   .adopted = adopted,
                                   .space = (uint32_t)space,
                                   .injector = {.memory = -1}};
    return rc;
}

static int depth_of(const struct restoration *r, pid_t ns_pid)
{
    int depth = 0;
    for (const struct restored_process *p = restoration_find(r, ns_pid); p && depth < PROCESS_LIMIT;
         p = restoration_find(r, p->ns_ppid))
        depth++;
    return depth;
}

/* Finds the process that adopted the members of a session when the session's leader ended: the
 * leader lived below it. Of several candidates, the deepest. */
static pid_t adopter_of(const struct restoration *r, pid_t session)
{
    pid_t deepest = 1;
    for (size_t i = 0; i < r->process_count; i++) {
        const struct restored_process *p = &r->processes[i];
        if (p->session == session && p->adopted && depth_of(r, p->ns_ppid) > depth_of(r, deepest))
            deepest = p->ns_ppid;
    }
    return deepest;
}

/* Adds the ended leaders of sessions that still have other members. */
static void add_vanished_leaders(struct restoration *r)
{
    for (size_t i = 0, count = r->process_count; i < count; i++) {
        pid_t session = r->processes[i].session;
        if (session <= 1 || restoration_find(r, session))
            continue;
        pid_t adopter = adopter_of(r, session);
        r->processes[r->process_count++] = (struct restored_process){.ns_pid = session,
                                                                     .ns_ppid = adopter,
                                                                     .session = session,
                                                                     .pgrp = session,
                                                                     .zombie = true,
                                                                     .vanished = true,
                                                                     .injector = {.memory = -1}};
    }
}

static int read_processes(struct restoration *r, cairn_error *err)
{
    json_t *list;
    int rc = json_need_array(r->meta, "processes", PROCESS_LIMIT, &list, err);
    if (rc != 0)
        return rc;
    r->processes = calloc(2 * json_array_size(list) + 1, sizeof *r->processes);
    if (!r->processes)
        return cairn_fail(err, ENOMEM, "out of memory reading the image");
    for (size_t i = 0; i < json_array_size(list); i++) {
        rc = read_process(&r->processes[i], json_array_get(list, i), err);
        if (rc != 0)
            return cairn_fail_within(err, rc, "process %zu of the image", i);
        r->process_count++;
    }
    add_vanished_leaders(r);
    for (size_t i = 0; i < r->process_count; i++) {
        struct restored_process *p = &r->processes[i];
        p->parent = restoration_find(r, p->ns_ppid);
        if (p->ns_ppid != 1 && !p->parent)
            return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "pid %d of the image has no parent",
                              p->ns_pid);
    }
    return 0;
}

static void find_sharing(struct restoration *r)
{
    for (size_t i = 0; i < image_reader_chunks(r->image); i++) {
        struct image_chunk chunk;
        image_reader_chunk_info(r->image, i, &chunk);
        bool shared = false;
        for (uint32_t k = 0; k < chunk.n_runs && !shared; k++)
            shared = chunk.runs[k].source == IMAGE_RUN_SHARED;
        for (size_t p = 0; shared && p < r->process_count; p++)
            if (r->processes[p].space == chunk.space)
                r->processes[p].shares = true;
    }
}

/* The ranges that a process of the image has mapped; for the kernel's own mappings also their
 * sizes. */
static int occupy_by(struct ranges *o, const struct restored_process *p, uint64_t *kernel_bytes,
                     cairn_error *err)
{
    json_t *maps;
    uint64_t kernel = 0;
    int rc = json_need_array(p->json, "maps", MAP_LIMIT, &maps, err);
    for (size_t k = 0; rc == 0 && k < json_array_size(maps); k++) {
        const json_t *map = json_array_get(maps, k);
        struct range range;
        rc = json_need_hex(map, "start", &range.start, err);
        if (rc == 0)
            rc = json_need_hex(map, "end", &range.end, err);
        if (rc != 0)
            return rc;
        if (range.start >= USER_END)
            continue; /* vsyscall */
        if (range.end <= range.start || range.end > USER_END || range.start % PAGE ||
            range.end % PAGE)
            return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "a mapping from 0x%llx to 0x%llx",
                              (unsigned long long)range.start, (unsigned long long)range.end);
        if (json_object_get(map, "kernel"))
            kernel += range.end - range.start;
        rc = ranges_add(o, range, err);
    }
    if (kernel > *kernel_bytes)
        *kernel_bytes = kernel;
    return rc;
}

static int occupy_by_ourselves(struct ranges *o, cairn_error *err)
{
    auto_proc_maps struct proc_maps maps = {0};
    int rc = proc_read_maps(getpid(), &maps, err);
    for (size_t i = 0; rc == 0 && i < maps.count; i++)
        rc = ranges_add(o, (struct range){maps.maps[i].start, maps.maps[i].end}, err);
    return rc;
}

/* Finds addresses that are free both in every process of the image and in the supervisor, because
 * the restored processes begin as its forks. The supervisor's heap begins within the first GiB and
 * may still grow. */
static int find_room(struct restoration *r, cairn_error *err)
{
    auto_ranges struct ranges o = {0};
    int rc = occupy_by_ourselves(&o, err);
    for (size_t i = 0; rc == 0 && i < r->process_count; i++)
        if (!r->processes[i].zombie)
            rc = occupy_by(&o, &r->processes[i], &r->kernel_bytes, err);
    if (rc != 0)
        return rc;
    qsort(o.ranges, o.count, sizeof *o.ranges, range_by_start);
    uint64_t need = TRAMPOLINE_BYTES + r->kernel_bytes + 64 * PAGE;
    uint64_t at = 0x100000000ull;
    for (size_t i = 0; i < o.count; i++) {
        if (o.ranges[i].start >=
            at + need + 256 * PAGE) /* a grows-down mapping needs a gap below itself */
            break;
        if (o.ranges[i].end + PAGE > at)
            at = o.ranges[i].end + PAGE;
    }
    if (at + need > USER_END)
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "the processes of the image leave no free address range");
    r->trampoline = at;
    r->kernel_stopover = at + TRAMPOLINE_BYTES + PAGE;
    return 0;
}

int restoration_open(struct restoration *r, const struct tree_spec *spec, const image_reader *image,
                     cairn_error *err)
{
    *r = (struct restoration){.spec = spec, .image = image};
    size_t len;
    const char *text = image_reader_meta(image, &len);
    int rc = json_parse_object(text, len, "META of the image", &r->meta, err);
    if (rc == 0)
        rc = path_map_translate(spec->moved, r->meta, err);
    if (rc == 0)
        rc = restore_fits_machine(r->meta, err);
    if (rc == 0)
        rc = read_processes(r, err);
    if (rc == 0)
        rc = find_room(r, err);
    if (rc == 0)
        find_sharing(r);
    return rc;
}

void restoration_close(struct restoration *r)
{
    for (size_t i = 0; i < r->process_count; i++) {
        struct restored_process *p = &r->processes[i];
        for (size_t k = 0; k < p->thread_count; k++)
            cpu_state_free(&p->threads[k].cpu);
        free(p->threads);
        cairn_cleanup_close(&p->injector.memory);
    }
    free(r->processes);
    proc_list_free(&r->own_descriptors);
    json_decref(r->mapped_files);
    json_decref(r->meta);
    *r = (struct restoration){0};
}
