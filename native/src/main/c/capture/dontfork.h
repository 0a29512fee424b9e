/* Memory that the program keeps out of forks (MADV_DONTFORK, MADV_WIPEONFORK), so that a snapshot
 * lacks it. The supervisor finds it before the pause, while the step still runs, and copies it
 * during the pause.
 */
#ifndef CAIRN_CAPTURE_DONTFORK_H
#define CAIRN_CAPTURE_DONTFORK_H

#include "capture/captured.h"
#include "image/image.h"

/* A mapping with flags that only a walk through smaps shows. */
struct marked {
    pid_t pid;
    uint64_t start, end;
    uint32_t flags; /* enum proc_vm_flag */
};

struct dontfork_extent {
    uint32_t space;
    uint64_t start;
    size_t length;
    uint8_t *bytes;
};

struct dontfork {
    struct marked *marks;
    size_t mark_count;
    struct dontfork_extent *extents;
    size_t extent_count;
};

/* Call it before the freeze. dontfork_check notices what processes change after it. */
CAIRN_CHECKED int dontfork_scan(struct dontfork *u, pid_t init, cairn_error *err);
/* Call it in the pause, when p has its snapshot. */
CAIRN_CHECKED int dontfork_copy(struct dontfork *u, const struct captured_process *p,
                                cairn_error *err);
/* The flags of a mapping, as dontfork_scan saw them before the pause. */
uint32_t dontfork_flags(const struct dontfork *u, const struct captured_process *p,
                        const struct proc_map *map);
/* Call it after the pause: `seen` is p's mapping in its snapshot, NULL if it is not there.
 * CAIRN_EBUSY_TREE if the program set such a flag after dontfork_scan: the caller may try again. */
CAIRN_CHECKED int dontfork_check(const struct dontfork *u, const struct captured_process *p,
                                 const struct proc_map *map, const struct proc_map *seen,
                                 cairn_error *err);
CAIRN_CHECKED int dontfork_write(const struct dontfork *u, image_writer *writer, cairn_error *err);
void dontfork_free(struct dontfork *u);

#endif
