/* Calls of pid 1 that are to look as if another process had made them: what the kernel notes of the
 * caller (SO_PEERCRED of sockets) is what it noted before. */
#ifndef CAIRN_RESTORE_STAND_IN_H
#define CAIRN_RESTORE_STAND_IN_H

#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"

struct stand_in {
    int64_t pid;      /* inside the step; 0 or 1: any will do. No process may have it yet */
    int64_t uid, gid; /* -1: any will do */
    int root;         /* a folder to be the root folder, or -1 */
};

/* What it does; descriptors that it opens are pid 1's. It is not to change memory. */
typedef int stand_in_call(void *context, int out[2], cairn_error *err);

/* Makes the call in a process of that pid, which has ended when this returns; `out` is what the
 * call left there. */
CAIRN_CHECKED int stand_in_run(const struct stand_in *who, stand_in_call *call, void *context,
                               int out[2], cairn_error *err);

#endif
