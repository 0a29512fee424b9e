/* Finds the pages of an address space that an image needs, and writes them. */
#ifndef CAIRN_CAPTURE_PAGES_H
#define CAIRN_CAPTURE_PAGES_H

#include "capture/captured.h"
#include "image/image.h"

/* A run of present pages of one mapping of one process. */
struct page_run {
    const struct captured_process *process;
    uint64_t start, length;
    bool zero_matters; /* the mapping is backed by a file, so an all-zero page counts as content */
    const struct captured_process
        *inherits; /* compare with this process's page at the same address, or NULL */
};
struct page_runs {
    struct page_run *runs;
    size_t count, room;
    uint64_t bytes;
};

/* Lists the pages with own data in p's private mappings, from its snapshot. */
CAIRN_CHECKED int pages_list(const struct captured_process *p, struct page_runs *out,
                             cairn_error *err);

/* The guard regions (MADV_GUARD_INSTALL) of a mapping, as an array of first and last addresses;
 * *out is NULL for none. Reads p's memory or snapshot. Kernels before 6.15 do not report it. */
CAIRN_CHECKED int pages_guards(const struct captured_process *p, const struct proc_map *map,
                               json_t **out, cairn_error *err);

/* Writes all runs, with this many threads. */
CAIRN_CHECKED int pages_write(const struct page_runs *runs, unsigned threads, image_writer *writer,
                              cairn_error *err);

#endif
