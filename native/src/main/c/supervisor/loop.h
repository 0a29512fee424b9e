/* The event loop of the supervisor's main thread. */
#ifndef CAIRN_SUPERVISOR_LOOP_H
#define CAIRN_SUPERVISOR_LOOP_H

#include <stdint.h>
#include <sys/epoll.h>

#include "common/error.h"

struct loop {
    int epoll_fd;
};

/* A descriptor to wait for. It must live as long as it is in the loop. */
struct loop_source {
    int fd;
    void (*ready)(void *context, uint32_t events);
    void *context;
};

CAIRN_CHECKED int loop_open(struct loop *l, cairn_error *err);
CAIRN_CHECKED int loop_add(struct loop *l, struct loop_source *s, uint32_t events,
                           cairn_error *err);
void loop_change(struct loop *l, struct loop_source *s, uint32_t events);
void loop_remove(struct loop *l, struct loop_source *s);

/* Waits until a source is ready or clock_now_ms() reaches `until`. Handles at most one source,
 * because a handler may remove any other. */
CAIRN_CHECKED int loop_turn(struct loop *l, int64_t until, cairn_error *err);

#endif
