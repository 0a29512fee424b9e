#include "supervisor/lease_guard.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "supervisor/supervisor.h"

#define FREEZE_AGAIN_MS 1000

/* A main thread that waits for a dead file server freezes nobody, and some processes cannot be
 * frozen (task/freeze.h). Half of the time until somebody may take the lease is left for that. */
static void *kill_what_runs_on(void *context)
{
    struct supervisor *s = context;
    const struct lease_spec *times = s->lease.times;
    const int64_t patience = (times->take_ms - times->freeze_ms) / 2;
    int64_t since = NEVER; /* counted from when we see it: we may have slept as well */
    for (;;) {
        int64_t left = times->freeze_ms - lease_silent_ms(&s->lease);
        if (left > 0 || s->lease.step_frozen)
            since = NEVER;
        else if (since == NEVER)
            since = clock_now_ms();
        else if (clock_now_ms() - since >= patience)
            break;
        poll(NULL, 0, (int)(left > 0 ? left : patience / 8 + 1));
    }
    s->guard.killed = true;
    const struct tree *t = &s->guard.tree;
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
    /* That we were woken is all: guard_check looks for itself. */
    if (read(source->fd, &count, sizeof count) < 0)
        return;
}

static int listen_to(struct supervisor *s, struct loop_source *source, int fd, cairn_error *err)
{
    *source = (struct loop_source){.fd = fd, .ready = on_event, .context = source};
    return loop_add(&s->loop, source, EPOLLIN, err);
}

int guard_open(struct supervisor *s, cairn_error *err)
{
    struct guard *g = &s->guard;
    if (!s->lease.times)
        return 0;
    g->tree = s->tree;
    g->tree.init_pidfd = fcntl(s->tree.init_pidfd, F_DUPFD_CLOEXEC, 0);
    if (g->tree.init_pidfd < 0)
        return cairn_fail_errno(err, "duplicating a descriptor");
    int alarm = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (alarm < 0)
        return cairn_fail_errno(err, "timerfd_create");
    int rc = listen_to(s, &g->alarm, alarm, err);
    if (rc == 0)
        rc = listen_to(s, &g->news, s->lease.checked_fd, err);
    if (rc != 0)
        return rc;
    int failed = pthread_create(&g->last_resort, NULL, kill_what_runs_on, s);
    return failed == 0 ? 0
                       : cairn_fail(err, failed, "starting the thread that guards the lease: %s",
                                    strerror(failed));
}

static void set_alarm(struct guard *g, int64_t at)
{
    const struct itimerspec when = {.it_value = {at / 1000, at % 1000 * 1000000}};
    timerfd_settime(g->alarm.fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void stand(struct supervisor *s)
{
    struct guard *g = &s->guard;
    cairn_error error;
    if (supervisor_freeze(s, FROZEN_BY_LEASE, &error) != 0) {
        if (!g->killed)
            g->why_not = error;
        set_alarm(g, clock_boot_ms() + FREEZE_AGAIN_MS);
        return;
    }
    g->stood_since = clock_boot_ms();
    lease_check_now(&s->lease, true);
}

/* Told afterwards, when there is somewhere to write to. */
static void journal(struct supervisor *s, const char *what, int64_t figure)
{
    char at[UTC_TEXT_BYTES];
    clock_utc_text(at);
    json_t *line = json_pack("{s:I, s:s}", what, (json_int_t)figure, "at", at);
    cairn_error ignored; /* a full disk must not cost the step */
    int rc = attempt_journal(&s->attempt, line, &ignored);
    (void)rc;
    json_decref(line);
}

static void go_on(struct supervisor *s)
{
    lease_check_now(&s->lease, false);
    supervisor_thaw(s, FROZEN_BY_LEASE);
    journal(s, "stood_still_ms", clock_boot_ms() - s->guard.stood_since);
    checkpoint_go_on(s);
}

static void journal_recreations(struct supervisor *s)
{
    int recreated = s->lease.recreated;
    if (recreated != s->guard.recreations_told)
        journal(s, "lease_recreated", recreated);
    s->guard.recreations_told = recreated;
}

void guard_check(struct supervisor *s)
{
    struct lease *l = &s->lease;
    if (!l->times || s->ending.killed)
        return;
    bool stands = s->frozen & FROZEN_BY_LEASE;
    journal_recreations(s);
    if (l->lost) {
        supervisor_end(s, CAUSE_LOST, 0, l->why_lost);
    } else if (!lease_is_held(l) && s->ending.begun) {
        /* it must not run any more, not even to its end */
        supervisor_end(s, s->ending.cause, 0, "");
    } else if (!lease_is_held(l) && !stands) {
        stand(s);
    } else if (lease_is_held(l)) {
        if (stands)
            go_on(s);
        set_alarm(&s->guard, l->renewed_at + l->times->freeze_ms);
    }
}

void guard_step_ended(struct supervisor *s)
{
    struct guard *g = &s->guard;
    s->lease.step_frozen = true;
    if (!g->killed || s->ending.begun)
        return;
    s->ending = (struct ending){.begun = true, .killed = true, .cause = CAUSE_LOST, .image = -1};
    snprintf(s->ending.message, sizeof s->ending.message,
             "it was killed: its lease was not renewed, and it could not be frozen%s%.300s",
             g->why_not.code ? ": " : "", g->why_not.message);
}
