#include "supervisor/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "supervisor/headroom.h"
#include "supervisor/image_journal.h"

#define RETRY_AFTER_MS 200
#define MOST_TRIES 25
#define ASK_AGAIN_MS 10
#define BACKGROUND_SHARE \
    0.5 /* share of the CPUs that engines use beside a running step, see engine_native.c */

struct checkpoint_order checkpoint_order(const char *reason)
{
    struct checkpoint_order order = {.cause = CAUSE_INTERRUPTED};
    snprintf(order.reason, sizeof order.reason, "%s", reason);
    return order;
}

static void merge(struct checkpoint_order *into, const struct checkpoint_order *order)
{
    if (order->stop && !into->stop)
        into->cause = order->cause;
    into->stop |= order->stop;
    into->force |= order->force;
    for (int i = 0; i < order->n_waiters && into->n_waiters < CHECKPOINT_WAITERS; i++)
        into->waiters[into->n_waiters++] = order->waiters[i];
}

static void answer_all(struct checkpointing *c, const struct checkpoint_order *order,
                       json_t *answer)
{
    for (int i = 0; i < order->n_waiters; i++)
        control_answer(c->control, order->waiters[i], json_incref(answer));
    json_decref(answer);
}

static void answer_error(struct checkpointing *c, const struct checkpoint_order *order,
                         const cairn_error *error)
{
    for (int i = 0; i < order->n_waiters; i++)
        control_answer_error(c->control, order->waiters[i], error);
}

/* The interval to the next checkpoint counts from now. */
static void plan_next(struct checkpointing *c, bool retry_soon)
{
    int64_t wait = interval_next(&c->interval, retry_soon);
    c->next_at = wait < 0 || !c->engine->makes_images ? NEVER : running_ms(&c->step->clock) + wait;
}

static void put_off(struct checkpointing *c, const struct checkpoint_order *order, int64_t wait_ms)
{
    struct checkpoint_order later = *order;
    if (c->wanted)
        merge(&later, &c->next);
    c->next = later;
    c->wanted = true;
    c->retry_at = clock_now_ms() + wait_ms;
}

/* Whether a retry makes sense. A tree that cannot be stopped now may be stoppable in a moment, so a
 * checkpoint that a client waits for is retried. One by interval comes again anyway. If a process
 * ended during the checkpoint, it may have been the step's last, whose end is reported next;
 * otherwise the remaining processes get a checkpoint. */
static bool try_again(struct checkpointing *c, const struct checkpoint_order *order,
                      const cairn_error *error)
{
    bool awaited = order->stop || order->n_waiters > 0;
    bool sensible = error->code == CAIRN_EGONE || (error->code == CAIRN_EBUSY_TREE && awaited);
    if (!sensible || c->step->frozen || c->step->root_ended || order->tries >= MOST_TRIES)
        return false;
    struct checkpoint_order again = *order;
    again.tries++;
    put_off(c, &again, RETRY_AFTER_MS);
    return true;
}

/* A checkpoint that fails because the step is ending does not count as failed. */
static void answer_too_late(struct checkpointing *c, const struct checkpoint_order *order)
{
    cairn_error error;
    cairn_fail(&error, CAIRN_EGONE, "the step ended before this checkpoint");
    answer_error(c, order, &error);
}

/* The checkpoint failed. The step continues, unless it must stop in any case. */
static void fail(struct checkpointing *c, const struct checkpoint_order *order,
                 const cairn_error *error)
{
    if (try_again(c, order, error))
        return;
    if (step_is_over(c->step)) {
        answer_too_late(c, order);
        return;
    }
    image_journal_failure(c->attempt, order->reason, error);
    answer_error(c, order, error); /* written after the journal, because a client with the answer
                                    * may read that */
    interval_failed(&c->interval);
    plan_next(c, error->code == CAIRN_EBUSY_TREE);
    if (order->stop && order->force)
        step_end(c->step, order->cause, c->spec->grace_ms, error->message);
}

static void *work(void *context)
{
    struct checkpointing *c = context;
    c->error.code = 0;
    int rc = c->stage == CHECKPOINT_WRITING
                 ? c->engine->write(c->job, c->writer, &c->abandon, &c->error)
                 : image_writer_publish(c->writer, &c->summary, &c->error);
    if (rc != 0 && c->error.code == 0)
        c->error.code = -rc;
    uint64_t one = 1;
    while (write(c->done_fd, &one, sizeof one) < 0 && errno == EINTR) {
    }
    return NULL;
}

static int start_worker(struct checkpointing *c, enum checkpoint_stage stage, cairn_error *err)
{
    c->stage = stage;
    int failed = pthread_create(&c->thread, NULL, work, c);
    return failed == 0 ? 0
                       : cairn_fail(err, failed, "starting the thread that writes the image: %s",
                                    strerror(failed));
}

static int begin(struct checkpointing *c, cairn_error *err)
{
    if (c->step->frozen)
        return cairn_fail(err, CAIRN_EBUSY_TREE,
                          c->step->frozen & FROZEN_BY_LEASE
                              ? "the step is frozen, because its lease cannot be renewed"
                              : "the step is frozen; thaw it first");
    if (!c->engine->makes_images)
        return c->engine->begin(NULL, false, NULL, NULL, err);
    struct image_options options = {.compression = c->spec->compression,
                                    .min_free = c->spec->min_free};
    struct engine_context context = {c->spec,        c->images,        c->attempt,
                                     &c->step->tree, c->step->journal, NULL};
    struct headroom headroom;
    char no_memory[sizeof c->frozen.why_standing];
    c->step_bytes = tree_private_bytes(&c->step->tree);
    headroom_read(&headroom, c->step_bytes);
    if (headroom_is_low(&headroom)) {
        headroom_say(&headroom, no_memory, sizeof no_memory);
        context.why_no_snapshot = no_memory;
    }
    c->look_at = c->engine->snapshots && !c->order.stop && !context.why_no_snapshot
                     ? clock_now_ms() + headroom_look_again_ms(&headroom)
                     : NEVER;
    c->frozen_at = NEVER;
    c->frozen = (struct engine_figures){0};
    c->sequence = (uint32_t)(c->images->newest + 1);
    c->begun_at = clock_now_ms();
    c->expected_bytes = c->summary.bytes;
    c->writer = NULL;
    c->abandon = false;
    int rc = image_writer_open(c->images->fd, c->sequence, &options, &c->writer, err);
    if (rc == 0)
        rc = c->engine->begin(&context, c->order.stop, c->writer, &c->job, err);
    if (rc != 0) {
        image_writer_close(c->writer);
        return rc;
    }
    rc = start_worker(c, CHECKPOINT_WRITING, err);
    if (rc == 0)
        return 0;
    c->engine->release(c->job);
    c->engine->finish(c->job);
    image_writer_close(c->writer);
    return rc;
}

/* Whether the folder of images can be reached. A file server that does not answer would block the
 * main thread, which must then freeze the step. So the renewer tries the folder first. */
static bool is_reachable(struct checkpointing *c)
{
    if (c->lease->times && c->asked_at == 0) {
        c->asked_at = clock_boot_ms();
        lease_check_now(c->lease, c->step->frozen & FROZEN_BY_LEASE);
    }
    if (!lease_was_renewed(c->lease, c->asked_at))
        return false;
    c->asked_at = 0;
    return true;
}

static void start(struct checkpointing *c, const struct checkpoint_order *order)
{
    cairn_error error = {0};
    if (!is_reachable(c)) {
        put_off(c, order, ASK_AGAIN_MS);
        return;
    }
    c->order = *order;
    c->busy = begin(c, &error) == 0;
    if (!c->busy)
        fail(c, order, &error);
}

void checkpoint_want(struct checkpointing *c, const struct checkpoint_order *order)
{
    if (step_is_over(c->step)) {
        cairn_error error;
        cairn_fail(&error, CAIRN_EGONE, "the step is ending");
        answer_error(c, order, &error);
    } else if (c->wanted) {
        merge(&c->next, order);
    } else if (c->busy) {
        c->next = *order;
        c->wanted = true;
        c->retry_at = 0;
    } else {
        start(c, order);
    }
}

static void start_wanted(struct checkpointing *c)
{
    if (c->busy || !c->wanted || clock_now_ms() < c->retry_at)
        return;
    struct checkpoint_order order = c->next;
    c->wanted = false;
    start(c, &order);
}

/* Stops the step when memory is short, before the kernel kills the snapshot or another process. A
 * stopped step changes no page, and the rest of the image is written meanwhile. */
static void watch_memory(struct checkpointing *c)
{
    struct headroom headroom;
    cairn_error ignored;
    if (!c->busy || c->step->frozen || clock_now_ms() < c->look_at)
        return;
    headroom_read(&headroom, c->step_bytes);
    c->look_at = clock_now_ms() + headroom_look_again_ms(&headroom);
    if (!headroom_is_low(&headroom) || step_freeze(c->step, FROZEN_FOR_MEMORY, &ignored) != 0)
        return;
    c->look_at = NEVER;
    c->frozen_at = clock_now_ms();
    c->frozen.standing = true;
    headroom_say(&headroom, c->frozen.why_standing, sizeof c->frozen.why_standing);
}

/* All memory is written, so the step need not wait for the disk. */
static void let_step_continue(struct checkpointing *c)
{
    c->engine->release(c->job);
    c->look_at = NEVER;
    if (c->frozen_at == NEVER)
        return;
    step_thaw(c->step, FROZEN_FOR_MEMORY);
    c->frozen.pause_us += (uint64_t)(clock_now_ms() - c->frozen_at) * 1000;
    c->frozen_at = NEVER;
}

static void add_frozen(const struct checkpointing *c, struct engine_figures *figures)
{
    figures->pause_us += c->frozen.pause_us;
    if (!c->frozen.standing)
        return;
    figures->standing = true;
    memcpy(figures->why_standing, c->frozen.why_standing, sizeof figures->why_standing);
}

/* The image is published. Records it, first in the journal. */
static void succeed(struct checkpointing *c, const struct engine_figures *figures)
{
    int64_t took = clock_now_ms() - c->begun_at;
    c->images->newest = c->last_image = c->summary.sequence;
    json_t *line = image_journal_line(c->images, c->order.reason, &c->summary, figures, took);
    image_journal_add(c->attempt, line);
    interval_measured(&c->interval, (double)figures->pause_us / 1000, took,
                      figures->standing ? 1 : BACKGROUND_SHARE);
    plan_next(c, false);
    image_folder_prune(c->images, c->spec->keep);
    cairn_error ignored; /* an epoch that cannot be merged now is merged the next time */
    if (c->step->journal && journal_published(c->step->journal, c->spec->keep, &ignored) != 0)
        ignored.code = 0;
    json_t *answer = json_pack("{s:b, s:o}", "ok", 1, "image", line);
    if (!c->order.stop) {
        answer_all(c, &c->order, answer);
        return;
    }
    c->stop_answer = answer;
}

/* Published, or failed. */
static void conclude(struct checkpointing *c)
{
    struct engine_figures figures = {0};
    if (!c->order.stop || c->error.code != 0)
        let_step_continue(c);
    else /* before the thaw: no process may run on after its last image */
        step_kill(c->step, c->order.cause, c->summary.sequence, "");
    c->engine->figures(c->job, &figures);
    add_frozen(c, &figures);
    c->engine->finish(c->job);
    image_writer_close(c->writer);
    c->busy = false;
    if (c->error.code == 0)
        succeed(c, &figures);
    else
        fail(c, &c->order, &c->error);
    if (!step_is_over(c->step))
        start_wanted(c);
}

/* The worker has finished. Without the lease, another supervisor may own the folder of images by
 * now, so the step stays stopped. */
static void proceed(struct checkpointing *c)
{
    bool held = lease_is_held(c->lease);
    c->held_back = !held && !c->step->root_ended && !c->step->ending.killed;
    if (c->held_back)
        return;
    if (!held)
        cairn_fail(&c->error, CAIRN_EGONE, "the step is ended while its lease is not held");
    if (c->stage == CHECKPOINT_WRITING && c->error.code == 0) {
        if (!c->order.stop)
            let_step_continue(c);
        if (start_worker(c, CHECKPOINT_PUBLISHING, &c->error) == 0)
            return;
    }
    conclude(c);
}

static void on_done(void *context, uint32_t events)
{
    (void)events;
    struct checkpointing *c = context;
    uint64_t count;
    if (read(c->done_fd, &count, sizeof count) < 0)
        return;
    pthread_join(c->thread, NULL);
    proceed(c);
}

void checkpoint_continue(struct checkpointing *c)
{
    if (c->held_back)
        proceed(c);
}

int checkpoint_open(struct checkpointing *c, struct loop *loop, int64_t last_image,
                    cairn_error *err)
{
    c->last_image = last_image;
    c->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (c->done_fd < 0)
        return cairn_fail_errno(err, "eventfd");
    c->done = (struct loop_source){.fd = c->done_fd, .ready = on_done, .context = c};
    interval_init(&c->interval, c->spec->every_ms, c->spec->mtbf_ms);
    plan_next(c, false);
    return loop_add(loop, &c->done, EPOLLIN, err);
}

/* The running time in ms at which the step is stopped with an image because its time limit is near.
 */
static int64_t before_timeout_at(const struct checkpointing *c)
{
    if (c->spec->timeout_ms == 0 || c->spec->before_timeout_ms == 0 || c->before_timeout_done ||
        !c->engine->makes_images)
        return NEVER;
    return c->spec->timeout_ms - c->spec->spent_ms - c->spec->before_timeout_ms;
}

void checkpoint_tick(struct checkpointing *c)
{
    if (step_is_over(c->step) || c->step->frozen)
        return;
    watch_memory(c);
    start_wanted(c);
    int64_t now = running_ms(&c->step->clock);
    if (now >= before_timeout_at(c)) {
        c->before_timeout_done = true;
        struct checkpoint_order order = checkpoint_order("before_timeout");
        order.stop = true;
        order.cause = CAUSE_TIMEOUT;
        checkpoint_want(c, &order);
    } else if (!c->busy && !c->wanted && now >= c->next_at) {
        struct checkpoint_order order = checkpoint_order("interval");
        checkpoint_want(c, &order);
    }
}

int64_t checkpoint_deadline(const struct checkpointing *c)
{
    if (step_is_over(c->step))
        return NEVER;
    int64_t at = before_timeout_at(c);
    if (!c->busy && !c->wanted && c->next_at < at)
        at = c->next_at;
    int64_t deadline = running_deadline(&c->step->clock, at);
    if (!c->busy && c->wanted && !c->step->frozen && c->retry_at < deadline)
        deadline = c->retry_at;
    if (c->busy && !c->step->frozen && c->look_at < deadline)
        deadline = c->look_at;
    return deadline;
}

void checkpoint_step_ended(struct checkpointing *c)
{
    c->abandon = true;
    checkpoint_continue(c);
    if (c->wanted)
        answer_too_late(c, &c->next);
    c->wanted = false;
}

static bool order_stops_for(const struct checkpoint_order *order, enum cause cause)
{
    return order->stop && order->cause == cause;
}

bool checkpoint_stops_for(const struct checkpointing *c, enum cause cause)
{
    return (c->busy && order_stops_for(&c->order, cause)) ||
           (c->wanted && order_stops_for(&c->next, cause));
}

uint64_t checkpoint_written(const struct checkpointing *c)
{
    auto_close int fd =
        openat(image_writer_dirfd(c->writer), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_closedir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return 0;
    steal_fd(&fd);
    uint64_t bytes = 0;
    struct stat st;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode))
            bytes += (uint64_t)st.st_size;
    return bytes;
}

void checkpoint_answer_stop(struct checkpointing *c)
{
    if (c->stop_answer)
        answer_all(c, &c->order, c->stop_answer);
    c->stop_answer = NULL;
}
