/* Tells how much memory is left before the kernel kills a process. While an image is written beside
 * the running step, every page that the step changes exists twice; in the worst case that is every
 * page. */
#ifndef CAIRN_SUPERVISOR_HEADROOM_H
#define CAIRN_SUPERVISOR_HEADROOM_H

#include <stdbool.h>
#include <stdint.h>

struct headroom {
    int64_t left;   /* free bytes, within the nearest limit */
    int64_t needed; /* free bytes below which a snapshot is not safe */
    int64_t limit;
    char of[300]; /* whose limit it is */
};

/* Reads the memory left in all control groups of this process and on the host. step_bytes: what a
 * snapshot can double, tree_private_bytes. */
void headroom_read(struct headroom *out, int64_t step_bytes);

bool headroom_is_low(const struct headroom *h);

/* In how many ms the memory may have become low. */
int64_t headroom_look_again_ms(const struct headroom *h);

/* The reason why no snapshot can be kept, for people. */
void headroom_say(const struct headroom *h, char *out, int size);

#endif
