/* A roll-back that is killed before any of its changes to the disk is repeated, and comes to the
 * same end (CAIRN_SEED=n takes one mess of files). The child is traced, so that nothing in the code
 * under test knows of it. */
#include "rollback_world.h"

#include "kill_at.h"

#define SEEDS 2

/* Rolls back in a child that dies on its way into the n-th change. True: it came to its end before.
 */
static bool roll_back_killed_at(struct world *w, unsigned sequence, const json_t *record,
                                unsigned n)
{
    int status;
    pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
        cairn_error err;
        wait_for_tracer();
        _exit(roll_back(w, sequence, record, &err) == 0 ? 0 : 1);
    }
    if (kill_at(child, n, &status))
        return false;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    return true;
}

static void make_mess(struct world *w, uint64_t seed, char **before, json_t **record)
{
    world_open(w, seed);
    change_much(w, 50);
    *before = tree_text(w->fd, "out");
    *record = checkpoint(w, 1, -1, NULL, NULL, 0, NULL);
    change_much(w, 40);
}

static void expect_restored(struct world *w, const char *before, const json_t *record,
                            uint64_t seed, unsigned n)
{
    cairn_error err;
    expect_ok(roll_back(w, 1, record, &err), &err);
    char *found = tree_text(w->fd, "out");
    if (strcmp(found, before) != 0)
        fail_msg("seed %llu, killed at change %u\nexpected:\n%sfound:\n%s",
                 (unsigned long long)seed, n, before, found);
    free(found);
}

static void survives_a_kill_at_every_change(void **state)
{
    (void)state;
    const char *only = getenv("CAIRN_SEED");
    uint64_t first = only ? strtoull(only, NULL, 10) : 1, last = only ? first : SEEDS;
    for (uint64_t seed = first; seed <= last; seed++) {
        bool ended = false;
        for (unsigned n = 1; !ended; n++) {
            struct world w;
            char *before;
            json_t *record;
            make_mess(&w, seed, &before, &record);
            ended = roll_back_killed_at(&w, 1, record, n);
            expect_restored(&w, before, record, seed, n);
            free(before);
            json_decref(record);
            world_close(&w);
        }
    }
}

static void survives_kill_after_kill(void **state)
{
    (void)state;
    for (uint64_t seed = 100; seed < 106; seed++) {
        struct world w;
        char *before;
        json_t *record;
        make_mess(&w, seed, &before, &record);
        unsigned n = 1;
        while (n < 200 && !roll_back_killed_at(&w, 1, record, n))
            n += 1 + pick(&w, 5);
        expect_restored(&w, before, record, seed, n);
        free(before);
        json_decref(record);
        world_close(&w);
    }
}

/* A large file without a copy that has its recorded size but a new mtime is refused, unless a
 * roll-back did that. */
static void survives_a_kill_while_cutting_a_large_open_file(void **state)
{
    (void)state;
    static const char *const no_trees[] = {NULL};
    bool ended = false;
    for (unsigned n = 1; !ended; n++) {
        struct world w;
        cairn_error err;
        world_open(&w, 1);
        int fd = openat(w.fd, "log", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        must(ftruncate(fd, 300000) == 0, "ftruncate");
        const struct rollback_open_file file = {.path = path_in(&w, "log"), .fd = fd};
        char *before = tree_text(w.fd, "log");
        json_t *record = checkpoint(&w, 1, -1, no_trees, &file, 1, NULL);
        must(pwrite(fd, "more", 4, 300000) == 4, "pwrite");
        ended = roll_back_killed_at(&w, 1, record, n);
        expect_ok(roll_back(&w, 1, record, &err), &err);
        char *after = tree_text(w.fd, "log");
        assert_string_equal(after, before);
        must(pwrite(fd, "other", 5, 150000) == 5, "pwrite");
        assert_int_equal(check(&w, 1, record, &err), -CAIRN_EROLLBACK);
        close(fd);
        free(before);
        free(after);
        json_decref(record);
        world_close(&w);
    }
}

/* A file too large to copy has its inode kept by a name in the image. */
static void survives_a_kill_while_a_linked_file_returns(void **state)
{
    (void)state;
    bool ended = false;
    for (unsigned n = 1; !ended; n++) {
        struct world w;
        world_open(&w, 1);
        int fd = openat(w.out, "big", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        must(ftruncate(fd, 65 << 20) == 0 && pwrite(fd, "tail", 4, (65 << 20) - 4) == 4, "big");
        const struct rollback_open_file file = {.path = path_in(&w, "out/big"), .fd = fd};
        char *before = tree_text(w.fd, "out");
        json_t *record = checkpoint(&w, 1, -1, NULL, &file, 1, NULL);
        must(pwrite(fd, "more", 4, 65 << 20) == 4, "pwrite");
        close(fd);
        must(renameat(w.out, "big", w.fd, "gone") == 0, "rename");
        close(openat(w.out, "big", O_RDWR | O_CREAT | O_CLOEXEC, 0644));
        ended = roll_back_killed_at(&w, 1, record, n);
        expect_restored(&w, before, record, 1, n);
        free(before);
        json_decref(record);
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survives_a_kill_at_every_change),
        cmocka_unit_test(survives_kill_after_kill),
        cmocka_unit_test(survives_a_kill_while_cutting_a_large_open_file),
        cmocka_unit_test(survives_a_kill_while_a_linked_file_returns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
