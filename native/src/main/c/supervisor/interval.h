/* Computes when the next checkpoint by interval is due. Without side effects; all times are ms of
 * running time. */
#ifndef CAIRN_SUPERVISOR_INTERVAL_H
#define CAIRN_SUPERVISOR_INTERVAL_H

#include <stdint.h>

#define INTERVAL_AUTO 0
#define INTERVAL_NEVER (-1)

struct interval {
    int64_t every; /* > 0, INTERVAL_AUTO or INTERVAL_NEVER */
    int64_t mtbf;  /* mean time between failures, > 0 */
    double cost;   /* running mean of the time that a checkpoint takes from the step; < 0 before the
                    * first */
    int64_t took;  /* time from the request for the newest image to its publication */
    unsigned failures; /* in a row */
};

void interval_init(struct interval *i, int64_t every, int64_t mtbf);

/* Call it when a checkpoint was published. It paused the step for `pause`, took `took` in all, and
 * used `share` (0 to 1) of the CPUs. */
void interval_measured(struct interval *i, double pause, int64_t took, double share);

/* A checkpoint failed. */
void interval_failed(struct interval *i);

/* The time from the last checkpoint (or the start) to the next; negative for never. It doubles
 * after each failure, but is short at first if `retry_soon`: the obstacle was temporary. */
int64_t interval_next(const struct interval *i, int retry_soon);

#endif
