#include "supervisor/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define RELEASE_STUCK_AGAIN_MS 100

void supervisor_end(struct supervisor *s, enum cause cause, int64_t grace_ms, const char *message)
{
    struct ending *e = &s->ending;
    int64_t kill_at = clock_now_ms() + grace_ms;
    if (e->begun) {
        if (kill_at < e->kill_at)
            e->kill_at = kill_at;
        return;
    }
    *e = (struct ending){.begun = true, .cause = cause, .kill_at = kill_at, .image = -1};
    snprintf(e->message, sizeof e->message, "%s", message);
    cairn_error ignored; /* what cannot be asked to end is killed after the grace */
    supervisor_thaw(s, FROZEN_BY_REQUEST);
    if (grace_ms > 0 && tree_signal(&s->tree, SIGTERM, true, &ignored) != 0)
        e->kill_at = clock_now_ms();
}

static void kill_everyone(struct supervisor *s)
{
    s->ending.killed = true;
    s->ending.kill_at = NEVER;
    cairn_error ignored; /* tree_destroy follows in any case */
    if (tree_signal(&s->tree, SIGKILL, true, &ignored) != 0)
        s->tree_lost = true;
    /* Pid 1 hears of the ends of those who stood only after us. */
    supervisor_thaw(s, FROZEN_BY_REQUEST | FROZEN_BY_LEASE);
    checkpoint_go_on(s);
}

void supervisor_kill(struct supervisor *s, enum cause cause, int64_t image, const char *message)
{
    struct ending *e = &s->ending;
    if (!e->begun) {
        *e = (struct ending){.begun = true, .cause = cause};
        snprintf(e->message, sizeof e->message, "%s", message);
    }
    e->image = image;
    kill_everyone(s);
}

int supervisor_freeze(struct supervisor *s, unsigned why, cairn_error *err)
{
    if (why == FROZEN_BY_REQUEST && !s->frozen && s->checkpointing.busy)
        return cairn_fail(err, CAIRN_EBUSY_TREE,
                          "a checkpoint is under way; freeze the step after it");
    int rc = tree_freeze(&s->tree, err);
    if (rc == 0) {
        s->frozen |= why;
        running_stop(&s->clock);
    }
    return rc;
}

void supervisor_thaw(struct supervisor *s, unsigned why)
{
    bool was_frozen = s->frozen;
    s->frozen &= ~why;
    if (!was_frozen || s->frozen)
        return;
    tree_thaw(&s->tree);
    running_start(&s->clock);
}

/* The root process has ended, or pid 1 has gone: nothing else of the step may go on. */
static void note_end(struct supervisor *s)
{
    running_stop(&s->clock);
    guard_step_ended(s);
    cairn_error nobody_left;
    if (!s->tree_lost && tree_signal(&s->tree, SIGKILL, true, &nobody_left) != 0) {
        /* pid 1 has ended after the root, as it should */
    }
    checkpoint_step_ended(s);
}

static void on_status(void *context, uint32_t events)
{
    (void)events;
    struct supervisor *s = context;
    cairn_error error;
    int rc = tree_status(&s->tree, &s->end, &error);
    if (rc == 0)
        return;
    s->root_ended = true;
    s->ended_in_preemption = checkpoint_stops_for(s, CAUSE_PREEMPTED);
    if (rc < 0) {
        s->tree_lost = true;
        s->end = (struct tree_end){.signalled = true, .code = SIGKILL};
    }
    note_end(s);
}

/* When the step's running time is over, in ms of running time. A last image under way is waited
 * for. */
static int64_t timeout_at(const struct supervisor *s)
{
    bool stopping = s->checkpointing.busy && s->checkpointing.order.stop;
    if (s->spec.timeout_ms == 0 || stopping)
        return NEVER;
    return s->spec.timeout_ms - s->spec.spent_ms;
}

static void tick(struct supervisor *s)
{
    guard_check(s);
    if (s->ending.begun) {
        if (clock_now_ms() >= s->ending.kill_at)
            kill_everyone(s);
        return;
    }
    if (running_ms(&s->clock) >= timeout_at(s)) {
        char message[100];
        snprintf(message, sizeof message, "the step ran for longer than its timeout of %lld ms",
                 (long long)s->spec.timeout_ms);
        supervisor_end(s, CAUSE_TIMEOUT, s->spec.grace_ms, message);
    }
    checkpoint_tick(s);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t deadline(struct supervisor *s)
{
    int64_t again = tree_has_stuck(&s->tree) ? clock_now_ms() + RELEASE_STUCK_AGAIN_MS : NEVER;
    if (s->ending.begun)
        return earlier(again, s->ending.kill_at);
    int64_t timeout = running_deadline(&s->clock, timeout_at(s));
    return earlier(again, earlier(timeout, checkpoint_deadline(s)));
}

int supervisor_run(struct supervisor *s, cairn_error *err)
{
    struct loop_source status = {.fd = s->tree.status_fd, .ready = on_status, .context = s};
    int rc = loop_add(&s->loop, &status, EPOLLIN, err);
    bool watching = rc == 0;
    while (rc == 0 && (!s->root_ended || s->checkpointing.busy)) {
        if (s->root_ended && watching) {
            loop_remove(&s->loop, &status);
            watching = false;
        }
        if (!s->root_ended)
            tick(s);
        rc = loop_turn(&s->loop, s->root_ended ? NEVER : deadline(s), err);
    }
    return rc;
}

/* By SIGKILL, or with the status by which a shell passes on that what it ran was: nobody kills the
 * shell alone. */
static bool was_killed(const struct tree_end *end)
{
    return end->code == (end->signalled ? SIGKILL : 128 + SIGKILL);
}

/* Cairn did not end the step. A killed process has not failed, and while the host is being taken
 * away nothing has: what a program makes of the end of its parts is no result. */
static void judge_by_itself(const struct supervisor *s, struct attempt_end *out)
{
    const char *message = "";
    if (!s->end.signalled && s->end.code == 0) {
        out->cause = CAUSE_SUCCESS;
    } else if (s->ended_in_preemption) {
        out->cause = CAUSE_PREEMPTED;
        message = "it ended while it was being stopped, before its image was complete";
    } else if (!was_killed(&s->end)) {
        out->cause = CAUSE_FAILURE;
    } else if (oom_happened(&s->oom)) {
        out->cause = CAUSE_OOM;
        message = "the kernel killed a process of the step for lack of memory";
    } else {
        out->cause = CAUSE_KILLED;
        message = s->tree_lost       ? "its pid 1 received SIGKILL"
                  : s->end.signalled ? "it received SIGKILL, which Cairn did not send"
                                     : "a process of it received SIGKILL (exit code 137)";
    }
    snprintf(out->message, sizeof out->message, "%s", message);
}

void supervisor_judge(const struct supervisor *s, struct attempt_end *out)
{
    *out = (struct attempt_end){
        .cause = s->ending.cause,
        .exit_code = s->end.signalled ? -1 : s->end.code,
        .signal = s->end.signalled ? s->end.code : 0,
        .running_ms = running_ms(&s->clock),
        .image = s->ending.begun ? s->ending.image : -1,
    };
    if (s->ending.begun)
        snprintf(out->message, sizeof out->message, "%s", s->ending.message);
    else
        judge_by_itself(s, out);
    if (s->terminal.log_failed)
        snprintf(out->message + strlen(out->message), sizeof out->message - strlen(out->message),
                 "%ssome of the terminal's output could not be written to its log",
                 out->message[0] ? "; " : "");
}
