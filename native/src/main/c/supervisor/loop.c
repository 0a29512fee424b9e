#include "supervisor/loop.h"

#include <errno.h>

#include "supervisor/clock.h"

#define LONGEST_WAIT_MS 60000

int loop_open(struct loop *l, cairn_error *err)
{
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    return l->epoll_fd < 0 ? cairn_fail_errno(err, "epoll_create1") : 0;
}

static int control(struct loop *l, int op, struct loop_source *s, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = s};
    return epoll_ctl(l->epoll_fd, op, s->fd, &event);
}

int loop_add(struct loop *l, struct loop_source *s, uint32_t events, cairn_error *err)
{
    return control(l, EPOLL_CTL_ADD, s, events) < 0 ? cairn_fail_errno(err, "epoll_ctl") : 0;
}

void loop_change(struct loop *l, struct loop_source *s, uint32_t events)
{
    control(l, EPOLL_CTL_MOD, s, events);
}

void loop_remove(struct loop *l, struct loop_source *s)
{
    control(l, EPOLL_CTL_DEL, s, 0);
}

int loop_turn(struct loop *l, int64_t until, cairn_error *err)
{
    int64_t wait = until == NEVER ? LONGEST_WAIT_MS : until - clock_now_ms();
    if (wait > LONGEST_WAIT_MS)
        wait = LONGEST_WAIT_MS;
    struct epoll_event event;
    int n = epoll_wait(l->epoll_fd, &event, 1, wait < 0 ? 0 : (int)wait);
    if (n < 0)
        return errno == EINTR ? 0 : cairn_fail_errno(err, "epoll_wait");
    if (n == 1) {
        struct loop_source *s = event.data.ptr;
        s->ready(s->context, event.events);
    }
    return 0;
}
