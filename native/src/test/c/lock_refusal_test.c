/* A lock that another process has taken meanwhile: the restore names its holder and its file, and
 * succeeds once the lock is free again. */
#include "capture_fixture.h"

#include <sys/file.h>

static int capture_victim(const struct home *home, const void *victim)
{
    static char program[] = CAIRN_VICTIM;
    char *argv[] = {program, (char *)victim, NULL};
    return live_first(home, argv);
}

static int expect_refusal(const struct home *home, const void *message)
{
    cairn_error err = {0};
    struct life l;
    int rc = life_resume(&l, home, 1, &err);
    if (rc == -EBUSY && strstr(err.message, message))
        return 0;
    fprintf(stderr, "not a refusal with \"%s\": %d %s\n", (const char *)message, rc, err.message);
    return -1;
}

static int restore_victim(const struct home *home, const void *unused)
{
    (void)unused;
    return live_last(home, 1);
}

static void refuse_then_restore(const char *victim, const char *file, struct flock *range,
                                const char *message)
{
    struct home home;
    home_open(&home, geteuid());
    assert_int_equal(0, live(&home, capture_victim, victim));
    int fd = openat(home.work, file, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(0, range ? fcntl(fd, F_OFD_SETLK, range) : flock(fd, LOCK_EX | LOCK_NB));
    assert_int_equal(0, live(&home, expect_refusal, message));
    close(fd);
    assert_int_equal(0, live(&home, restore_victim, NULL));
    home_close(&home);
}

static void names_a_flock_that_somebody_else_has(void **state)
{
    (void)state;
    refuse_then_restore("keeps_flocks", "whole", NULL, "a write lock (flock) on /");
}

static void names_a_range_that_somebody_else_has(void **state)
{
    (void)state;
    struct flock range = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 12, .l_len = 1};
    refuse_then_restore("keeps_locks_of_ranges", "locked", &range, "/locked, bytes 10 to 14");
}

static void names_an_open_descriptions_lock_that_somebody_else_has(void **state)
{
    (void)state;
    struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 7, .l_len = 0};
    refuse_then_restore("keeps_locks_of_an_open_description", "locked", &range,
                        "a write lock (ofd) on /");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_a_flock_that_somebody_else_has),
        cmocka_unit_test(names_a_range_that_somebody_else_has),
        cmocka_unit_test(names_an_open_descriptions_lock_that_somebody_else_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
