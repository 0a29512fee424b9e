/* Inside lib/: the handle of a step. */
#ifndef CAIRN_LIB_STEP_HANDLE_H
#define CAIRN_LIB_STEP_HANDLE_H

#include "cairn.h"
#include "common/process.h"

struct cairn_step {
    int attempt_fd; /* the attempt's folder */
    int pidfd;      /* readable when the supervisor has ended; -1 if it could not be opened, because
                     * it had ended or no descriptor was left */
    int lifeline;   /* the end that keeps a step without "detach" alive; -1 for an attached one */
    struct process_identity supervisor;
};

#endif
