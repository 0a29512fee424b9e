#include "capture/dontfork.h"

#include <errno.h>
#include <stdlib.h>

#include "capture/pages.h"
#include "common/io.h"

#define FORKS_LACK (VMF_DONTFORK | VMF_WIPEONFORK)
#define KEPT_FLAGS (FORKS_LACK | VMF_LOCKED | VMF_LOCKONFAULT)

static int mark_process(struct dontfork *u, pid_t pid, cairn_error *err)
{
    auto_proc_maps struct proc_maps smaps = {0};
    if (proc_read_smaps(pid, &smaps, NULL) != 0)
        return 0; /* ended, or about to */
    for (size_t i = 0; i < smaps.count; i++) {
        const struct proc_map *map = &smaps.maps[i];
        if (!(map->flags & KEPT_FLAGS) || proc_map_is_kernel(map))
            continue;
        struct marked *grown = realloc(u->marks, (u->mark_count + 1) * sizeof *grown);
        if (!grown)
            return cairn_fail(err, ENOMEM, "out of memory looking at the memory of the step");
        u->marks = grown;
        grown[u->mark_count++] =
            (struct marked){pid, map->start, map->end, map->flags & KEPT_FLAGS};
    }
    return 0;
}

int dontfork_scan(struct dontfork *u, pid_t init, cairn_error *err)
{
    auto_proc_list struct proc_list list = {0};
    int rc = proc_descendants(init, &list, err);
    for (size_t i = 0; rc == 0 && i < list.count; i++)
        rc = mark_process(u, list.numbers[i], err);
    return rc;
}

uint32_t dontfork_flags(const struct dontfork *u, const struct captured_process *p,
                        const struct proc_map *map)
{
    for (size_t i = 0; i < u->mark_count; i++)
        if (u->marks[i].pid == p->pid && u->marks[i].start <= map->start &&
            map->end <= u->marks[i].end)
            return u->marks[i].flags;
    return 0;
}

static int capture_run(struct dontfork *u, const struct captured_process *p,
                       const struct page_run *run, cairn_error *err)
{
    struct dontfork_extent *grown = realloc(u->extents, (u->extent_count + 1) * sizeof *grown);
    if (grown)
        u->extents = grown;
    uint8_t *bytes = malloc(run->length);
    if (!grown || !bytes) {
        free(bytes);
        return cairn_fail(err, ENOMEM, "out of memory copying memory that forks lack");
    }
    grown[u->extent_count++] = (struct dontfork_extent){p->space, run->start, run->length, bytes};
    return inject_read(&p->injector, run->start, bytes, run->length, err);
}

/* Copies the pages present in one mapping, from the process itself. */
static int capture_mapping(struct dontfork *u, const struct captured_process *p,
                           struct proc_map *map, cairn_error *err)
{
    struct captured_process itself = *p;
    itself.memory_of = p->pid;
    itself.parent = NULL;
    itself.maps = (struct proc_maps){map, 1};
    struct page_runs runs = {0};
    int rc = pages_list(&itself, &runs, err);
    for (size_t i = 0; rc == 0 && i < runs.count; i++)
        rc = capture_run(u, p, &runs.runs[i], err);
    free(runs.runs);
    return rc;
}

int dontfork_copy(struct dontfork *u, const struct captured_process *p, cairn_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < p->maps.count; i++)
        if (!p->maps.maps[i].shared && (dontfork_flags(u, p, &p->maps.maps[i]) & FORKS_LACK))
            rc = capture_mapping(u, p, &p->maps.maps[i], err);
    return rc;
}

int dontfork_check(const struct dontfork *u, const struct captured_process *p,
                   const struct proc_map *map, const struct proc_map *seen, cairn_error *err)
{
    bool lacks = !seen || (seen->flags & VMF_WIPEONFORK);
    if (!p->snapshot || !lacks || map->shared || proc_map_is_kernel(map) ||
        (dontfork_flags(u, p, map) & FORKS_LACK))
        return 0;
    return cairn_fail(err, CAIRN_EBUSY_TREE,
                      "pid %d has just kept memory at 0x%llx from being forked; try again",
                      p->ns_pid, (unsigned long long)map->start);
}

int dontfork_write(const struct dontfork *u, image_writer *writer, cairn_error *err)
{
    for (size_t i = 0; i < u->extent_count; i++) {
        const struct dontfork_extent *e = &u->extents[i];
        for (size_t at = 0; at < e->length; at += IMAGE_CHUNK_BYTES) {
            size_t len = e->length - at < IMAGE_CHUNK_BYTES ? e->length - at : IMAGE_CHUNK_BYTES;
            struct image_run run = {e->start + at, len, IMAGE_RUN_DATA, 0};
            int rc = image_writer_chunk(writer, e->space, &run, 1, e->bytes + at, len, err);
            if (rc != 0)
                return rc;
        }
    }
    return 0;
}

void dontfork_free(struct dontfork *u)
{
    for (size_t i = 0; i < u->extent_count; i++)
        free(u->extents[i].bytes);
    free(u->extents);
    free(u->marks);
    *u = (struct dontfork){0};
}
