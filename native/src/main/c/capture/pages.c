#include "capture/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/json.h"

#define PAGE 4096u

/* linux/fs.h has it on newer kernels, but not on Debian 12. */
struct page_region {
    uint64_t start, end, categories;
};
struct pm_scan_arg {
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define PAGEMAP_SCAN_CALL _IOWR('f', 16, struct pm_scan_arg)
#define PAGE_IS_FILE (1 << 2)
#define PAGE_IS_PRESENT (1 << 3)
#define PAGE_IS_SWAPPED (1 << 4)
#define PAGE_IS_PFNZERO (1 << 5)
#define PAGE_IS_GUARD (1 << 8)
#define PAGEMAP_IS_GUARD 58

static int add_run(struct page_runs *runs, const struct page_run *run, cairn_error *err)
{
    struct page_run *last = runs->count ? &runs->runs[runs->count - 1] : NULL;
    if (last && last->process == run->process && last->start + last->length == run->start &&
        last->zero_matters == run->zero_matters && last->inherits == run->inherits) {
        last->length += run->length;
    } else {
        if (runs->count == runs->room) {
            size_t room = runs->room ? runs->room * 2 : 256;
            struct page_run *grown = realloc(runs->runs, room * sizeof *grown);
            if (!grown)
                return cairn_fail(err, ENOMEM, "out of memory listing pages");
            runs->runs = grown;
            runs->room = room;
        }
        runs->runs[runs->count++] = *run;
    }
    runs->bytes += run->length;
    return 0;
}

/* Finds the pages through /proc/PID/pagemap, for kernels before 6.7: bit 63 present, 62 swapped, 61
 * page of a file. Pages of a guard region count as swapped. */
static int list_by_pagemap(int pagemap, const struct proc_map *map, struct page_run run,
                           struct page_runs *out, cairn_error *err)
{
    uint64_t entries[512];
    for (uint64_t at = map->start; at < map->end;) {
        size_t n = (map->end - at) / PAGE < 512 ? (map->end - at) / PAGE : 512;
        int rc = io_pread_full(pagemap, entries, n * 8, at / PAGE * 8, "/proc/PID/pagemap", err);
        if (rc != 0)
            return rc;
        for (size_t i = 0; i < n; i++, at += PAGE) {
            if (!(entries[i] >> 62) || (entries[i] >> 61 & 1) ||
                (entries[i] >> PAGEMAP_IS_GUARD & 1))
                continue;
            run.start = at;
            run.length = PAGE;
            rc = add_run(out, &run, err);
            if (rc != 0)
                return rc;
        }
    }
    return 0;
}

/* `guards`: PAGE_IS_GUARD if the kernel knows it, else 0. */
static int list_by_scan(int pagemap, const struct proc_map *map, uint64_t guards,
                        struct page_run run, struct page_runs *out, cairn_error *err)
{
    struct page_region regions[512];
    struct pm_scan_arg arg = {
        .size = sizeof arg,
        .start = map->start,
        .end = map->end,
        .vec = (uint64_t)(uintptr_t)regions,
        .vec_len = 512,
        /* present or swapped, and neither a page of a file, nor the zero page, nor a guard */
        .category_inverted = PAGE_IS_FILE | PAGE_IS_PFNZERO | guards,
        .category_mask = PAGE_IS_FILE | PAGE_IS_PFNZERO | guards,
        .category_anyof_mask = PAGE_IS_PRESENT | PAGE_IS_SWAPPED,
        .return_mask = PAGE_IS_PRESENT,
    };
    while (arg.start < map->end) {
        int n = ioctl(pagemap, PAGEMAP_SCAN_CALL, &arg);
        if (n < 0)
            return cairn_fail_errno(err, "PAGEMAP_SCAN");
        for (int i = 0; i < n; i++) {
            run.start = regions[i].start;
            run.length = regions[i].end - regions[i].start;
            int rc = add_run(out, &run, err);
            if (rc != 0)
                return rc;
        }
        arg.start = arg.walk_end;
    }
    return 0;
}

/* Finds the ancestor's mapping from which this one came by fork: it has the same place and kind. */
static const struct captured_process *inherited_from(const struct captured_process *p,
                                                     const struct proc_map *map)
{
    if (!p->parent || p->adopted)
        return NULL;
    for (size_t i = 0; i < p->parent->maps.count; i++) {
        const struct proc_map *theirs = &p->parent->maps.maps[i];
        if (theirs->start == map->start && theirs->end == map->end &&
            theirs->shared == map->shared && theirs->offset == map->offset &&
            theirs->inode == map->inode)
            return p->parent;
    }
    return NULL;
}

static int open_pagemap(const struct captured_process *p, cairn_error *err)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/pagemap", p->memory_of);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 ? fd : cairn_fail_errno(err, "opening %s", path);
}

/* Chooses the way to ask this kernel, by trying each on the first question. */
enum how_to_list { LIST_BY_SCAN_WITH_GUARDS, LIST_BY_SCAN, LIST_BY_PAGEMAP };

static int list_map(int pagemap, const struct proc_map *map, enum how_to_list *how,
                    struct page_run run, struct page_runs *out, cairn_error *err)
{
    for (; *how != LIST_BY_PAGEMAP; (*how)++) {
        uint64_t guards = *how == LIST_BY_SCAN_WITH_GUARDS ? PAGE_IS_GUARD : 0;
        int rc = list_by_scan(pagemap, map, guards, run, out, err);
        if (rc != -ENOTTY && rc != -EINVAL)
            return rc;
    }
    return list_by_pagemap(pagemap, map, run, out, err);
}

int pages_list(const struct captured_process *p, struct page_runs *out, cairn_error *err)
{
    auto_close int pagemap = open_pagemap(p, err);
    if (pagemap < 0)
        return pagemap;
    enum how_to_list how = LIST_BY_SCAN_WITH_GUARDS;
    for (size_t i = 0; i < p->maps.count; i++) {
        const struct proc_map *map = &p->maps.maps[i];
        if (map->shared || proc_map_is_kernel(map))
            continue;
        struct page_run run = {
            .process = p, .zero_matters = map->inode != 0, .inherits = inherited_from(p, map)};
        cairn_error why = {0}; /* a way that fails before another one works leaves no message */
        int rc = list_map(pagemap, map, &how, run, out, &why);
        if (rc != 0) {
            if (err)
                *err = why;
            return rc;
        }
    }
    return 0;
}

int pages_guards(const struct captured_process *p, const struct proc_map *map, json_t **out,
                 cairn_error *err)
{
    *out = NULL;
    auto_close int pagemap = open_pagemap(p, err);
    if (pagemap < 0)
        return pagemap;
    struct page_region regions[64];
    struct pm_scan_arg arg = {.size = sizeof arg,
                              .start = map->start,
                              .end = map->end,
                              .vec = (uint64_t)(uintptr_t)regions,
                              .vec_len = 64,
                              .category_mask = PAGE_IS_GUARD,
                              .return_mask = PAGE_IS_GUARD};
    for (; arg.start < map->end; arg.start = arg.walk_end) {
        int n = ioctl(pagemap, PAGEMAP_SCAN_CALL, &arg);
        if (n < 0)
            return errno == ENOTTY || errno == EINVAL ? 0 : cairn_fail_errno(err, "PAGEMAP_SCAN");
        for (int i = 0; i < n; i++) {
            if (!*out)
                *out = json_array();
            json_array_append_new(
                *out, json_pack("[o, o]", json_hex(regions[i].start), json_hex(regions[i].end)));
        }
    }
    return 0;
}

/* The memory of the process that was read last. */
struct memory {
    pid_t pid; /* 0: of none */
    int fd;    /* -1: of none */
};

/* The chunk that a thread is filling. */
struct chunk {
    struct memory memory, their_memory;
    uint8_t *bytes, *theirs; /* each chunk holds IMAGE_CHUNK_BYTES; theirs: the same pages in the
                              * process inherited from */
    uint8_t *data;           /* what the chunk will hold */
    size_t data_len;
    struct image_run runs[IMAGE_CHUNK_RUNS];
    size_t n_runs;
};

/* A piece of at most IMAGE_CHUNK_BYTES of one process: from `offset` in run `first`, through the
 * runs that follow. */
struct piece {
    size_t first;
    uint64_t offset;
    size_t length;
};

struct writing {
    const struct page_runs *runs;
    image_writer *writer;
    struct piece *pieces;
    size_t piece_count;
    atomic_size_t next;
    atomic_bool failed;
    cairn_error error; /* the error of the thread that set `failed` first */
};

/* Does not use process_vm_readv, which pins pages. Since Linux 5.19, pinning a shared page first
 * gives the read process a copy of its own. For a snapshot that concerns every page: it would take
 * twice the memory of the step, and most of the time. */
static int read_memory(struct memory *m, pid_t pid, uint64_t at, void *buf, size_t len,
                       cairn_error *err)
{
    if (m->pid != pid) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/mem", pid);
        if (m->fd >= 0)
            close(m->fd);
        m->pid = 0;
        m->fd = open(path, O_RDONLY | O_CLOEXEC);
        if (m->fd < 0)
            return cairn_fail_errno(err, "the snapshot %d has gone", pid);
        m->pid = pid;
    }
    return io_pread_full(m->fd, buf, len, at, "the memory of the snapshot", err);
}

static bool is_zero(const uint8_t *page)
{
    return page[0] == 0 && memcmp(page, page + 1, PAGE - 1) == 0;
}

static void add_page(struct chunk *c, uint64_t at, enum image_run_source source, uint32_t other)
{
    struct image_run *last = c->n_runs ? &c->runs[c->n_runs - 1] : NULL;
    if (last && last->start + last->length == at && last->source == source && last->other == other)
        last->length += PAGE;
    else
        c->runs[c->n_runs++] = (struct image_run){at, PAGE, source, other};
}

/* Reads one stretch of a run and sorts its pages into the chunk. */
static int capture_stretch(struct chunk *c, const struct page_run *run, uint64_t start, size_t len,
                           cairn_error *err)
{
    int rc = read_memory(&c->memory, run->process->memory_of, start, c->bytes, len, err);
    if (rc != 0)
        return rc;
    bool compare = run->inherits && read_memory(&c->their_memory, run->inherits->memory_of, start,
                                                c->theirs, len, NULL) == 0;
    for (size_t at = 0; at < len; at += PAGE) {
        const uint8_t *page = c->bytes + at;
        if (compare && memcmp(page, c->theirs + at, PAGE) == 0) {
            add_page(c, start + at, IMAGE_RUN_SHARED, run->inherits->space);
        } else if (is_zero(page)) {
            if (run->zero_matters || run->inherits)
                add_page(c, start + at, IMAGE_RUN_ZERO, 0);
        } else {
            add_page(c, start + at, IMAGE_RUN_DATA, 0);
            memcpy(c->data + c->data_len, page, PAGE);
            c->data_len += PAGE;
        }
    }
    return 0;
}

static int write_piece(struct writing *w, struct chunk *c, const struct piece *piece,
                       cairn_error *err)
{
    const struct page_run *run = &w->runs->runs[piece->first];
    uint32_t space = run->process->space;
    uint64_t offset = piece->offset;
    c->n_runs = c->data_len = 0;
    for (size_t left = piece->length; left > 0; run++, offset = 0) {
        size_t len = run->length - offset < left ? (size_t)(run->length - offset) : left;
        int rc = capture_stretch(c, run, run->start + offset, len, err);
        if (rc != 0)
            return rc;
        left -= len;
    }
    if (c->n_runs == 0)
        return 0;
    return image_writer_chunk(w->writer, space, c->runs, c->n_runs, c->data, c->data_len, err);
}

static int write_pieces(struct writing *w, struct chunk *c, cairn_error *err)
{
    for (size_t n;
         (n = atomic_fetch_add(&w->next, 1)) < w->piece_count && !atomic_load(&w->failed);) {
        int rc = write_piece(w, c, &w->pieces[n], err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* Cuts the runs into pieces that fill one chunk each. Small runs of one process share a chunk. */
static int cut_pieces(struct writing *w, cairn_error *err)
{
    const struct page_runs *runs = w->runs;
    w->pieces = calloc(runs->bytes / IMAGE_CHUNK_BYTES + runs->count + 1, sizeof *w->pieces);
    if (!w->pieces)
        return cairn_fail(err, ENOMEM, "out of memory writing pages");
    struct piece *last = NULL;
    for (size_t i = 0; i < runs->count; i++) {
        const struct page_run *run = &runs->runs[i];
        for (uint64_t at = 0; at < run->length;) {
            size_t room = last && runs->runs[last->first].process == run->process
                              ? IMAGE_CHUNK_BYTES - last->length
                              : 0;
            if (room == 0) {
                last = &w->pieces[w->piece_count++];
                *last = (struct piece){.first = i, .offset = at};
                room = IMAGE_CHUNK_BYTES;
            }
            size_t len = run->length - at < room ? (size_t)(run->length - at) : room;
            last->length += len;
            at += len;
        }
    }
    return 0;
}

static void *writing_thread(void *argument)
{
    struct writing *w = argument;
    cairn_error error = {0};
    struct chunk *c = malloc(sizeof *c);
    auto_free uint8_t *buffers = aligned_alloc(PAGE, 3 * (size_t)IMAGE_CHUNK_BYTES);
    int rc;
    if (!c || !buffers) {
        rc = cairn_fail(&error, ENOMEM, "out of memory writing pages");
    } else {
        c->memory.fd = c->their_memory.fd = -1;
        c->memory.pid = c->their_memory.pid = 0;
        c->bytes = buffers;
        c->theirs = buffers + IMAGE_CHUNK_BYTES;
        c->data = buffers + 2 * (size_t)IMAGE_CHUNK_BYTES;
        rc = write_pieces(w, c, &error);
        if (c->memory.fd >= 0)
            close(c->memory.fd);
        if (c->their_memory.fd >= 0)
            close(c->their_memory.fd);
    }
    free(c);
    if (rc != 0 && !atomic_exchange(&w->failed, true))
        w->error = error;
    return NULL;
}

int pages_write(const struct page_runs *runs, unsigned threads, image_writer *writer,
                cairn_error *err)
{
    if (runs->count == 0)
        return 0;
    struct writing w = {.runs = runs, .writer = writer};
    int rc = cut_pieces(&w, err);
    if (rc != 0)
        return rc;
    pthread_t others[64];
    unsigned started = 0;
    for (; started + 1 < threads && started < 64; started++)
        if (pthread_create(&others[started], NULL, writing_thread, &w) != 0)
            break; /* having fewer threads is slower, and no error */
    writing_thread(&w);
    for (unsigned i = 0; i < started; i++)
        pthread_join(others[i], NULL);
    free(w.pieces);
    if (atomic_load(&w.failed)) {
        if (err)
            *err = w.error;
        return -w.error.code;
    }
    return 0;
}
