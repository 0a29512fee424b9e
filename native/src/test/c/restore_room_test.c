/* A supervisor in whose address space there is something wherever nobody expects it: the processes
 * that it makes begin as its forks. */
#include "capture_fixture.h"

#include <sys/mman.h>

static int capture_victim(const struct home *home, const void *unused)
{
    (void)unused;
    static char program[] = CAIRN_VICTIM, victim[] = "keeps_a_stream_of_sockets";
    char *argv[] = {program, victim, NULL};
    return live_first(home, argv);
}

static int restore_in_a_crowd(const struct home *home, const void *unused)
{
    (void)unused;
    for (uint64_t at = 1ull << 28; at < 1ull << 40; at += 1ull << 28)
        if (mmap((void *)(uintptr_t)at, 1 << 20, PROT_READ,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED &&
            errno != EEXIST)
            return -1;
    return live_last(home, 1);
}

static void finds_room_beside_what_the_supervisor_has(void **state)
{
    (void)state;
    struct home home;
    home_open(&home, geteuid());
    assert_int_equal(0, live(&home, capture_victim, NULL));
    assert_int_equal(0, live(&home, restore_in_a_crowd, NULL));
    home_close(&home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_room_beside_what_the_supervisor_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
