/* How much memory is left before the kernel kills something. While an image is written beside the
 * running step, every page that the step changes is there twice; in the worst case all are. */
#ifndef CAIRN_SUPERVISOR_HEADROOM_H
#define CAIRN_SUPERVISOR_HEADROOM_H

#include <stdbool.h>
#include <stdint.h>

struct headroom {
    int64_t left;   /* bytes, within the limit that is nearest */
    int64_t needed; /* below it there is too little for a snapshot */
    int64_t limit;
    char of[300]; /* whose limit it is */
};

/* The memory left in all control groups of this process and on the host. step_bytes: what a
 * snapshot can double, tree_private_bytes. */
void headroom_read(struct headroom *out, int64_t step_bytes);

bool headroom_is_low(const struct headroom *h);

/* When it may have become low, in ms from now. */
int64_t headroom_look_again_ms(const struct headroom *h);

/* Why no snapshot can be kept, for people. */
void headroom_say(const struct headroom *h, char *out, int size);

#endif
