/* The state of one supervisor, shared by the files of supervisor/. Everything runs on the main
 * thread, which made the tree and may trace it, except the writing of an image (checkpoint.c), the
 * renewing of the lease (lease.c) and the last resort of its guard (lease_guard.c). */
#ifndef CAIRN_SUPERVISOR_SUPERVISOR_H
#define CAIRN_SUPERVISOR_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

#include "sandbox/tree.h"
#include "supervisor/attempt.h"
#include "supervisor/cause.h"
#include "supervisor/checkpoint.h"
#include "supervisor/clock.h"
#include "supervisor/control.h"
#include "supervisor/engine.h"
#include "supervisor/lease_guard.h"
#include "supervisor/image_folder.h"
#include "supervisor/lease.h"
#include "supervisor/loop.h"
#include "supervisor/oom.h"
#include "supervisor/spec.h"
#include "supervisor/terminal.h"

/* The step is on its way out. */
struct ending {
    bool begun;
    bool killed; /* KILL was sent, by us */
    enum cause cause;
    int64_t kill_at; /* clock_now_ms() */
    int64_t image;   /* with which it was stopped, or -1 */
    char message[500];
};

/* Why the tree stands still: it goes on when no reason is left. */
enum {
    FROZEN_BY_REQUEST = 1,
    FROZEN_BY_LEASE = 2,
};

struct supervisor {
    struct spec spec;
    struct attempt attempt;
    struct image_folder images;
    struct lease lease;
    struct guard guard;
    const struct engine *engine;
    struct tree tree;
    unsigned frozen; /* FROZEN_BY_* */
    bool root_ended, tree_lost;
    bool ended_in_preemption; /* while a stop for one was under way */
    struct tree_end end;      /* once root_ended */
    struct running_clock clock;
    struct loop loop;
    struct loop_source signals;  /* SIGTERM */
    struct loop_source lifeline; /* hung up when the starter has ended; unused when detached */
    bool preempted;              /* SIGTERM came once */
    struct control control;
    struct terminal terminal;
    struct checkpointing checkpointing;
    struct ending ending;
    struct oom_watch oom;
};

/* TERM to all of the step, and KILL after the grace. A later call can only make it sooner; the
 * first cause stays. */
void supervisor_end(struct supervisor *s, enum cause cause, int64_t grace_ms, const char *message);

/* KILL now, without TERM: the step was stopped with this image. The first cause stays. */
void supervisor_kill(struct supervisor *s, enum cause cause, int64_t image, const char *message);

/* The whole tree stands still, and its time with it; by request not while a checkpoint is under
 * way. */
CAIRN_CHECKED int supervisor_freeze(struct supervisor *s, unsigned why, cairn_error *err);
void supervisor_thaw(struct supervisor *s, unsigned why);

/* Runs until the step has ended and no image is being written. */
CAIRN_CHECKED int supervisor_run(struct supervisor *s, cairn_error *err);

/* What exit.json is to say of a step that supervisor_run saw end. */
void supervisor_judge(const struct supervisor *s, struct attempt_end *out);

/* Handles one request of a client; answers it now or, for a checkpoint, later. */
void supervisor_request(struct supervisor *s, uint64_t client, const char *line);

#endif
