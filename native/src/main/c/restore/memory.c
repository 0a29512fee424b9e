/* Address spaces: empties, maps and fills them. */
#include "restore/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/hex.h"
#include "common/io.h"
#include "common/json.h"
#include "proc/proc.h"
#include "restore/fd_store.h"
#include "restore/memory_policy.h"
#include "restore/ranges.h"
#include "restore/space_reader.h"
#include "restore/sysv.h"
#include "restore/threads.h"
#include "rollback/file_content.h"

#define USER_END 0x7ffffffff000ull
#define PAGE 4096ull
#define GUARD_LIMIT 1048576
#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif
#ifndef SYS_mseal
#define SYS_mseal 462
#endif

/* One mapping of META. */
struct mapping {
    uint64_t start, end, offset;
    int prot;
    bool shared, kernel, read_only; /* nor may the mapping become writable */
    int64_t flags;
    int fd;          /* the descriptor's number in the store; -1 anonymous */
    int64_t segment; /* of SysV; -1 none */
};

static int read_mapping(const struct restoration *r, const json_t *json, struct mapping *out,
                        cairn_error *err)
{
    *out = (struct mapping){
        .fd = -1, .segment = -1, .kernel = json_object_get(json, "kernel") != NULL};
    int64_t prot, object = 0;
    const char *path = NULL, *kept = NULL;
    int rc = json_need_hex(json, "start", &out->start, err);
    if (rc == 0)
        rc = json_need_hex(json, "end", &out->end, err);
    if (rc == 0)
        rc = json_need_int(json, "prot", 0, 7, &prot, err);
    if (rc != 0 || out->kernel)
        return rc;
    out->prot = (int)prot;
    rc = json_need_hex(json, "offset", &out->offset, err);
    if (rc == 0)
        rc = json_need_bool(json, "shared", &out->shared, err);
    if (rc == 0)
        rc = json_may_bool(json, "read_only", &out->read_only, err);
    if (rc == 0)
        rc = json_may_int(json, "flags", 0, UINT32_MAX, &out->flags, err);
    if (rc == 0)
        rc = json_may_int(json, "object", 0, UINT32_MAX, &object, err);
    if (rc == 0)
        rc = json_may_int(json, "sysv", 0, INT32_MAX, &out->segment, err);
    if (rc == 0)
        rc = json_may_string(json, "path", 4096, &path, err);
    if (rc == 0)
        rc = json_may_string(json, "kept", RB_HEX, &kept, err);
    if (rc != 0)
        return rc;
    if (path)
        out->fd = fd_store_mapped_file(r, path, kept);
    else if (object)
        out->fd = fd_store_object(r, (uint32_t)object);
    if ((path || object) && out->fd < 0)
        return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "a mapping of an object that the image lacks");
    return 0;
}

int memory_enter_trampoline(const struct restoration *r, struct restored_process *p,
                            cairn_error *err)
{
    auto_proc_maps struct proc_maps maps = {0};
    int rc = proc_read_maps(p->pid, &maps, err);
    if (rc != 0)
        return rc;
    rc = inject_find_syscall(&p->injector, &maps, err);
    if (rc != 0)
        return rc;
    rc = inject_ok(&p->injector, "mapping the trampoline", NULL, err, SYS_mmap, r->trampoline,
                   TRAMPOLINE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, (uint64_t)-1, 0);
    if (rc == 0)
        rc = inject_write(&p->injector, r->trampoline, cpu_syscall_instruction, CPU_SYSCALL_BYTES,
                          err);
    p->injector.syscall_at = r->trampoline;
    p->injector.scratch = r->trampoline + PAGE;
    return rc != 0 ? rc : threads_forget_rseq(&p->injector, err);
}

static bool same_value(const json_t *a, const json_t *b, const char *key)
{
    const json_t *x = json_object_get(a, key), *y = json_object_get(b, key);
    return (!x && !y) || (x && y && json_equal(x, y));
}

/* Whether the parent has the same mapping. The process has then inherited it by fork, and it is not
 * made again. capture/pages.c applies the same rule. */
static bool inherits(const struct restored_process *p, const json_t *map)
{
    if (!p->shares || !p->parent || json_object_get(map, "kernel"))
        return false;
    size_t i;
    json_t *theirs;
    json_array_foreach(json_object_get(p->parent->json, "maps"), i, theirs)
    {
        if (same_value(map, theirs, "start"))
            return same_value(map, theirs, "end") && same_value(map, theirs, "shared") &&
                   same_value(map, theirs, "offset") && same_value(map, theirs, "path") &&
                   same_value(map, theirs, "kept") && same_value(map, theirs, "object") &&
                   same_value(map, theirs, "sysv");
    }
    return false;
}

/* Unmaps everything but the trampoline, the kernel's own mappings and inherited mappings. */
static int unmap_others(const struct restoration *r, struct restored_process *p,
                        const struct proc_maps *now, const json_t *wanted, cairn_error *err)
{
    size_t room = now->count + json_array_size(wanted) + 1, n = 0;
    auto_free struct range *kept = calloc(room, sizeof *kept);
    if (!kept)
        return cairn_fail(err, ENOMEM, "out of memory restoring pid %d", p->ns_pid);
    for (size_t i = 0; i < now->count; i++)
        if (now->maps[i].start < USER_END && proc_map_is_kernel(&now->maps[i]))
            kept[n++] = (struct range){now->maps[i].start, now->maps[i].end};
    kept[n++] = (struct range){r->trampoline, r->trampoline + TRAMPOLINE_BYTES};
    size_t k;
    json_t *map;
    json_array_foreach(wanted, k, map)
    {
        if (!inherits(p, map))
            continue;
        int rc = json_need_hex(map, "start", &kept[n].start, err);
        if (rc == 0)
            rc = json_need_hex(map, "end", &kept[n].end, err);
        if (rc != 0)
            return rc;
        n++;
    }
    qsort(kept, n, sizeof *kept, range_by_start);
    uint64_t from = 0;
    for (size_t i = 0; i <= n; i++) {
        uint64_t to = i < n ? kept[i].start : USER_END;
        if (to > from) {
            int rc = inject_ok(&p->injector, "unmapping", NULL, err, SYS_munmap, from, to - from, 0,
                               0, 0, 0);
            if (rc != 0)
                return rc;
        }
        from = i < n ? kept[i].end : USER_END;
    }
    return 0;
}

static int move_map(struct restored_process *p, uint64_t from, uint64_t len, uint64_t to,
                    cairn_error *err)
{
    if (from == to)
        return 0;
    return inject_ok(&p->injector, "moving the vdso", NULL, err, SYS_mremap, from, len, len,
                     MREMAP_MAYMOVE | MREMAP_FIXED, to, 0);
}

/* Moves the vdso and its data to where the program has them. They stop at a third place on the way,
 * because the ranges may overlap. */
static int move_kernel_maps(const struct restoration *r, struct restored_process *p,
                            const struct proc_maps *now, const json_t *wanted, cairn_error *err)
{
    for (int second = 0; second < 2; second++) {
        uint64_t stop = r->kernel_stopover;
        size_t i = 0, k;
        json_t *want;
        json_array_foreach(wanted, k, want)
        {
            const char *name = json_string_value(json_object_get(want, "kernel"));
            uint64_t start, end;
            if (!name || strcmp(name, "[vsyscall]") == 0)
                continue;
            int rc = json_need_hex(want, "start", &start, err);
            if (rc == 0)
                rc = json_need_hex(want, "end", &end, err);
            if (rc != 0)
                return rc;
            while (i < now->count && !proc_map_is_kernel(&now->maps[i]))
                i++;
            if (i == now->count || strcmp(now->maps[i].path, name) != 0 ||
                now->maps[i].end - now->maps[i].start != end - start)
                return cairn_fail(
                    err, CAIRN_EIMAGE_FOREIGN,
                    "this host's kernel has another %s than the one where the image was made",
                    name);
            rc = second ? move_map(p, stop, end - start, start, err)
                        : move_map(p, now->maps[i].start, end - start, stop, err);
            if (rc != 0)
                return rc;
            stop += end - start;
            i++;
        }
    }
    return 0;
}

/* The store has the file open for writing. */
static int reopen_to_be_read(struct restored_process *p, int fd, long *out, cairn_error *err)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int rc = inject_write(&p->injector, p->injector.scratch, path, strlen(path) + 1, err);
    return rc != 0
               ? rc
               : inject_ok(&p->injector, "opening shared memory to be read", out, err, SYS_openat,
                           (uint64_t)AT_FDCWD, p->injector.scratch, O_RDONLY, 0, 0, 0);
}

/* Pages must be writable to be filled. memory_finish gives each mapping its own protection. */
static int map_one(struct restored_process *p, const struct mapping *m, cairn_error *err)
{
    if (m->segment >= 0)
        return sysv_attach(p, m->segment, m->start, m->prot, err);
    int sharing = m->shared ? MAP_SHARED : m->flags & VMF_DROPPABLE ? MAP_DROPPABLE : MAP_PRIVATE;
    int flags = MAP_FIXED | sharing | (m->fd < 0 ? MAP_ANONYMOUS : 0);
    if (m->flags & VMF_GROWSDOWN)
        flags |= MAP_GROWSDOWN;
    if ((m->flags & VMF_NORESERVE) || m->prot == PROT_NONE)
        flags |= MAP_NORESERVE; /* reserved address space must not count as memory */
    int prot = m->shared ? m->prot : m->prot | PROT_READ | PROT_WRITE;
    bool reopens = m->read_only && m->fd >= 0;
    long fd = m->fd;
    int rc = reopens ? reopen_to_be_read(p, m->fd, &fd, err) : 0;
    if (rc == 0)
        rc = inject_ok(&p->injector, "mapping", NULL, err, SYS_mmap, m->start, m->end - m->start,
                       (uint64_t)prot, (uint64_t)flags, (uint64_t)fd, m->offset);
    return rc != 0 || !reopens ? rc
                               : inject_ok(&p->injector, "close", NULL, err, SYS_close,
                                           (uint64_t)fd, 0, 0, 0, 0, 0);
}

int memory_map(const struct restoration *r, struct restored_process *p, cairn_error *err)
{
    auto_proc_maps struct proc_maps now = {0};
    json_t *maps;
    int rc = json_need_array(p->json, "maps", 1 << 20, &maps, err);
    if (rc == 0)
        rc = proc_read_maps(p->pid, &now, err);
    if (rc == 0)
        rc = unmap_others(r, p, &now, maps, err);
    if (rc == 0)
        rc = move_kernel_maps(r, p, &now, maps, err);
    for (size_t i = 0; rc == 0 && i < json_array_size(maps); i++) {
        struct mapping m;
        rc = read_mapping(r, json_array_get(maps, i), &m, err);
        if (rc != 0 || m.kernel || inherits(p, json_array_get(maps, i)))
            continue;
        rc = map_one(p, &m, err);
        if (rc != 0)
            return cairn_fail_within(err, rc, "pid %d, 0x%llx to 0x%llx", p->ns_pid,
                                     (unsigned long long)m.start, (unsigned long long)m.end);
    }
    return rc;
}

static int fill_run(void *context, const struct image_run *run, const void *bytes, cairn_error *err)
{
    const struct restored_process *p = context;
    if (run->source == IMAGE_RUN_SHARED)
        return 0; /* came with the fork */
    auto_free void *zeros = NULL;
    if (!bytes) {
        bytes = zeros = calloc(1, run->length);
        if (!zeros)
            return cairn_fail(err, ENOMEM, "out of memory filling pages");
    }
    size_t done = 0;
    while (done < run->length) {
        struct iovec local = {(char *)bytes + done, run->length - done};
        struct iovec remote = {(void *)(uintptr_t)(run->start + done), run->length - done};
        ssize_t n = process_vm_writev(p->pid, &local, 1, &remote, 1, 0);
        if (n <= 0)
            return inject_write(&p->injector, run->start + done, (const char *)bytes + done,
                                run->length - done, err);
        done += (size_t)n;
    }
    return 0;
}

/* Handles all runs of a space, in order. */
static int collect_runs(const image_reader *image, uint32_t space, struct ranges *out,
                        cairn_error *err)
{
    for (size_t i = 0; i < image_reader_chunks(image); i++) {
        struct image_chunk chunk;
        image_reader_chunk_info(image, i, &chunk);
        for (uint32_t k = 0; chunk.space == space && k < chunk.n_runs; k++) {
            const struct image_run *run = &chunk.runs[k];
            int rc = ranges_add(out, (struct range){run->start, run->start + run->length}, err);
            if (rc != 0)
                return rc;
        }
    }
    if (out->count)
        qsort(out->ranges, out->count, sizeof *out->ranges, range_by_start);
    return 0;
}

static int drop_range(const struct restored_process *p, uint64_t start, uint64_t end,
                      cairn_error *err)
{
    struct injector in = p->injector;
    return inject_ok(&in, "dropping a page of the parent", NULL, err, SYS_madvise, start,
                     end - start, MADV_DONTNEED, 0, 0, 0);
}

/* Discards the parent's pages in [start, end) that the child no longer has. */
static int drop_missing(const struct restored_process *p, const struct ranges *theirs,
                        const struct ranges *own, uint64_t start, uint64_t end, cairn_error *err)
{
    for (size_t i = 0, k = 0; i < theirs->count; i++) {
        uint64_t from = theirs->ranges[i].start > start ? theirs->ranges[i].start : start;
        uint64_t to = theirs->ranges[i].end < end ? theirs->ranges[i].end : end;
        while (from < to) {
            while (k < own->count && own->ranges[k].end <= from)
                k++;
            uint64_t gap_end =
                k < own->count && own->ranges[k].start < to ? own->ranges[k].start : to;
            if (gap_end > from) {
                int rc = drop_range(p, from, gap_end, err);
                if (rc != 0)
                    return rc;
            }
            from = k < own->count && own->ranges[k].start < to ? own->ranges[k].end : to;
        }
    }
    return 0;
}

static int drop_inherited_pages(const struct restoration *r, const struct restored_process *p,
                                cairn_error *err)
{
    auto_ranges struct ranges own = {0}, theirs = {0};
    int rc = collect_runs(r->image, p->space, &own, err);
    if (rc == 0)
        rc = collect_runs(r->image, p->parent->space, &theirs, err);
    size_t i;
    json_t *map;
    json_array_foreach(json_object_get(p->json, "maps"), i, map)
    {
        uint64_t start, end;
        if (rc != 0)
            return rc;
        if (json_is_true(json_object_get(map, "shared")) || !inherits(p, map))
            continue;
        rc = json_need_hex(map, "start", &start, err);
        if (rc == 0)
            rc = json_need_hex(map, "end", &end, err);
        if (rc == 0)
            rc = drop_missing(p, &theirs, &own, start, end, err);
    }
    return rc;
}

int memory_fill(const struct restoration *r, const struct restored_process *p, cairn_error *err)
{
    int rc = p->shares ? drop_inherited_pages(r, p, err) : 0;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    if (rc == 0)
        rc =
            space_read(r->image, p->space, fill_run, (void *)p, cpus > 0 ? (unsigned)cpus : 1, err);
    return rc != 0 ? cairn_fail_within(err, rc, "filling the memory of pid %d", p->ns_pid) : 0;
}

static int advise(struct restored_process *p, const struct mapping *m, int64_t flag, int advice,
                  cairn_error *err)
{
    if (!(m->flags & flag))
        return 0;
    return inject_ok(&p->injector, "madvise", NULL, err, SYS_madvise, m->start, m->end - m->start,
                     (uint64_t)advice, 0, 0, 0);
}

static const char *text_of(const json_t *pair, size_t i)
{
    const char *text = json_string_value(json_array_get(pair, i));
    return text ? text : "";
}

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

static int install_guards(struct restored_process *p, const json_t *json, cairn_error *err)
{
    json_t *guards = NULL;
    int rc = json_may_array(json, "guards", GUARD_LIMIT, &guards, err);
    for (size_t i = 0; rc == 0 && i < json_array_size(guards); i++) {
        const json_t *pair = json_array_get(guards, i);
        uint64_t start = strtoull(text_of(pair, 0), NULL, 16),
                 end = strtoull(text_of(pair, 1), NULL, 16);
        rc = inject_ok(&p->injector, "MADV_GUARD_INSTALL (Linux 6.13)", NULL, err, SYS_madvise,
                       start, end - start, MADV_GUARD_INSTALL, 0, 0, 0);
    }
    return rc;
}

/* If this host lacks the nodes, the memory comes from the nodes that it has. */
static int set_policy(struct restored_process *p, const json_t *json, const struct mapping *m,
                      cairn_error *err)
{
    struct memory_policy policy;
    long result;
    int rc = memory_policy_write(&p->injector, json, "policy", &policy, err);
    return rc != 0 || policy.maxnode == 0
               ? rc
               : inject(&p->injector, &result, err, SYS_mbind, m->start, m->end - m->start,
                        policy.mode, p->injector.scratch, policy.maxnode, 0);
}

static int finish_mapping(struct restored_process *p, const json_t *json, const struct mapping *m,
                          cairn_error *err)
{
    int rc = advise(p, m, VMF_HUGEPAGE, MADV_HUGEPAGE, err);
    if (rc == 0)
        rc = advise(p, m, VMF_NOHUGEPAGE, MADV_NOHUGEPAGE, err);
    if (rc == 0)
        rc = advise(p, m, VMF_DONTFORK, MADV_DONTFORK, err);
    if (rc == 0)
        rc = advise(p, m, VMF_WIPEONFORK, MADV_WIPEONFORK, err);
    if (rc == 0)
        rc = advise(p, m, VMF_DONTDUMP, MADV_DONTDUMP, err);
    if (rc == 0)
        rc = advise(p, m, VMF_SEQUENTIAL, MADV_SEQUENTIAL, err);
    if (rc == 0)
        rc = advise(p, m, VMF_RANDOM, MADV_RANDOM, err);
    if (rc == 0)
        rc = advise(p, m, VMF_MERGEABLE, MADV_MERGEABLE, err);
    if (rc == 0)
        rc = set_policy(p, json, m, err);
    if (rc == 0)
        rc = install_guards(p, json, err); /* not in locked memory */
    if (rc == 0 && !m->shared && (m->prot & (PROT_READ | PROT_WRITE)) != (PROT_READ | PROT_WRITE))
        rc = inject_ok(&p->injector, "mprotect", NULL, err, SYS_mprotect, m->start,
                       m->end - m->start, (uint64_t)m->prot, 0, 0, 0);
    long ignored;
    if (rc == 0 &&
        (m->flags &
         VMF_LOCKED)) /* a lower RLIMIT_MEMLOCK on this host costs speed, not correctness */
        rc = inject(&p->injector, &ignored, err, SYS_mlock2, m->start, m->end - m->start,
                    m->flags & VMF_LOCKONFAULT ? MLOCK_ONFAULT : 0, 0, 0, 0);
    if (rc == 0 && (m->flags & VMF_SEALED)) /* programs of an older kernel cannot rely on the
                                             * setting */
        rc =
            inject(&p->injector, &ignored, err, SYS_mseal, m->start, m->end - m->start, 0, 0, 0, 0);
    return rc;
}

/* Returns what /proc/PID/exe must lead to: a file, or an object if the program had no name any
 * more. */
static int find_program(const struct restoration *r, const struct restored_process *p, int *fd,
                        cairn_error *err)
{
    const char *exe, *kept = NULL;
    int64_t object = 0;
    int rc = json_need_string(p->json, "exe", 4096, &exe, err);
    if (rc == 0)
        rc = json_may_int(p->json, "exe_object", 0, UINT32_MAX, &object, err);
    if (rc == 0)
        rc = json_may_string(p->json, "exe_kept", RB_HEX, &kept, err);
    if (rc != 0)
        return rc;
    *fd = object ? fd_store_object(r, (uint32_t)object) : fd_store_mapped_file(r, exe, kept);
    return *fd >= 0 ? 0
                    : cairn_fail(err, CAIRN_EIMAGE_CORRUPT,
                                 "%s is run from an object that the image lacks", exe);
}

/* Tells the kernel where code, heap, stack, arguments and environment lie, and which program the
 * process runs. */
static int set_layout(const struct restoration *r, struct restored_process *p, cairn_error *err)
{
    json_t *layout;
    const char *auxv_hex;
    int program;
    int rc = json_need_object(p->json, "layout", &layout, err);
    if (rc == 0)
        rc = json_need_string(layout, "auxv", 8192, &auxv_hex, err);
    if (rc == 0)
        rc = find_program(r, p, &program, err);
    if (rc != 0)
        return rc;
    auto_free void *auxv = NULL;
    size_t auxv_len;
    rc = hex_decode(auxv_hex, 1024, &auxv, &auxv_len, err);
    if (rc != 0)
        return rc;
    struct prctl_mm_map map = {.auxv = (void *)(uintptr_t)(p->injector.scratch + sizeof map),
                               .auxv_size = (uint32_t)auxv_len,
                               .exe_fd = (uint32_t)program};
    const struct {
        const char *name;
        __u64 *field;
    } fields[] = {{"start_code", &map.start_code},   {"end_code", &map.end_code},
                  {"start_data", &map.start_data},   {"end_data", &map.end_data},
                  {"start_brk", &map.start_brk},     {"brk", &map.brk},
                  {"start_stack", &map.start_stack}, {"arg_start", &map.arg_start},
                  {"arg_end", &map.arg_end},         {"env_start", &map.env_start},
                  {"env_end", &map.env_end}};
    for (size_t i = 0; rc == 0 && i < sizeof fields / sizeof *fields; i++) {
        uint64_t value;
        rc = json_need_hex(layout, fields[i].name, &value, err);
        if (rc == 0)
            *fields[i].field = value;
    }
    if (rc == 0)
        rc = inject_write(&p->injector, p->injector.scratch, &map, sizeof map, err);
    if (rc == 0)
        rc = inject_write(&p->injector, p->injector.scratch + sizeof map, auxv, auxv_len, err);
    if (rc == 0)
        rc = inject_ok(&p->injector, "PR_SET_MM_MAP", NULL, err, SYS_prctl, PR_SET_MM,
                       PR_SET_MM_MAP, p->injector.scratch, sizeof map, 0, 0);
    return rc;
}

int memory_finish(const struct restoration *r, struct restored_process *p, cairn_error *err)
{
    json_t *maps = json_object_get(p->json, "maps");
    int rc = set_layout(r, p, err);
    for (size_t i = 0; rc == 0 && i < json_array_size(maps); i++) {
        struct mapping m;
        rc = read_mapping(r, json_array_get(maps, i), &m, err);
        if (rc == 0 && !m.kernel)
            rc = finish_mapping(p, json_array_get(maps, i), &m, err);
    }
    return rc;
}
