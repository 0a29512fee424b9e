#include "supervisor/running_step.h"

#include <signal.h>
#include <stdio.h>

bool step_is_over(const struct running_step *step)
{
    return step->root_ended || step->ending.begun;
}

void step_end(struct running_step *step, enum cause cause, int64_t grace_ms, const char *message)
{
    struct ending *e = &step->ending;
    int64_t kill_at = clock_now_ms() + grace_ms;
    if (e->begun) {
        if (kill_at < e->kill_at)
            e->kill_at = kill_at;
        return;
    }
    *e = (struct ending){.begun = true, .cause = cause, .kill_at = kill_at, .image = -1};
    snprintf(e->message, sizeof e->message, "%s", message);
    cairn_error ignored; /* a tree that cannot be asked to end is killed after the grace period */
    step_thaw(step, FROZEN_BY_REQUEST | FROZEN_FOR_MEMORY);
    if (grace_ms > 0 && tree_signal(&step->tree, SIGTERM, true, &ignored) != 0)
        e->kill_at = clock_now_ms();
}

void step_kill_now(struct running_step *step)
{
    step->ending.killed = true;
    step->ending.kill_at = NEVER;
    cairn_error ignored; /* tree_destroy follows in any case */
    if (tree_signal(&step->tree, SIGKILL, true, &ignored) != 0)
        step->tree_lost = true;
    /* Pid 1 learns of the end of a frozen process only after the thaw. */
    step_thaw(step, FROZEN_BY_REQUEST | FROZEN_BY_LEASE | FROZEN_FOR_MEMORY);
}

void step_kill(struct running_step *step, enum cause cause, int64_t image, const char *message)
{
    struct ending *e = &step->ending;
    if (!e->begun) {
        *e = (struct ending){.begun = true, .cause = cause};
        snprintf(e->message, sizeof e->message, "%s", message);
    }
    e->image = image;
    step_kill_now(step);
}

int step_freeze(struct running_step *step, unsigned why, cairn_error *err)
{
    int rc = tree_freeze(&step->tree, err);
    if (rc == 0) {
        step->frozen |= why;
        running_stop(&step->clock);
    }
    return rc;
}

void step_thaw(struct running_step *step, unsigned why)
{
    bool was_frozen = step->frozen;
    step->frozen &= ~why;
    if (!was_frozen || step->frozen)
        return;
    tree_thaw(&step->tree);
    running_start(&step->clock);
}
