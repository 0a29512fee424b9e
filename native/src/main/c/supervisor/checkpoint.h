/* Makes checkpoints of the running step, one at a time. The main thread begins one, a worker writes
 * it, and the main thread concludes it. A checkpoint that fails leaves the step running. */
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
    bool stop;        /* and stop the step with it */
    enum cause cause; /* of the stop */
    bool force;       /* stop even when the image fails */
    char reason[64];
    int tries;                            /* tries that failed for a temporary reason */
    uint64_t waiters[CHECKPOINT_WAITERS]; /* clients to be answered */
    int n_waiters;
};

enum checkpoint_stage {
    CHECKPOINT_WRITING,
    CHECKPOINT_PUBLISHING,
};

struct checkpointing {
    /* The parts that it uses, set before checkpoint_open. */
    const struct spec *spec;
    const struct engine *engine;
    const struct attempt *attempt; /* the journal that records every image */
    struct image_folder *images;
    struct lease *lease;
    struct running_step *step; /* the step ended or was killed with its last image */
    struct control *control;   /* answers the waiters */

    bool busy;
    struct checkpoint_order order; /* under way */
    bool wanted;
    struct checkpoint_order next; /* a later request, or one to retry */
    int64_t retry_at;             /* clock_now_ms() of a retry */
    int64_t asked_at; /* clock_boot_ms(): when to see whether the folder of images can be reached;
                       * 0: not yet */
    struct interval interval;
    int64_t next_at; /* next checkpoint by interval, in ms of running time; NEVER for none */
    bool before_timeout_done;
    int64_t last_image; /* -1 for none */

    /* The one under way. */
    uint32_t sequence;
    int64_t begun_at;        /* clock_now_ms() */
    uint64_t expected_bytes; /* bytes on disk, those of the newest image; 0 before the first */
    image_writer *writer;
    void *job;
    enum checkpoint_stage stage;
    pthread_t thread;
    atomic_bool abandon;
    int64_t step_bytes; /* bytes of memory that a snapshot can double */
    int64_t look_at; /* clock_now_ms(): when to check the free memory; NEVER if it is not watched */
    int64_t frozen_at; /* clock_now_ms(): since when the step is stopped for lack of memory; NEVER
                        * while it runs */
    struct engine_figures frozen; /* pause that this adds to the engine's */
    int done_fd;                  /* eventfd: the worker has finished */
    struct loop_source done;
    bool held_back;    /* the worker finished while the lease was not held */
    cairn_error error; /* the worker's error; code 0 on success */
    struct image_summary summary;

    json_t *stop_answer; /* for the waiters of a stop, who get it when the attempt has ended */
};

/* The step runs: plans the first checkpoint by interval. last_image: the image from which the step
 * was resumed, or checkpoint 0. */
CAIRN_CHECKED int checkpoint_open(struct checkpointing *c, struct loop *loop, int64_t last_image,
                                  cairn_error *err);

/* An order without waiters. */
struct checkpoint_order checkpoint_order(const char *reason);

/* Begins the checkpoint. If one is under way, queues it and merges it with a queued one. */
void checkpoint_want(struct checkpointing *c, const struct checkpoint_order *order);

/* Begins a checkpoint that is due by interval or by before_timeout. */
void checkpoint_tick(struct checkpointing *c);

/* The clock_now_ms() at which checkpoint_tick must be called next. */
int64_t checkpoint_deadline(const struct checkpointing *c);

/* Call it when the lease is held again, or the step was killed. Publishes or discards an image that
 * waits for that. */
void checkpoint_continue(struct checkpointing *c);

/* Call it when the step has ended. Informs the waiters, and abandons an image in progress. */
void checkpoint_step_ended(struct checkpointing *c);

/* Whether a stop with this cause is under way, or will be retried. */
bool checkpoint_stops_for(const struct checkpointing *c, enum cause cause);

/* Bytes of the current image that are on disk. */
uint64_t checkpoint_written(const struct checkpointing *c);

/* Answers the waiters of a stop. */
void checkpoint_answer_stop(struct checkpointing *c);

#endif
