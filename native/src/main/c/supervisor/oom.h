/* Tells whether the step was killed for lack of memory. The kernel counts such kills per control
 * group; its count for the host says nothing about this step. */
#ifndef CAIRN_SUPERVISOR_OOM_H
#define CAIRN_SUPERVISOR_OOM_H

#include <stdbool.h>
#include <stdint.h>

#include "supervisor/memory_group.h"

struct oom_watch {
    struct memory_group group;
    int64_t at_start; /* -1 if no counter can be read */
};

/* Remembers the counter of this process's memory control group. */
void oom_watch_start(struct oom_watch *w);

/* Whether it rose since. */
bool oom_happened(const struct oom_watch *w);

#endif
