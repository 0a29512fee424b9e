/* The step while it runs: its process tree, its running time, why it is frozen and how it is being
 * ended. Checkpoints and requests act on the step through these functions. Call them only on the
 * thread that made the tree. */
#ifndef CAIRN_SUPERVISOR_RUNNING_STEP_H
#define CAIRN_SUPERVISOR_RUNNING_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "journal/journal.h"
#include "sandbox/tree.h"
#include "supervisor/cause.h"
#include "supervisor/clock.h"

/* The step is being ended. */
struct ending {
    bool begun;
    bool killed; /* the supervisor has sent SIGKILL */
    enum cause cause;
    int64_t kill_at; /* clock_now_ms() */
    int64_t image;   /* exit code with which the step was stopped, or -1 */
    char message[600];
};

/* Why the tree is frozen. It is thawed when no reason is left. */
enum {
    FROZEN_BY_REQUEST = 1,
    FROZEN_BY_LEASE = 2,
    FROZEN_FOR_MEMORY = 4, /* until an image is written */
};

struct running_step {
    struct tree tree;
    struct journal *journal; /* NULL: the step's file changes are not recorded */
    struct running_clock clock;
    unsigned frozen; /* FROZEN_BY_* */
    bool root_ended;
    bool tree_lost;      /* pid 1 is gone, or cannot be signalled */
    struct tree_end end; /* once root_ended */
    struct ending ending;
};

/* Whether the step has ended or is being ended. Then no further checkpoint begins. */
bool step_is_over(const struct running_step *step);

/* Sends SIGTERM to every process of the step, and sets the time for SIGKILL. A later call can only
 * make that time earlier. The first cause stays. */
void step_end(struct running_step *step, enum cause cause, int64_t grace_ms, const char *message);

/* Sends SIGKILL at once, without SIGTERM, because the step was stopped with this image. The first
 * cause stays. */
void step_kill(struct running_step *step, enum cause cause, int64_t image, const char *message);

/* Sends SIGKILL to a step that is being ended. */
void step_kill_now(struct running_step *step);

/* Stops the whole tree and its running time, for a FROZEN_BY_* reason. */
CAIRN_CHECKED int step_freeze(struct running_step *step, unsigned why, cairn_error *err);
/* Takes reasons away. */
void step_thaw(struct running_step *step, unsigned why);

#endif
