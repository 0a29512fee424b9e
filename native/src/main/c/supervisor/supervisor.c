#include "supervisor/supervisor.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "supervisor/image_journal.h"

#define RELEASE_STUCK_AGAIN_MS 100

static void note_killed_by_guard(struct supervisor *s)
{
    struct ending *e = &s->step.ending;
    *e = (struct ending){.begun = true, .killed = true, .cause = CAUSE_LOST, .image = -1};
    snprintf(e->message, sizeof e->message, "%s", s->guard.message);
}

/* Kills the rest of the step, because the root process has ended or pid 1 is gone. */
static void note_end(struct supervisor *s)
{
    running_stop(&s->step.clock);
    if (lease_guard_step_ended(&s->guard) && !s->step.ending.begun)
        note_killed_by_guard(s);
    cairn_error nobody_left;
    if (!s->step.tree_lost && tree_signal(&s->step.tree, SIGKILL, true, &nobody_left) != 0) {
        /* pid 1 has ended after the root process, as it should */
    }
    checkpoint_step_ended(&s->checkpointing);
}

static void on_status(void *context, uint32_t events)
{
    (void)events;
    struct supervisor *s = context;
    cairn_error error;
    int rc = tree_status(&s->step.tree, &s->step.end, &error);
    if (rc == 0)
        return;
    s->step.root_ended = true;
    s->ended_in_preemption = checkpoint_stops_for(&s->checkpointing, CAUSE_PREEMPTED);
    if (rc < 0) {
        s->step.tree_lost = true;
        s->step.end = (struct tree_end){.signalled = true, .code = SIGKILL};
    }
    note_end(s);
}

/* When the step's running time ends, in ms of running time. Waits for a last image under way. */
static int64_t timeout_at(const struct supervisor *s)
{
    bool stopping = s->checkpointing.busy && s->checkpointing.order.stop;
    if (s->spec.timeout_ms == 0 || stopping)
        return NEVER;
    return s->spec.timeout_ms - s->spec.spent_ms;
}

static void journal_recreations(struct supervisor *s)
{
    int recreated = s->lease.recreated;
    if (recreated != s->recreations_journalled)
        image_journal_lease_recreated(&s->attempt, recreated);
    s->recreations_journalled = recreated;
}

static void obey_lease(struct supervisor *s)
{
    struct running_step *step = &s->step;
    cairn_error error;
    if (step->ending.killed)
        return;
    journal_recreations(s);
    switch (lease_guard_check(&s->guard, step->frozen & FROZEN_BY_LEASE, step->ending.begun)) {
    case GUARD_CONTINUE:
        break;
    case GUARD_FREEZE:
        lease_guard_froze(&s->guard,
                          step_freeze(step, FROZEN_BY_LEASE, &error) == 0 ? NULL : &error);
        break;
    case GUARD_THAW:
        step_thaw(step, FROZEN_BY_LEASE);
        image_journal_frozen(&s->attempt, s->guard.frozen_ms); /* the folder can be written again */
        checkpoint_continue(&s->checkpointing);
        break;
    case GUARD_END:
        step_end(step, CAUSE_LOST, 0, s->guard.message);
        break;
    }
}

static void kill_step(struct supervisor *s)
{
    step_kill_now(&s->step);
    checkpoint_continue(&s->checkpointing); /* an image that waits for the lease is discarded */
}

/* A step that outlived a kill for lack of memory was not ended by that kill. */
static void count_kills_since_newest_image(struct supervisor *s)
{
    if (s->oom_since == s->checkpointing.last_image)
        return;
    s->oom_since = s->checkpointing.last_image;
    oom_watch_start(&s->oom);
}

static void tick(struct supervisor *s)
{
    count_kills_since_newest_image(s);
    obey_lease(s);
    if (s->step.ending.begun) {
        if (clock_now_ms() >= s->step.ending.kill_at)
            kill_step(s);
        return;
    }
    if (running_ms(&s->step.clock) >= timeout_at(s)) {
        char message[100];
        snprintf(message, sizeof message, "the step ran for longer than its timeout of %lld ms",
                 (long long)s->spec.timeout_ms);
        step_end(&s->step, CAUSE_TIMEOUT, s->spec.grace_ms, message);
    }
    checkpoint_tick(&s->checkpointing);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t deadline(struct supervisor *s)
{
    int64_t again = tree_has_stuck(&s->step.tree) ? clock_now_ms() + RELEASE_STUCK_AGAIN_MS : NEVER;
    if (s->step.ending.begun)
        return earlier(again, s->step.ending.kill_at);
    int64_t timeout = running_deadline(&s->step.clock, timeout_at(s));
    return earlier(again, earlier(timeout, checkpoint_deadline(&s->checkpointing)));
}

int supervisor_run(struct supervisor *s, cairn_error *err)
{
    struct loop_source status = {.fd = s->step.tree.status_fd, .ready = on_status, .context = s};
    int rc = loop_add(&s->loop, &status, EPOLLIN, err);
    bool watching = rc == 0;
    while (rc == 0 && (!s->step.root_ended || s->checkpointing.busy)) {
        if (s->step.root_ended && watching) {
            loop_remove(&s->loop, &status);
            watching = false;
        }
        if (!s->step.root_ended)
            tick(s);
        rc = loop_turn(&s->loop, s->step.root_ended ? NEVER : deadline(s), err);
    }
    return rc;
}

/* Whether SIGKILL ended the step, or the step ended with the status by which a shell reports that
 * its command was killed. In the second case only the command was killed. */
static bool was_killed(const struct tree_end *end)
{
    return end->code == (end->signalled ? SIGKILL : 128 + SIGKILL);
}

/* Judges an end that Cairn did not cause. A killed process has not failed. While the host is being
 * shut down, nothing counts as failed, because a program's reaction to the end of its parts is no
 * result. */
static void judge_by_itself(const struct supervisor *s, struct attempt_end *out)
{
    const char *message = "";
    if (!s->step.end.signalled && s->step.end.code == 0) {
        out->cause = CAUSE_SUCCESS;
    } else if (s->ended_in_preemption) {
        out->cause = CAUSE_PREEMPTED;
        message = "it ended while it was being stopped, before its image was complete";
    } else if (!was_killed(&s->step.end)) {
        out->cause = CAUSE_FAILURE;
    } else if (oom_happened(&s->oom)) {
        out->cause = CAUSE_OOM;
        message = "the kernel killed a process of the step for lack of memory";
    } else {
        out->cause = CAUSE_KILLED;
        message = s->step.tree_lost       ? "its pid 1 received SIGKILL"
                  : s->step.end.signalled ? "it received SIGKILL, which Cairn did not send"
                                          : "a process of it received SIGKILL (exit code 137)";
    }
    snprintf(out->message, sizeof out->message, "%s", message);
}

void supervisor_judge(const struct supervisor *s, struct attempt_end *out)
{
    *out = (struct attempt_end){
        .cause = s->step.ending.cause,
        .exit_code = s->step.end.signalled ? -1 : s->step.end.code,
        .signal = s->step.end.signalled ? s->step.end.code : 0,
        .running_ms = running_ms(&s->step.clock),
        .image = s->step.ending.begun ? s->step.ending.image : -1,
    };
    if (s->step.ending.begun)
        snprintf(out->message, sizeof out->message, "%s", s->step.ending.message);
    else
        judge_by_itself(s, out);
    if (s->terminal.log_failed)
        snprintf(out->message + strlen(out->message), sizeof out->message - strlen(out->message),
                 "%ssome of the terminal's output could not be written to its log",
                 out->message[0] ? "; " : "");
}
