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
#include "supervisor/supervisor.h"

#define RETRY_AFTER_MS 200
#define MOST_TRIES 25
#define ASK_AGAIN_MS 10
#define BACKGROUND_SHARE \
    0.5 /* of the CPUs: what engines use beside a running step, see engine_native.c */

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

static void answer_all(struct supervisor *s, const struct checkpoint_order *order, json_t *answer)
{
    for (int i = 0; i < order->n_waiters; i++)
        control_answer(&s->control, order->waiters[i], json_incref(answer));
    json_decref(answer);
}

static void answer_error(struct supervisor *s, const struct checkpoint_order *order,
                         const cairn_error *error)
{
    for (int i = 0; i < order->n_waiters; i++)
        control_answer_error(&s->control, order->waiters[i], error);
}

/* The next one by interval counts from now. */
static void plan_next(struct supervisor *s, bool retry_soon)
{
    struct checkpointing *c = &s->checkpointing;
    int64_t wait = interval_next(&c->interval, retry_soon);
    c->next_at = wait < 0 || !s->engine->makes_images ? NEVER : running_ms(&s->clock) + wait;
}

/* A journal that cannot be written (a full disk) must not cost the step. */
static void journal(struct supervisor *s, const json_t *line)
{
    cairn_error error;
    int rc = attempt_journal(&s->attempt, line, &error);
    (void)rc;
}

static void journal_failure(struct supervisor *s, const char *reason, const cairn_error *error)
{
    char at[UTC_TEXT_BYTES];
    clock_utc_text(at);
    json_t *message = json_string(error->message);
    json_t *line = json_pack("{s:o, s:i, s:s, s:s}", "failed", message ? message : json_string(""),
                             "code", error->code, "at", at, "reason", reason);
    journal(s, line);
    json_decref(line);
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

/* A tree that does not come to rest now may do so in a moment: whoever asked waits for that. One by
 * interval comes back by itself. */
static bool try_again(struct supervisor *s, const struct checkpoint_order *order,
                      const cairn_error *error)
{
    struct checkpointing *c = &s->checkpointing;
    bool awaited = order->stop || order->n_waiters > 0;
    if (error->code != CAIRN_EBUSY_TREE || !awaited || s->frozen || s->root_ended ||
        order->tries >= MOST_TRIES)
        return false;
    struct checkpoint_order again = *order;
    again.tries++;
    put_off(c, &again, RETRY_AFTER_MS);
    return true;
}

/* What processes that are dying make of a checkpoint is no failure of its own. */
static void answer_too_late(struct supervisor *s, const struct checkpoint_order *order)
{
    cairn_error error;
    cairn_fail(&error, CAIRN_EGONE, "the step ended before this checkpoint");
    answer_error(s, order, &error);
}

/* The order came to nothing; the step goes on, unless it was to stop in any case. */
static void fail(struct supervisor *s, const struct checkpoint_order *order,
                 const cairn_error *error)
{
    if (try_again(s, order, error))
        return;
    if (s->root_ended || s->ending.begun) {
        answer_too_late(s, order);
        return;
    }
    journal_failure(s, order->reason, error);
    answer_error(s, order, error); /* after the journal, where who has the answer may look */
    interval_failed(&s->checkpointing.interval);
    plan_next(s, error->code == CAIRN_EBUSY_TREE);
    if (order->stop && order->force)
        supervisor_end(s, order->cause, s->spec.grace_ms, error->message);
}

static void *work(void *context)
{
    struct supervisor *s = context;
    struct checkpointing *c = &s->checkpointing;
    c->error.code = 0;
    int rc = c->stage == CHECKPOINT_WRITING
                 ? s->engine->write(c->job, c->writer, &c->abandon, &c->error)
                 : image_writer_publish(c->writer, &c->summary, &c->error);
    if (rc != 0 && c->error.code == 0)
        c->error.code = -rc;
    uint64_t one = 1;
    while (write(c->done_fd, &one, sizeof one) < 0 && errno == EINTR) {
    }
    return NULL;
}

static int start_worker(struct supervisor *s, enum checkpoint_stage stage, cairn_error *err)
{
    s->checkpointing.stage = stage;
    int failed = pthread_create(&s->checkpointing.thread, NULL, work, s);
    return failed == 0 ? 0
                       : cairn_fail(err, failed, "starting the thread that writes the image: %s",
                                    strerror(failed));
}

static int begin(struct supervisor *s, cairn_error *err)
{
    struct checkpointing *c = &s->checkpointing;
    if (s->frozen)
        return cairn_fail(err, CAIRN_EBUSY_TREE,
                          s->frozen & FROZEN_BY_LEASE
                              ? "the step stands still, since its lease cannot be renewed"
                              : "the step is frozen; thaw it first");
    if (!s->engine->makes_images)
        return s->engine->begin(NULL, false, NULL, NULL, err);
    struct image_options options = {.compression = s->spec.compression,
                                    .min_free = s->spec.min_free};
    struct engine_context context = {&s->spec, &s->images, &s->attempt, &s->tree};
    c->sequence = (uint32_t)(s->images.newest + 1);
    c->begun_at = clock_now_ms();
    c->expected_bytes = c->summary.bytes;
    c->writer = NULL;
    c->abandon = false;
    int rc = image_writer_open(s->images.fd, c->sequence, &options, &c->writer, err);
    if (rc == 0)
        rc = s->engine->begin(&context, c->order.stop, c->writer, &c->job, err);
    if (rc != 0) {
        image_writer_close(c->writer);
        return rc;
    }
    rc = start_worker(s, CHECKPOINT_WRITING, err);
    if (rc == 0)
        return 0;
    s->engine->release(c->job);
    s->engine->finish(c->job);
    image_writer_close(c->writer);
    return rc;
}

/* A file server that does not answer would keep the main thread, which has a step to freeze then.
 * So the renewer goes first. */
static bool is_reachable(struct supervisor *s)
{
    struct checkpointing *c = &s->checkpointing;
    if (s->lease.times && c->asked_at == 0) {
        c->asked_at = clock_boot_ms();
        lease_check_now(&s->lease, s->frozen & FROZEN_BY_LEASE);
    }
    if (!lease_was_renewed(&s->lease, c->asked_at))
        return false;
    c->asked_at = 0;
    return true;
}

static void start(struct supervisor *s, const struct checkpoint_order *order)
{
    struct checkpointing *c = &s->checkpointing;
    cairn_error error = {0};
    if (!is_reachable(s)) {
        put_off(c, order, ASK_AGAIN_MS);
        return;
    }
    c->order = *order;
    c->busy = begin(s, &error) == 0;
    if (!c->busy)
        fail(s, order, &error);
}

void checkpoint_want(struct supervisor *s, const struct checkpoint_order *order)
{
    struct checkpointing *c = &s->checkpointing;
    if (s->root_ended || s->ending.begun) {
        cairn_error error;
        cairn_fail(&error, CAIRN_EGONE, "the step is ending");
        answer_error(s, order, &error);
    } else if (c->wanted) {
        merge(&c->next, order);
    } else if (c->busy) {
        c->next = *order;
        c->wanted = true;
        c->retry_at = 0;
    } else {
        start(s, order);
    }
}

static void start_wanted(struct supervisor *s)
{
    struct checkpointing *c = &s->checkpointing;
    if (c->busy || !c->wanted || clock_now_ms() < c->retry_at)
        return;
    struct checkpoint_order order = c->next;
    c->wanted = false;
    start(s, &order);
}

static json_t *describe(const struct supervisor *s, const char *reason,
                        const struct image_summary *summary, const struct engine_figures *figures,
                        int64_t took_ms)
{
    char at[UTC_TEXT_BYTES], name[IMAGE_NAME_BYTES], path[4200];
    clock_utc_text(at);
    image_folder_name(summary->sequence, name);
    snprintf(path, sizeof path, "%s/%s", s->images.path, name);
    json_t *line =
        json_pack("{s:I, s:s, s:s, s:s, s:I, s:I, s:s, s:I, s:I, s:b, s:n}", "sequence",
                  (json_int_t)summary->sequence, "path", path, "at", at, "reason", reason, "bytes",
                  (json_int_t)summary->bytes, "raw_bytes", (json_int_t)summary->raw_bytes, "digest",
                  summary->digest, "pause_us", (json_int_t)figures->pause_us, "took_us",
                  (json_int_t)took_ms * 1000, "standing", figures->standing, "parent");
    if (line && figures->standing)
        json_object_set_new(line, "why_standing", json_string(figures->why_standing));
    return line;
}

int checkpoint_journal_first(struct supervisor *s, const struct image_summary *summary,
                             int64_t took_ms, cairn_error *err)
{
    const struct engine_figures none = {0};
    json_t *line = describe(s, "start", summary, &none, took_ms);
    int rc = attempt_journal(&s->attempt, line, err);
    json_decref(line);
    s->checkpointing.last_image = summary->sequence;
    return rc;
}

/* The image is durable and has its name; now the journal, then the rest. */
static void succeed(struct supervisor *s, const struct engine_figures *figures)
{
    struct checkpointing *c = &s->checkpointing;
    int64_t took = clock_now_ms() - c->begun_at;
    s->images.newest = c->last_image = c->summary.sequence;
    json_t *line = describe(s, c->order.reason, &c->summary, figures, took);
    journal(s, line);
    interval_measured(&c->interval, (double)figures->pause_us / 1000, took,
                      figures->standing ? 1 : BACKGROUND_SHARE);
    plan_next(s, false);
    image_folder_prune(&s->images, s->spec.keep);
    json_t *answer = json_pack("{s:b, s:o}", "ok", 1, "image", line);
    if (!c->order.stop) {
        answer_all(s, &c->order, answer);
        return;
    }
    c->stop_answer = answer;
}

/* Published, or failed. */
static void conclude(struct supervisor *s)
{
    struct checkpointing *c = &s->checkpointing;
    struct engine_figures figures = {0};
    if (!c->order.stop || c->error.code != 0)
        s->engine->release(c->job);
    else /* before it is let go of: it must not take a step beyond its image */
        supervisor_kill(s, c->order.cause, c->summary.sequence, "");
    s->engine->figures(c->job, &figures);
    s->engine->finish(c->job);
    image_writer_close(c->writer);
    c->busy = false;
    if (c->error.code == 0)
        succeed(s, &figures);
    else
        fail(s, &c->order, &c->error);
    if (!s->root_ended && !s->ending.begun)
        start_wanted(s);
}

/* A worker has finished. Without the lease the folder of images may be somebody else's by now, and
 * the step must not be let go. */
static void proceed(struct supervisor *s)
{
    struct checkpointing *c = &s->checkpointing;
    bool held = lease_is_held(&s->lease);
    c->held_back = !held && !s->root_ended && !s->ending.killed;
    if (c->held_back)
        return;
    if (!held)
        cairn_fail(&c->error, CAIRN_EGONE, "the step is ended while its lease is not held");
    if (c->stage == CHECKPOINT_WRITING && c->error.code == 0) {
        if (!c->order.stop)
            s->engine->release(c->job); /* need not stand still while the disk takes its time */
        if (start_worker(s, CHECKPOINT_PUBLISHING, &c->error) == 0)
            return;
    }
    conclude(s);
}

static void on_done(void *context, uint32_t events)
{
    (void)events;
    struct supervisor *s = context;
    struct checkpointing *c = &s->checkpointing;
    uint64_t count;
    if (read(c->done_fd, &count, sizeof count) < 0)
        return;
    pthread_join(c->thread, NULL);
    proceed(s);
}

void checkpoint_go_on(struct supervisor *s)
{
    if (s->checkpointing.held_back)
        proceed(s);
}

int checkpoint_open(struct supervisor *s, cairn_error *err)
{
    struct checkpointing *c = &s->checkpointing;
    c->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (c->done_fd < 0)
        return cairn_fail_errno(err, "eventfd");
    c->done = (struct loop_source){.fd = c->done_fd, .ready = on_done, .context = s};
    interval_init(&c->interval, s->spec.every_ms, s->spec.mtbf_ms);
    plan_next(s, false);
    return loop_add(&s->loop, &c->done, EPOLLIN, err);
}

/* When the step is to be stopped with an image because its time is running out, in ms of running
 * time. */
static int64_t before_timeout_at(const struct supervisor *s)
{
    if (s->spec.timeout_ms == 0 || s->spec.before_timeout_ms == 0 ||
        s->checkpointing.before_timeout_done || !s->engine->makes_images)
        return NEVER;
    return s->spec.timeout_ms - s->spec.spent_ms - s->spec.before_timeout_ms;
}

void checkpoint_tick(struct supervisor *s)
{
    struct checkpointing *c = &s->checkpointing;
    if (s->root_ended || s->ending.begun || s->frozen)
        return;
    start_wanted(s);
    int64_t now = running_ms(&s->clock);
    if (now >= before_timeout_at(s)) {
        c->before_timeout_done = true;
        struct checkpoint_order order = checkpoint_order("before_timeout");
        order.stop = true;
        order.cause = CAUSE_TIMEOUT;
        checkpoint_want(s, &order);
    } else if (!c->busy && !c->wanted && now >= c->next_at) {
        struct checkpoint_order order = checkpoint_order("interval");
        checkpoint_want(s, &order);
    }
}

int64_t checkpoint_deadline(const struct supervisor *s)
{
    const struct checkpointing *c = &s->checkpointing;
    if (s->root_ended || s->ending.begun)
        return NEVER;
    int64_t at = before_timeout_at(s);
    if (!c->busy && !c->wanted && c->next_at < at)
        at = c->next_at;
    int64_t deadline = running_deadline(&s->clock, at);
    if (!c->busy && c->wanted && !s->frozen && c->retry_at < deadline)
        deadline = c->retry_at;
    return deadline;
}

void checkpoint_step_ended(struct supervisor *s)
{
    struct checkpointing *c = &s->checkpointing;
    c->abandon = true;
    checkpoint_go_on(s);
    if (c->wanted)
        answer_too_late(s, &c->next);
    c->wanted = false;
}

static bool order_stops_for(const struct checkpoint_order *order, enum cause cause)
{
    return order->stop && order->cause == cause;
}

bool checkpoint_stops_for(const struct supervisor *s, enum cause cause)
{
    const struct checkpointing *c = &s->checkpointing;
    return (c->busy && order_stops_for(&c->order, cause)) ||
           (c->wanted && order_stops_for(&c->next, cause));
}

uint64_t checkpoint_written(const struct supervisor *s)
{
    const struct checkpointing *c = &s->checkpointing;
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

void checkpoint_answer_stop(struct supervisor *s)
{
    struct checkpointing *c = &s->checkpointing;
    if (c->stop_answer)
        answer_all(s, &c->order, c->stop_answer);
    c->stop_answer = NULL;
}
