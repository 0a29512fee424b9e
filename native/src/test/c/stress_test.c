/* Captures without end of a step that works among threads, children and signals; in several lives.
 * What it works out has to be what it works out undisturbed (victims/stress.c).
 *
 * stress_test [CAPTURES_PER_LIFE] */
#include "capture_fixture.h"

#define LIVES 4
static int captures_per_life = 15;

static int start_or_restore(struct life *l, const struct home *home, int number, cairn_error *err)
{
    static char name[] = "works_among_threads_children_and_signals", *argv[3];
    argv[0] = reachable(CAIRN_VICTIM);
    argv[1] = name;
    return number > 0 ? life_resume(l, home, (uint32_t)(number * captures_per_life), err)
                      : life_start(l, home, argv, err);
}

static int one_life(const struct home *home, const void *argument)
{
    int number = *(const int *)argument;
    cairn_error err = {0};
    struct life l;
    LIVE(start_or_restore(&l, home, number, &err), &err);
    for (int i = 1; i <= captures_per_life; i++) {
        char old[16];
        uint32_t sequence = (uint32_t)(number * captures_per_life + i);
        if (life_check(life_capture_patiently(&l, sequence, &err), &err, "capturing") != 0) {
            life_show_log(&l);
            return -1;
        }
        snprintf(old, sizeof old, "%06u", sequence - 1);
        LIVE(cairn_remove_tree(home->checkpoints, old, &err), &err);
    }
    int rc = number < LIVES - 1 ? 0 : life_finish(&l);
    tree_destroy(&l.tree);
    return rc;
}

static void works_out_the_same_over_all_its_lives(void **state)
{
    (void)state;
    struct home home;
    home_open(&home, geteuid());
    for (int number = 0; number < LIVES; number++)
        assert_int_equal(0, live(&home, one_life, &number));
    home_close(&home);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        captures_per_life = atoi(argv[1]);
    reachable(CAIRN_VICTIM);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(works_out_the_same_over_all_its_lives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
