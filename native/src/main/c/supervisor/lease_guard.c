#include "supervisor/lease_guard.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "supervisor/clock.h"

#define FREEZE_AGAIN_MS 1000

/* The killing thread. A main thread that waits for a dead file server cannot freeze the step, and
 * some processes cannot be frozen (task/freeze.h). This thread waits for half of the time until
 * another supervisor may take the lease, then kills the step. */
static void *kill_what_is_not_frozen(void *context)
{
    struct lease_guard *g = context;
    const struct lease_spec *times = g->lease->times;
    const int64_t patience = (times->take_ms - times->freeze_ms) / 2;
    int64_t since = NEVER; /* counted from when this process notices, because it may have slept as
                            * well */
    for (;;) {
        int64_t left = times->freeze_ms - lease_silent_ms(g->lease);
        if (left > 0 || g->lease->step_frozen)
            since = NEVER;
        else if (since == NEVER)
            since = clock_now_ms();
        else if (clock_now_ms() - since >= patience)
            break;
        poll(NULL, 0, (int)(left > 0 ? left : patience / 8 + 1));
    }
    g->killed = true;
    const struct tree *t = &g->tree;
    cairn_error nobody_left;
    if (t->namespaces || tree_signal(t, SIGKILL, true, &nobody_left) == 0)
        syscall(SYS_pidfd_send_signal, t->init_pidfd, SIGKILL, NULL, 0);
    return NULL;
}

static void on_event(void *context, uint32_t events)
{
    (void)events;
    uint64_t count;
    struct loop_source *source = context;
    /* The timer only had to end the loop's wait: lease_guard_check comes next. */
    if (read(source->fd, &count, sizeof count) < 0)
        return;
}

static int listen_to(struct loop *loop, struct loop_source *source, int fd, cairn_error *err)
{
    *source = (struct loop_source){.fd = fd, .ready = on_event, .context = source};
    return loop_add(loop, source, EPOLLIN, err);
}

int lease_guard_open(struct lease_guard *g, struct lease *lease, const struct tree *tree,
                     struct loop *loop, cairn_error *err)
{
    g->lease = lease;
    if (!lease->times)
        return 0;
    g->tree = *tree;
    g->tree.init_pidfd = fcntl(tree->init_pidfd, F_DUPFD_CLOEXEC, 0);
    if (g->tree.init_pidfd < 0)
        return cairn_fail_errno(err, "duplicating a descriptor");
    int alarm = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (alarm < 0)
        return cairn_fail_errno(err, "timerfd_create");
    int rc = listen_to(loop, &g->alarm, alarm, err);
    if (rc == 0)
        rc = listen_to(loop, &g->checked, lease->checked_fd, err);
    if (rc != 0)
        return rc;
    int failed = pthread_create(&g->killer, NULL, kill_what_is_not_frozen, g);
    return failed == 0 ? 0
                       : cairn_fail(err, failed, "starting the thread that guards the lease: %s",
                                    strerror(failed));
}

static void set_alarm(struct lease_guard *g, int64_t at)
{
    const struct itimerspec when = {.it_value = {at / 1000, at % 1000 * 1000000}};
    timerfd_settime(g->alarm.fd, TFD_TIMER_ABSTIME, &when, NULL);
}

void lease_guard_froze(struct lease_guard *g, const cairn_error *failure)
{
    if (failure) {
        if (!g->killed)
            g->why_not = *failure;
        set_alarm(g, clock_boot_ms() + FREEZE_AGAIN_MS);
        return;
    }
    g->frozen_since = clock_boot_ms();
    lease_check_now(g->lease, true);
}

static enum guard_verdict thaw(struct lease_guard *g)
{
    lease_check_now(g->lease, false); /* before anything runs */
    g->frozen_ms = clock_boot_ms() - g->frozen_since;
    return GUARD_THAW;
}

enum guard_verdict lease_guard_check(struct lease_guard *g, bool frozen, bool ending)
{
    const struct lease *l = g->lease;
    if (!l->times)
        return GUARD_CONTINUE;
    if (l->lost) {
        snprintf(g->message, sizeof g->message, "%s", l->why_lost);
        return GUARD_END;
    }
    if (lease_is_held(l)) {
        set_alarm(g, l->renewed_at + l->times->freeze_ms);
        return frozen ? thaw(g) : GUARD_CONTINUE;
    }
    if (ending) /* without the lease the step must not run on, not even to its end */
        return GUARD_END;
    return frozen ? GUARD_CONTINUE : GUARD_FREEZE;
}

bool lease_guard_step_ended(struct lease_guard *g)
{
    g->lease->step_frozen = true;
    if (!g->killed)
        return false;
    snprintf(g->message, sizeof g->message,
             "it was killed: its lease was not renewed, and it could not be frozen%s%.300s",
             g->why_not.code ? ": " : "", g->why_not.message);
    return true;
}
