#include "lib/connection.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/owner.h"

#define ANSWER_BYTES 65536
#define CONNECT_RETRY_MS 10

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

int64_t connection_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int check_peer(int fd, cairn_error *err)
{
    struct owner peer;
    int rc = owner_of(fd, &peer, err);
    if (rc != 0)
        return cairn_fail_within(err, rc, "asking who answers on the control socket");
    if (!peer.trusted)
        return cairn_fail(err, EPERM, "user %u answers on the control socket, not you", peer.uid);
    return 0;
}

/* Through the folder's descriptor, since the name of a socket holds 108 bytes and a path may be
 * longer. */
static int try_connect(int fd, int attempt_fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/supervisor.sock",
             attempt_fd);
    return connect(fd, (struct sockaddr *)&address, sizeof address) < 0 ? errno : 0;
}

/* Also true if the supervisor's state cannot be determined, so that nothing waits for its answer.
 */
static bool has_ended(const struct cairn_step *step)
{
    auto_close int opened = -1;
    if (step->pidfd < 0 && process_open(&step->supervisor, &opened, NULL) != 0)
        return true;
    struct pollfd ended = {.fd = opened < 0 ? step->pidfd : opened, .events = POLLIN};
    return poll(&ended, 1, CONNECT_RETRY_MS) != 0;
}

int connection_open(const struct cairn_step *step, int64_t deadline, int *out, cairn_error *err)
{
    auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return cairn_fail_errno(err, "making a socket");
    int failed;
    while ((failed = try_connect(fd, step->attempt_fd)) != 0) {
        bool starting = failed == ENOENT || failed == ECONNREFUSED || failed == EAGAIN;
        if (!starting || has_ended(step))
            return cairn_fail(err, CAIRN_EGONE, "the supervisor %d does not answer: %s",
                              step->supervisor.pid, strerror(failed));
        if (connection_now_ms() >= deadline)
            return cairn_fail(err, ETIMEDOUT, "the supervisor has not answered in time");
    }
    int rc = check_peer(fd, err);
    if (rc == 0)
        *out = steal_fd(&fd);
    return rc;
}

int connection_find_peer(int attempt_fd, int *pidfd, cairn_error *err)
{
    auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return cairn_fail_errno(err, "making a socket");
    int failed = try_connect(fd, attempt_fd);
    if (failed == ENOENT || failed == ECONNREFUSED)
        return cairn_fail(err, CAIRN_EGONE, "no supervisor answers on the control socket");
    if (failed != 0)
        return cairn_fail(err, failed, "the control socket: %s", strerror(failed));
    int rc = check_peer(fd, err);
    socklen_t len = sizeof *pidfd;
    if (rc != 0 || getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, pidfd, &len) == 0)
        return rc;
    return errno == ENOPROTOOPT
               ? cairn_fail(err, CAIRN_EHELD,
                            "a supervisor answers, and this kernel cannot watch it")
               : cairn_fail_errno(err, "watching who answers on the control socket");
}

static int wait_readable(int fd, int64_t deadline, cairn_error *err)
{
    for (;;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int64_t left = deadline == INT64_MAX ? -1 : deadline - connection_now_ms();
        if (deadline != INT64_MAX && left <= 0)
            return cairn_fail(err, ETIMEDOUT, "the supervisor has not answered in time");
        int n = poll(&ready, 1, left < 0 ? -1 : left > INT32_MAX ? INT32_MAX : (int)left);
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return cairn_fail_errno(err, "waiting for the supervisor");
    }
}

static int send_line(int fd, const char *json, cairn_error *err)
{
    size_t len = strlen(json);
    const struct {
        const char *bytes;
        size_t len;
    } parts[] = {{json, len}, {"\n", 1}};
    for (size_t i = 0; i < 2; i++) {
        for (size_t done = 0; done < parts[i].len;) {
            ssize_t n = send(fd, parts[i].bytes + done, parts[i].len - done, MSG_NOSIGNAL);
            if (n < 0 && errno != EINTR)
                return cairn_fail(err, CAIRN_EGONE, "the supervisor has gone: %s", strerror(errno));
            done += n > 0 ? (size_t)n : 0;
        }
    }
    return 0;
}

/* Reads the line that ends the answer and nothing behind it: peeks first, then receives exactly
 * that line. */
static int receive_line(int fd, int64_t deadline, char **out, cairn_error *err)
{
    auto_free char *line = malloc(ANSWER_BYTES);
    size_t used = 0;
    if (!line)
        return cairn_fail(err, ENOMEM, "out of memory");
    while (used < ANSWER_BYTES - 1) {
        int rc = wait_readable(fd, deadline, err);
        if (rc != 0)
            return rc;
        ssize_t n = recv(fd, line + used, ANSWER_BYTES - 1 - used, MSG_PEEK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return cairn_fail(err, CAIRN_EGONE, "the supervisor ended before it answered");
        char *newline = memchr(line + used, '\n', (size_t)n);
        size_t wanted = newline ? (size_t)(newline - line) - used + 1 : (size_t)n;
        n = recv(fd, line + used, wanted, 0);
        if (n > 0)
            used += (size_t)n;
        if (newline && n == (ssize_t)wanted) {
            line[used - 1] = '\0';
            *out = steal_ptr(&line);
            return 0;
        }
    }
    return cairn_fail(err, CAIRN_EPROTOCOL, "the supervisor's answer is longer than %d bytes",
                      ANSWER_BYTES);
}

static int check_answer(const char *line, cairn_error *err)
{
    json_t *answer = json_loads(line, 0, NULL);
    const json_t *ok = json_object_get(answer, "ok");
    const char *message = json_string_value(json_object_get(answer, "message"));
    int code = (int)json_integer_value(json_object_get(answer, "code"));
    int rc = 0;
    if (!json_is_boolean(ok))
        rc = cairn_fail(err, CAIRN_EPROTOCOL, "not an answer of a supervisor: %.200s", line);
    else if (!json_is_true(ok))
        rc =
            cairn_fail(err, code > 0 ? code : CAIRN_EPROTOCOL, "%s", message ? message : "refused");
    json_decref(answer);
    return rc;
}

int connection_ask(int fd, const char *json, int64_t deadline, char **answer, cairn_error *err)
{
    auto_free char *line = NULL;
    int rc = send_line(fd, json, err);
    if (rc == 0)
        rc = receive_line(fd, deadline, &line, err);
    if (rc == 0)
        rc = check_answer(line, err);
    if (rc == 0)
        *answer = steal_ptr(&line);
    return rc;
}
