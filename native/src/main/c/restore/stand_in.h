/* Makes calls in pid 1 that look as if another process had made them, because the kernel records
 * the caller's ids (SO_PEERCRED of sockets). */
#ifndef CAIRN_RESTORE_STAND_IN_H
#define CAIRN_RESTORE_STAND_IN_H

#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"

struct stand_in {
    int64_t pid;      /* pid inside the step; 0 or 1: any pid serves. No process may have the pid
                       * yet */
    int64_t uid, gid; /* -1: any will do */
    int root;         /* a folder that becomes the root folder, or -1 */
};

/* The call's code. Descriptors that it opens belong to pid 1. It must not change memory. */
typedef int stand_in_call(void *context, int out[2], cairn_error *err);

/* Makes the call in a process of that pid, which has ended when this returns. `out` is the result
 * that the call left there. */
CAIRN_CHECKED int stand_in_run(const struct stand_in *who, stand_in_call *call, void *context,
                               int out[2], cairn_error *err);

#endif
