/* Checkpoints of the running step, one at a time: begun on the main thread, written by a worker,
 * concluded on the main thread again. A checkpoint that fails leaves the step running. */
#ifndef CAIRN_SUPERVISOR_CHECKPOINT_H
#define CAIRN_SUPERVISOR_CHECKPOINT_H

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "image/image.h"
#include "supervisor/attempt.h"
#include "supervisor/cause.h"
#include "supervisor/control.h"
#include "supervisor/engine.h"
#include "supervisor/image_folder.h"
#include "supervisor/interval.h"
#include "supervisor/lease.h"
#include "supervisor/loop.h"
#include "supervisor/running_step.h"
#include "supervisor/spec.h"

#define CHECKPOINT_WAITERS 64

/* An image was requested. */
struct checkpoint_order {
    bool stop;        /* and the step to be stopped with it */
    enum cause cause; /* of the stop */
    bool force;       /* stop even when the image fails */
    char reason[64];
    int tries;                            /* that failed for a temporary reason */
    uint64_t waiters[CHECKPOINT_WAITERS]; /* clients to be answered */
    int n_waiters;
};

enum checkpoint_stage {
    CHECKPOINT_WRITING,
    CHECKPOINT_PUBLISHING,
};

struct checkpointing {
    /* What it works with, set before checkpoint_open. */
    const struct spec *spec;
    const struct engine *engine;
    const struct attempt *attempt; /* whose journal records every image */
    struct image_folder *images;
    struct lease *lease;
    struct running_step *step; /* ended or killed with its last image */
    struct control *control;   /* answers the waiters */

    bool busy;
    struct checkpoint_order order; /* under way */
    bool wanted;
    struct checkpoint_order next; /* a later one, or one to retry */
    int64_t retry_at;             /* clock_now_ms() of a retry */
    int64_t asked_at; /* clock_boot_ms(): whether the folder of images can be reached; 0: not yet */
    struct interval interval;
    int64_t next_at; /* by interval, in ms of running time; NEVER for none */
    bool before_timeout_done;
    int64_t last_image; /* -1 for none */

    /* The one under way. */
    uint32_t sequence;
    int64_t begun_at;        /* clock_now_ms() */
    uint64_t expected_bytes; /* on disk, as the one before; 0 before the first */
    image_writer *writer;
    void *job;
    enum checkpoint_stage stage;
    pthread_t thread;
    atomic_bool abandon;
    int64_t step_bytes; /* of memory that a snapshot can double */
    int64_t look_at;   /* clock_now_ms(): at the memory that is left; NEVER where none is watched */
    int64_t frozen_at; /* clock_now_ms(), for lack of it; NEVER while the step runs */
    struct engine_figures frozen; /* what that adds to the engine's */
    int done_fd;                  /* eventfd: the worker has finished */
    struct loop_source done;
    bool held_back;    /* the worker has finished while the lease was not held */
    cairn_error error; /* the worker's; code 0 when it succeeded */
    struct image_summary summary;

    json_t *stop_answer; /* for the waiters of a stop, given once the attempt has ended */
};

/* The step runs: plans the first checkpoint by interval. last_image: from which the step was
 * resumed, or checkpoint 0. */
CAIRN_CHECKED int checkpoint_open(struct checkpointing *c, struct loop *loop, int64_t last_image,
                                  cairn_error *err);

/* An order without waiters. */
struct checkpoint_order checkpoint_order(const char *reason);

/* Begins the checkpoint, or queues it behind the one under way, merged with what waits there. */
void checkpoint_want(struct checkpointing *c, const struct checkpoint_order *order);

/* Begins what is due by interval or by before_timeout. */
void checkpoint_tick(struct checkpointing *c);

/* When checkpoint_tick has something to do, as clock_now_ms(). */
int64_t checkpoint_deadline(const struct checkpointing *c);

/* The lease is held again, or the step was killed: an image that waits for that is published or
 * given up. */
void checkpoint_continue(struct checkpointing *c);

/* The step has ended: informs the waiters, and abandons an image in progress. */
void checkpoint_step_ended(struct checkpointing *c);

/* Whether a stop with this cause is under way, or will be tried again. */
bool checkpoint_stops_for(const struct checkpointing *c, enum cause cause);

/* Bytes of the image under way that are on disk. */
uint64_t checkpoint_written(const struct checkpointing *c);

/* Answers the waiters of a stop. */
void checkpoint_answer_stop(struct checkpointing *c);

#endif
