/* That a process cannot be looked at never says that it has ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/process.h"

static pid_t start_child(void)
{
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    assert_true(child > 0);
    return child;
}

static void end_child(pid_t child)
{
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void knows_the_living_from_the_dead(void **state)
{
    (void)state;
    pid_t child = start_child();
    struct process_identity identity, another;
    auto_close int pidfd = -1, none = -1;
    assert_int_equal(process_identify(child, &identity, NULL), 0);
    assert_int_equal(process_open(&identity, &pidfd, NULL), 0);
    another = (struct process_identity){.pid = child, .start_time = identity.start_time + 1};
    assert_int_equal(process_open(&another, &none, NULL), -CAIRN_EGONE);
    assert_int_equal(kill(child, SIGKILL), 0);
    struct pollfd gone = {.fd = pidfd, .events = POLLIN};
    assert_int_equal(poll(&gone, 1, -1), 1);
    assert_int_equal(process_identify(child, &another, NULL), -CAIRN_EGONE); /* a zombie */
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(process_identify(child, &another, NULL), -CAIRN_EGONE);
    assert_int_equal(process_open(&identity, &none, NULL), -CAIRN_EGONE);
}

/* What a failed fork has returned means everybody to kill(2). */
static void signals_nobody_where_there_is_no_process(void **state)
{
    static const pid_t none[] = {-1, 0, -2};
    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        errno = 0;
        assert_int_equal(process_signal(none[i], 0), -1);
        assert_int_equal(errno, ESRCH);
    }
    assert_int_equal(process_signal(getpid(), 0), 0);
}

static void cannot_tell_without_a_descriptor(void **state)
{
    (void)state;
    pid_t child = start_child();
    struct process_identity identity, again;
    struct rlimit limit, none = {0};
    int pidfd = -1;
    assert_int_equal(process_identify(child, &identity, NULL), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none.rlim_max = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int identified = process_identify(child, &again, NULL);
    int opened = process_open(&identity, &pidfd, NULL);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    end_child(child);
    assert_int_equal(identified, -EMFILE);
    assert_int_equal(opened, -EMFILE);
}

/* A /proc that hides the processes of others, as it does on many clusters, or none at all: an empty
 * folder stands for both. */
static void cannot_tell_without_proc(void **state)
{
    (void)state;
    pid_t child = start_child();
    struct process_identity identity;
    assert_int_equal(process_identify(child, &identity, NULL), 0);
    pid_t blind = fork();
    if (blind == 0) {
        int fd = -1;
        struct process_identity again;
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 ||
            mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("none", "/proc", "tmpfs", 0, NULL) < 0)
            _exit(77);
        _exit(process_identify(child, &again, NULL) == -ENOENT &&
                      process_open(&identity, &fd, NULL) == -ENOENT && fd == -1
                  ? 0
                  : 1);
    }
    int status;
    assert_int_equal(waitpid(blind, &status, 0), blind);
    end_child(child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip(); /* no user namespaces here */
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_living_from_the_dead),
        cmocka_unit_test(signals_nobody_where_there_is_no_process),
        cmocka_unit_test(cannot_tell_without_a_descriptor),
        cmocka_unit_test(cannot_tell_without_proc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
