/* After any change of a step's outputs since a checkpoint, a roll-back restores them.
 * Random changes by seed; CAIRN_SEED=n runs one. */
#include "rollback_world.h"

#define SEEDS 60

static uint64_t first_seed(void)
{
    const char *seed = getenv("CAIRN_SEED");
    return seed ? strtoull(seed, NULL, 10) : 1;
}

static uint64_t last_seed(uint64_t n)
{
    return getenv("CAIRN_SEED") ? first_seed() : n;
}

static void expect_tree(struct world *w, const char *expected, const char *when, uint64_t seed)
{
    char *found = tree_text(w->fd, "out");
    if (strcmp(found, expected) != 0)
        fail_msg("seed %llu, %s\nexpected:\n%sfound:\n%s", (unsigned long long)seed, when, expected,
                 found);
    free(found);
}

static void change_a_little(struct world *w)
{
    change_much(w, pick(w, 10));
}

static void expect_restored(void (*open_world)(struct world *, uint64_t), uint64_t last)
{
    for (uint64_t seed = first_seed(); seed <= last; seed++) {
        struct world w;
        cairn_error err;
        open_world(&w, seed);
        change_much(&w, 60);
        if (seed % 3 == 0)
            let_times_settle(&w);
        char *before = tree_text(w.fd, "out");
        json_t *record = checkpoint(&w, 1, -1, NULL, NULL, 0, seed % 2 ? change_a_little : NULL);
        change_much(&w, 1 + pick(&w, 60));
        char *after = tree_text(w.fd, "out");
        expect_ok(check(&w, 1, record, &err), &err);
        expect_tree(&w, after, "a check touched the tree", seed);
        expect_ok(roll_back(&w, 1, record, &err), &err);
        expect_tree(&w, before, "after the roll-back", seed);
        expect_ok(roll_back(&w, 1, record, &err), &err);
        expect_tree(&w, before, "after a second roll-back", seed);
        free(before);
        free(after);
        json_decref(record);
        world_close(&w);
    }
}

static void restores_whatever_was_changed(void **state)
{
    (void)state;
    expect_restored(world_open, last_seed(SEEDS));
}

static void restores_across_file_systems(void **state)
{
    (void)state;
    expect_restored(world_open_apart, last_seed(SEEDS / 3));
}

#define IMAGES 4

static void remove_image(struct world *w, unsigned sequence)
{
    char path[128];
    snprintf(path, sizeof path, "%s/checkpoints/%06u", w->dir, sequence);
    remove_tree(path);
}

/* Later images share copies with earlier ones, which retention deletes; the ladder goes down from
 * the newest. */
static void restores_any_surviving_image(void **state)
{
    (void)state;
    for (uint64_t seed = first_seed(); seed <= last_seed(SEEDS / 3); seed++) {
        struct world w;
        cairn_error err;
        char *before[IMAGES];
        json_t *record[IMAGES];
        world_open(&w, seed + 1000);
        change_much(&w, 60);
        for (unsigned i = 0; i < IMAGES; i++) {
            change_much(&w, 5);
            if (seed % 2 == 0)
                let_times_settle(&w);
            before[i] = tree_text(w.fd, "out");
            record[i] = checkpoint(&w, i, (int64_t)i - 1, NULL, NULL, 0, NULL);
        }
        unsigned deleted = pick(&w, IMAGES);
        for (unsigned i = 0; i < deleted; i++)
            remove_image(&w, i);
        for (unsigned i = IMAGES; i-- > deleted;) {
            change_much(&w, 10);
            expect_ok(roll_back(&w, i, record[i], &err), &err);
            expect_tree(&w, before[i], "after the roll-back", seed);
        }
        for (unsigned i = 0; i < IMAGES; i++) {
            free(before[i]);
            json_decref(record[i]);
        }
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(restores_whatever_was_changed),
        cmocka_unit_test(restores_across_file_systems),
        cmocka_unit_test(restores_any_surviving_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
