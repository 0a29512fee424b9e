#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "common/cleanup.h"
#include "common/error.h"
#include "common/io.h"
#include "common/json.h"
#include "lib/step_handle.h"

#define REPORT_LIMIT 65536
#define ABOVE_TARGETS 10 /* descriptors are kept above those that the supervisor gets */

/* The connections to a supervisor that is being started: our ends, and the supervisor's ends. */
struct channels {
    int environment, report, lifeline;
    int its_environment, its_report, its_lifeline;
};

#define auto_channels __attribute__((cleanup(close_channels)))

static void close_its(struct channels *c)
{
    cairn_cleanup_close(&c->its_environment);
    cairn_cleanup_close(&c->its_report);
    cairn_cleanup_close(&c->its_lifeline);
    c->its_environment = c->its_report = c->its_lifeline = -1;
}

static void close_channels(struct channels *c)
{
    close_its(c);
    cairn_cleanup_close(&c->environment);
    cairn_cleanup_close(&c->report);
    cairn_cleanup_close(&c->lifeline);
}

/* A pair of sockets rather than a pipe: a write to a peer that has died must not raise SIGPIPE in
 * our process. */
static int open_pair(int *ours, int *its, cairn_error *err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return cairn_fail_errno(err, "making a socket pair");
    *ours = pair[0];
    *its = fcntl(pair[1], F_DUPFD_CLOEXEC, ABOVE_TARGETS);
    int rc = *its < 0 ? cairn_fail_errno(err, "duplicating a descriptor") : 0;
    close(pair[1]);
    return rc;
}

static int open_channels(struct channels *c, cairn_error *err)
{
    int rc = open_pair(&c->environment, &c->its_environment, err);
    if (rc == 0)
        rc = open_pair(&c->report, &c->its_report, err);
    if (rc == 0)
        rc = open_pair(&c->lifeline, &c->its_lifeline, err);
    return rc;
}

/* Resets every signal to its default and unblocks it, whatever the host program has set. */
static int spawn(const char *program, const char *attempt_dir, const struct channels *c, pid_t *out,
                 cairn_error *err)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    char *const argv[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)attempt_dir, NULL};
    char *const no_environment[] = {NULL};
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&files, c->its_environment, 3);
    posix_spawn_file_actions_adddup2(&files, c->its_report, 4);
    posix_spawn_file_actions_adddup2(&files, c->its_lifeline, 5);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int failed = posix_spawn(out, program, &files, &attributes, argv, no_environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return failed ? cairn_fail(err, failed, "starting the supervisor %s: %s", program,
                               strerror(failed))
                  : 0;
}

/* If a supervisor dies before it has read everything, its report gives the reason, or is empty. */
static void send_environment(int fd, const char *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = send(fd, bytes + done, len - done, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            return;
        done += n > 0 ? (size_t)n : 0;
    }
}

static int read_report(int fd, struct process_identity *out, cairn_error *err)
{
    auto_free char *text = NULL;
    size_t len;
    json_auto_t *report = NULL;
    bool ok;
    int64_t pid, start_time, code;
    const char *message;
    int rc = io_read_stream(fd, "the supervisor's report", REPORT_LIMIT, &text, &len, err);
    if (rc != 0)
        return rc;
    if (len == 0)
        return cairn_fail(err, CAIRN_EGONE, "the supervisor died while it started the step");
    rc = json_parse_object(text, len, "the supervisor's report", &report, err);
    if (rc == 0)
        rc = json_need_bool(report, "ok", &ok, err);
    if (rc == 0 && !ok) {
        rc = json_need_int(report, "code", 1, INT32_MAX, &code, err);
        if (rc == 0)
            rc = json_need_string(report, "message", REPORT_LIMIT, &message, err);
        return rc == 0 ? cairn_fail(err, (int)code, "%s", message) : rc;
    }
    if (rc == 0)
        rc = json_need_int(report, "pid", 1, INT32_MAX, &pid, err);
    if (rc == 0)
        rc = json_need_int(report, "start_time", 0, INT64_MAX, &start_time, err);
    if (rc == 0)
        *out = (struct process_identity){.pid = (pid_t)pid, .start_time = start_time};
    return rc;
}

int cairn_start(const char *supervisor, const char *attempt_dir, const char *environment,
                size_t environment_len, cairn_step **out, cairn_error *err)
{
    auto_channels struct channels c = {-1, -1, -1, -1, -1, -1};
    auto_close int folder = open(attempt_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return cairn_fail_errno(err, "the attempt's folder %s", attempt_dir);
    cairn_step *step = malloc(sizeof *step);
    if (!step)
        return cairn_fail(err, ENOMEM, "out of memory");
    pid_t starter;
    int rc = open_channels(&c, err);
    if (rc == 0)
        rc = spawn(supervisor, attempt_dir, &c, &starter, err);
    if (rc == 0) {
        close_its(&c);
        /* The first process forks and ends, so that the supervisor never becomes a zombie of the
         * caller. */
        while (waitpid(starter, NULL, 0) < 0 && errno == EINTR) {
        }
        send_environment(c.environment, environment, environment_len);
        send_environment(c.environment, "", 1); /* the report was complete */
        shutdown(c.environment, SHUT_WR);
        rc = read_report(c.report, &step->supervisor, err);
    }
    if (rc != 0) {
        free(step);
        return rc;
    }
    step->attempt_fd = steal_fd(&folder);
    step->pidfd = -1;
    rc = process_open(&step->supervisor, &step->pidfd, err);
    (void)rc; /* the step runs in any case; cairn_step_wait checks again */
    step->lifeline = steal_fd(&c.lifeline);
    *out = step;
    return 0;
}
