/* A step resumes while another process still has its port, for example a remnant of the step
 * itself. */
#include "capture_fixture.h"

#include <netinet/in.h>
#include <sys/socket.h>

#define HELD_FOR_MS 500

static int first_life(const struct home *home, const void *unused)
{
    (void)unused;
    static char program[] = CAIRN_VICTIM, name[] = "listens_at_its_port";
    static char *argv[] = {program, name, NULL};
    return live_first(home, argv);
}

static int last_life(const struct home *home, const void *unused)
{
    (void)unused;
    return live_last(home, 1);
}

static in_port_t port_of(const struct home *home)
{
    auto_free char *log = NULL;
    int port;
    assert_int_equal(0, io_read_file(home->work, "log", 4096, &log, NULL, NULL));
    assert_int_equal(1, sscanf(log, "port %d", &port));
    return htons((in_port_t)port);
}

/* In a process of its own, which listens before this returns. */
static pid_t hold(in_port_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    auto_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int yes = 1;
    assert_int_equal(0, setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes));
    assert_int_equal(0, bind(fd, (const struct sockaddr *)&address, sizeof address));
    assert_int_equal(0, listen(fd, 1));
    pid_t holder = fork();
    if (holder == 0) {
        poll(NULL, 0, HELD_FOR_MS);
        _exit(0);
    }
    assert_true(holder > 0);
    return holder;
}

static void waits_for_a_port_that_is_not_free_yet(void **state)
{
    (void)state;
    struct home home;
    home_open(&home, geteuid());
    assert_int_equal(0, live(&home, first_life, NULL));
    pid_t holder = hold(port_of(&home));
    assert_int_equal(0, live(&home, last_life, NULL));
    assert_int_equal(holder, waitpid(holder, NULL, 0));
    home_close(&home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(waits_for_a_port_that_is_not_free_yet)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
