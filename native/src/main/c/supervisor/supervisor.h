/* The supervisor of one step. It asks the lease guard, begins checkpoints, and ends the step at its
 * timeout. No other file knows all the parts. Everything runs on the main thread, which made the
 * tree and may trace it, except the writing of an image (checkpoint.c), the renewing of the lease
 * (lease.c) and the killing thread (lease_guard.c). */
#ifndef CAIRN_SUPERVISOR_SUPERVISOR_H
#define CAIRN_SUPERVISOR_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

#include "supervisor/attempt.h"
#include "supervisor/checkpoint.h"
#include "supervisor/control.h"
#include "supervisor/engine.h"
#include "supervisor/lease_guard.h"
#include "supervisor/image_folder.h"
#include "supervisor/lease.h"
#include "supervisor/loop.h"
#include "supervisor/oom.h"
#include "supervisor/running_step.h"
#include "supervisor/spec.h"
#include "supervisor/terminal.h"

struct supervisor {
    struct spec spec;
    struct rlimit open_files; /* the starter's, which is the step's too */
    struct attempt attempt;
    struct image_folder images;
    struct lease lease;
    int recreations_journalled; /* of the lease */
    struct lease_guard guard;
    const struct engine *engine;
    struct running_step step;
    bool ended_in_preemption; /* the timeout was reached while a stop for another reason was under
                               * way */
    struct loop loop;
    struct loop_source signals; /* SIGTERM */
    struct loop_source
        lifeline;   /* hung up when the starter has ended; unused for a detached step */
    bool preempted; /* SIGTERM came once */
    struct control control;
    struct terminal terminal;
    struct checkpointing checkpointing;
    struct oom_watch oom;
    int64_t oom_since; /* the newest image at the start */
};

/* Runs until the step has ended and no image is being written. */
CAIRN_CHECKED int supervisor_run(struct supervisor *s, cairn_error *err);

/* Fills in exit.json for a step that supervisor_run saw end. */
void supervisor_judge(const struct supervisor *s, struct attempt_end *out);

#endif
