#include "supervisor/interval.h"

#include <math.h>
#include <stdbool.h>

#define GUESSED_COST 500.0  /* before anything was measured */
#define FIRST_AT_MOST 30000 /* soon enough to measure, late enough not to disturb a short step */
#define SHORTEST 1000       /* of the automatic interval */
#define LONGEST (60 * 60 * 1000) /* bounds of the automatic interval and of any back-off */
#define DURATIONS_APART 20       /* checkpoints take at most a 20th of the time */
#define SOON 2000
#define MOST_DOUBLINGS 10

void interval_init(struct interval *i, int64_t every, int64_t mtbf)
{
    *i = (struct interval){.every = every, .mtbf = mtbf, .cost = -1};
}

void interval_measured(struct interval *i, double pause, int64_t took, double share)
{
    double cost = pause + ((double)took - pause) * share;
    i->cost = i->cost < 0 ? cost : (i->cost + cost) / 2;
    i->took = took;
    i->failures = 0;
}

void interval_failed(struct interval *i)
{
    i->failures++;
}

/* Young's and Daly's optimum to first order: sqrt(2 * cost * mtbf). */
static int64_t optimum(const struct interval *i)
{
    bool measured = i->cost >= 0;
    int64_t wait = (int64_t)sqrt(2 * (measured ? i->cost : GUESSED_COST) * (double)i->mtbf);
    int64_t most = measured ? LONGEST : FIRST_AT_MOST;
    int64_t least = i->took * DURATIONS_APART > SHORTEST ? i->took * DURATIONS_APART : SHORTEST;
    if (wait > most)
        wait = most;
    return wait < least ? least : wait;
}

static int64_t doubled(int64_t wait, unsigned times)
{
    for (unsigned n = 0; n < times && n < MOST_DOUBLINGS && wait < LONGEST; n++)
        wait *= 2;
    return wait;
}

int64_t interval_next(const struct interval *i, int retry_soon)
{
    if (i->every == INTERVAL_NEVER)
        return INTERVAL_NEVER;
    int64_t wait = i->every == INTERVAL_AUTO ? optimum(i) : i->every;
    if (i->failures == 0)
        return wait;
    if (!retry_soon)
        return doubled(wait, i->failures);
    int64_t soon = doubled(SOON, i->failures - 1);
    return soon < wait ? soon : wait;
}
