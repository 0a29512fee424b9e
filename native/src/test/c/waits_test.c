/* A step that waits, under checkpoints that come more often than its waits end, in one life and in
 * several. What it asks of itself: victims/waits.c. */
#include "capture_fixture.h"

#include <time.h>

#include "task/waits.h"

#define WAIT_MS 2500 /* of the victim */
#define BETWEEN_CAPTURES_MS 200
#define LATE_IN_THE_WAIT_MS 2000
#define BETWEEN_LIVES_MS 2000 /* which the victim's clocks must not show */
#define OVERDUE_CAPTURES 5    /* sooner than a wait begun anew would end */

static int64_t now_ms(void)
{
    return wait_clock_ns() / 1000000;
}

static void pass_time(int ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&time, &time) < 0 && errno == EINTR) {
    }
}

static int start_victim(struct life *l, const struct home *home, cairn_error *err)
{
    static char program[] = CAIRN_VICTIM, name[] = "waits_no_longer_than_it_asked_for";
    static char *argv[] = {program, name, NULL};
    return life_start(l, home, argv, err);
}

/* Captures again and again until the victim has ended, as it has to, well; its waits have been
 * stopped before and have `left_ms` at most. Each capture has every thread of it run, however busy
 * the machine: few of them are enough for it to end once its time is over. */
static int capture_until_its_end(struct life *l, uint32_t sequence, int left_ms)
{
    cairn_error err = {0};
    int64_t over = now_ms() + left_ms;
    int go = openat(l->home->work, "go", O_WRONLY | O_CLOEXEC);
    if (go < 0 || write(go, "g", 1) != 1)
        return -1;
    close(go); /* no capture may meet a fifo whose other end is ours */
    struct tree_end end = {0};
    int ended = 0;
    for (int overdue = 0; ended == 0 && overdue < OVERDUE_CAPTURES;) {
        struct pollfd status = {l->tree.status_fd, POLLIN, 0};
        overdue += now_ms() > over;
        int rc = life_capture(l, sequence++, &err);
        poll(&status, 1, BETWEEN_CAPTURES_MS);
        ended = tree_status(&l->tree, &end, &err);
        if (rc != 0 && ended == 0)
            return life_check(rc, &err, "capturing");
    }
    if (ended == 1 && !end.signalled && end.code == 0)
        return 0;
    fprintf(stderr, "the victim %s\n", ended ? "has failed" : "waits longer than it asked for");
    life_show_log(l);
    return -1;
}

static int live_once(const struct home *home, const void *unused)
{
    (void)unused;
    cairn_error err = {0};
    struct life l;
    LIVE(start_victim(&l, home, &err), &err);
    LIVE(life_capture(&l, 1, &err), &err);
    int rc = capture_until_its_end(&l, 2, WAIT_MS);
    tree_destroy(&l.tree);
    return rc;
}

static int first_life(const struct home *home, const void *unused)
{
    (void)unused;
    cairn_error err = {0};
    struct life l;
    LIVE(start_victim(&l, home, &err), &err);
    LIVE(life_capture(&l, 1, &err), &err);
    pass_time(LATE_IN_THE_WAIT_MS);
    LIVE(life_capture(&l, 2, &err), &err);
    tree_destroy(&l.tree);
    return 0;
}

static int second_life(const struct home *home, const void *unused)
{
    (void)unused;
    return live_next(home, 2);
}

static int last_life(const struct home *home, const void *unused)
{
    (void)unused;
    cairn_error err = {0};
    struct life l;
    LIVE(life_resume(&l, home, 3, &err), &err);
    int rc = capture_until_its_end(&l, 4, WAIT_MS - LATE_IN_THE_WAIT_MS);
    tree_destroy(&l.tree);
    return rc;
}

/* Frozen and let go, as a lease guard does: no capture, and nothing to be seen of it either. */
static int be_frozen(const struct home *home, const void *unused)
{
    (void)unused;
    cairn_error err = {0};
    struct life l;
    LIVE(start_victim(&l, home, &err), &err);
    for (int i = 0; i < 5; i++) {
        LIVE(tree_freeze(&l.tree, &err), &err);
        tree_thaw(&l.tree);
        pass_time(50);
    }
    int rc = capture_until_its_end(&l, 1, WAIT_MS);
    tree_destroy(&l.tree);
    return rc;
}

static void end_in_time_under_checkpoints(void **state)
{
    (void)state;
    struct home home;
    home_open(&home, geteuid());
    assert_int_equal(0, live(&home, live_once, NULL));
    home_close(&home);
}

static int64_t waited_ms(const struct home *home)
{
    auto_free char *log = NULL;
    long long ms;
    assert_int_equal(0, io_read_file(home->work, "log", 4096, &log, NULL, NULL));
    assert_int_equal(1, sscanf(log, "waited for %lld ms", &ms));
    return ms;
}

static void end_in_time_over_several_lives(void **state)
{
    (void)state;
    struct home home;
    home_open(&home, geteuid());
    int64_t begun = now_ms();
    assert_int_equal(0, live(&home, first_life, NULL));
    pass_time(BETWEEN_LIVES_MS);
    assert_int_equal(0, live(&home, second_life, NULL));
    pass_time(BETWEEN_LIVES_MS);
    assert_int_equal(0, live(&home, last_life, NULL));
    assert_true(waited_ms(&home) <= now_ms() - begun - 2 * BETWEEN_LIVES_MS);
    home_close(&home);
}

static void end_in_time_though_frozen(void **state)
{
    (void)state;
    struct home home;
    home_open(&home, geteuid());
    assert_int_equal(0, live(&home, be_frozen, NULL));
    home_close(&home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(end_in_time_under_checkpoints),
        cmocka_unit_test(end_in_time_over_several_lives),
        cmocka_unit_test(end_in_time_though_frozen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
