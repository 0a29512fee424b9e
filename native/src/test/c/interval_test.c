/* When the next checkpoint by interval is due. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "supervisor/interval.h"

#define SECOND 1000LL
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static struct interval automatic(int64_t mtbf)
{
    struct interval i;
    interval_init(&i, INTERVAL_AUTO, mtbf);
    return i;
}

static void never_is_never(void **state)
{
    (void)state;
    struct interval i;
    interval_init(&i, INTERVAL_NEVER, DAY);
    interval_failed(&i);
    assert_true(interval_next(&i, 1) < 0);
}

static void a_given_interval_is_kept(void **state)
{
    (void)state;
    struct interval i;
    interval_init(&i, 10 * MINUTE, DAY);
    assert_int_equal(interval_next(&i, 0), 10 * MINUTE);
    interval_measured(&i, 10, 5 * MINUTE, 1);
    assert_int_equal(interval_next(&i, 0), 10 * MINUTE);
}

static void the_first_automatic_one_measures(void **state)
{
    (void)state;
    struct interval usual = automatic(DAY), frequent = automatic(10 * SECOND);
    assert_int_equal(interval_next(&usual, 0), 30 * SECOND);
    assert_in_range(interval_next(&frequent, 0), 1 * SECOND, 10 * SECOND);
}

static void then_it_is_young_and_dalys(void **state)
{
    (void)state;
    struct interval i = automatic(DAY);
    interval_measured(&i, 1 * SECOND, 1 * SECOND, 1);
    /* sqrt(2 * 1 s * 86400 s) = 415.7 s */
    assert_in_range(interval_next(&i, 0), 415 * SECOND, 416 * SECOND);
}

static void what_is_written_beside_the_step_costs_its_share(void **state)
{
    (void)state;
    struct interval alone = automatic(DAY), beside = automatic(DAY);
    interval_measured(&alone, 0, 4 * SECOND, 1);
    interval_measured(&beside, 0, 4 * SECOND, 0.25);
    assert_in_range(interval_next(&alone, 0), 2 * interval_next(&beside, 0) - 2,
                    2 * interval_next(&beside, 0) + 2);
}

static void checkpoints_never_take_more_than_a_twentieth(void **state)
{
    (void)state;
    struct interval i = automatic(1 * MINUTE);
    interval_measured(&i, 0, 10 * MINUTE, 0.5);
    assert_int_equal(interval_next(&i, 0), 200 * MINUTE);
}

static void an_hour_is_the_longest(void **state)
{
    (void)state;
    struct interval i = automatic(1000 * DAY);
    interval_measured(&i, 1 * SECOND, 10 * SECOND, 0.5);
    assert_int_equal(interval_next(&i, 0), HOUR);
}

static void failures_are_tried_again_less_and_less_often(void **state)
{
    (void)state;
    struct interval i;
    interval_init(&i, MINUTE, DAY);
    int64_t last = 0;
    for (int n = 0; n < 20; n++) {
        interval_failed(&i);
        assert_true(interval_next(&i, 0) >= last);
        last = interval_next(&i, 0);
    }
    assert_in_range(last, HOUR, 2 * HOUR);
    interval_measured(&i, 1, 1, 1);
    assert_int_equal(interval_next(&i, 0), MINUTE);
}

static void what_fails_for_the_moment_is_tried_again_soon(void **state)
{
    (void)state;
    struct interval i;
    interval_init(&i, HOUR, DAY);
    interval_failed(&i);
    assert_int_equal(interval_next(&i, 1), 2 * SECOND);
    interval_failed(&i);
    assert_int_equal(interval_next(&i, 1), 4 * SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_is_never),
        cmocka_unit_test(a_given_interval_is_kept),
        cmocka_unit_test(the_first_automatic_one_measures),
        cmocka_unit_test(then_it_is_young_and_dalys),
        cmocka_unit_test(what_is_written_beside_the_step_costs_its_share),
        cmocka_unit_test(checkpoints_never_take_more_than_a_twentieth),
        cmocka_unit_test(an_hour_is_the_longest),
        cmocka_unit_test(failures_are_tried_again_less_and_less_often),
        cmocka_unit_test(what_fails_for_the_moment_is_tried_again_soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
