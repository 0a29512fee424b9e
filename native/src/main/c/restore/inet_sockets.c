/* TCP and UDP sockets. A connection between two processes of the step is made anew between the same
 * ports, and what was queued in it is sent again. */
#include "restore/inet_sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/hex.h"
#include "common/inet_json.h"
#include "common/json.h"
#include "restore/fd_store.h"

#define FITS_AT_ONCE 16384 /* into any fresh connection */
#define WARM_UP_ROUNDS 200
#define ROOM_WITHIN_MS 50        /* how long a full connection may take to have room again */
#define PORT_FREE_WITHIN_MS 3000 /* of a connection of before, which the kernel remembers */
#define LOOK_EVERY_MS 20

/* An end that is being made. */
struct end {
    const json_t *json;
    struct sockaddr_storage local;
    socklen_t len;
};

static int read_end(const json_t *json, struct end *out, cairn_error *err)
{
    out->json = json;
    return inet_from_json(json, "local", &out->local, &out->len, err);
}

static bool state_is(const json_t *json, const char *state)
{
    const char *is = json_string_value(json_object_get(json, "state"));
    return is && strcmp(is, state) == 0;
}

/* Several sockets share a port only while all of them allow it. */
static void allow_sharing(int fd)
{
    int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

static int make(int family, int type, const json_t *json, cairn_error *err)
{
    int fd = socket(family, type | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return cairn_fail_errno(err, "making a socket");
    inet_options_apply(fd, json_object_get(json, "options"), INET_BEFORE_BIND);
    return fd;
}

/* To an address that the step had before it was killed: what is left of it may still be ending. */
static int bind_once_free(int fd, const struct end *e)
{
    int rc;
    for (int waited = 0; (rc = bind(fd, (const struct sockaddr *)&e->local, e->len)) < 0 &&
                         errno == EADDRINUSE && waited < PORT_FREE_WITHIN_MS;
         waited += LOOK_EVERY_MS)
        poll(NULL, 0, LOOK_EVERY_MS);
    return rc;
}

/* Of this host, with a port that the kernel chooses, for somebody of a family to reach. */
static void any_port(struct end *e, int other_family)
{
    int family = e->local.ss_family;
    e->local = (struct sockaddr_storage){0};
    if (family == AF_INET6 && other_family == AF_INET6) {
        *(struct sockaddr_in6 *)&e->local =
            (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
        return;
    }
    *(struct sockaddr_in *)&e->local =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    inet_convert(&e->local, &e->len, family);
}

/* With the address of another listener or of another host, the program's two ends still find each
 * other here, with a port that they do not know. */
static int listen_as(const struct end *server, int other_family, cairn_error *err)
{
    auto_close int fd = make(server->local.ss_family, SOCK_STREAM, server->json, err);
    if (fd < 0)
        return fd;
    allow_sharing(fd);
    if (bind_once_free(fd, server) < 0) {
        struct end here = *server;
        any_port(&here, other_family);
        if (bind(fd, (const struct sockaddr *)&here.local, here.len) < 0)
            return cairn_fail_errno(err, "binding a TCP socket");
    }
    if (listen(fd, 1) < 0)
        return cairn_fail_errno(err, "listening on a TCP socket");
    return steal_fd(&fd);
}

/* From its own port, as soon as the kernel has forgotten the connection of before; else from
 * another one. */
static int connect_as(const struct end *client, const struct sockaddr_storage *target,
                      socklen_t target_len, cairn_error *err)
{
    for (int waited = 0;; waited += LOOK_EVERY_MS) {
        bool own_port = waited < PORT_FREE_WITHIN_MS;
        auto_close int fd = make(client->local.ss_family, SOCK_STREAM, client->json, err);
        if (fd < 0)
            return fd;
        allow_sharing(fd);
        if (own_port && bind(fd, (const struct sockaddr *)&client->local, client->len) < 0 &&
            errno == EADDRNOTAVAIL)
            waited = PORT_FREE_WITHIN_MS; /* of another host */
        else if (connect(fd, (const struct sockaddr *)target, target_len) == 0)
            return steal_fd(&fd);
        else if (!own_port)
            return cairn_fail_errno(err, "connecting a TCP socket");
        else
            poll(NULL, 0, LOOK_EVERY_MS);
    }
}

static int accept_from(int listener, int client, cairn_error *err)
{
    struct sockaddr_storage wanted, got;
    socklen_t len = sizeof wanted;
    if (getsockname(client, (struct sockaddr *)&wanted, &len) < 0)
        return cairn_fail_errno(err, "asking for the port of a TCP socket");
    for (;;) {
        len = sizeof got;
        int fd = accept4(listener, (struct sockaddr *)&got, &len, SOCK_CLOEXEC);
        if (fd < 0)
            return cairn_fail_errno(err, "accepting a TCP connection");
        if (inet_same(&got, &wanted))
            return fd;
        close(fd); /* a stranger's */
    }
}

static int connect_pair(const struct end *server, const struct end *client, int *server_fd,
                        int *client_fd, cairn_error *err)
{
    struct sockaddr_storage target;
    socklen_t len = sizeof target;
    auto_close int listener = listen_as(server, client->local.ss_family, err);
    if (listener < 0)
        return listener;
    if (getsockname(listener, (struct sockaddr *)&target, &len) < 0)
        return cairn_fail_errno(err, "asking where a TCP socket listens");
    inet_convert(&target, &len, client->local.ss_family);
    auto_close int own = connect_as(client, &target, len, err);
    if (own < 0)
        return own;
    int accepted = accept_from(listener, own, err);
    if (accepted < 0)
        return accepted;
    *server_fd = accepted;
    *client_fd = steal_fd(&own);
    return 0;
}

/* How much of `len` bytes goes in without anybody reading. */
static size_t send_nonblocking(int from, const char *bytes, size_t len)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = send(from, bytes + done, len - done, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0)
            done += (size_t)n;
        else if (poll(&(struct pollfd){.fd = from, .events = POLLOUT}, 1, ROOM_WITHIN_MS) <= 0)
            break;
    }
    return done;
}

static int receive(int to, char *scratch, size_t len, cairn_error *err)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = recv(to, scratch, len - done, 0);
        if (n <= 0)
            return cairn_fail_errno(err, "warming up a TCP connection");
        done += (size_t)n;
    }
    return 0;
}

/* The kernel gives a connection room as it sees it used: until there is as much as there was. */
static int warm_up(int from, int to, size_t len, cairn_error *err)
{
    auto_free char *scratch = calloc(1, len);
    if (!scratch)
        return cairn_fail(err, ENOMEM, "out of memory filling a TCP connection");
    for (int i = 0; i < WARM_UP_ROUNDS; i++) {
        size_t held = send_nonblocking(from, scratch, len);
        int rc = receive(to, scratch, held, err);
        if (rc != 0 || held == len)
            return rc;
    }
    return cairn_fail(err, CAIRN_EHOST, "a TCP connection had %zu bytes in it, more than fit here",
                      len);
}

/* What `json`'s socket had queued, from its other end. */
static int fill(int from, int to, const json_t *json, cairn_error *err)
{
    auto_free void *bytes = NULL;
    size_t len;
    const char *queue = json_string_value(json_object_get(json, "queue"));
    if (!queue || !*queue)
        return 0;
    int rc = hex_decode(queue, INET_QUEUE_LIMIT, &bytes, &len, err);
    if (rc == 0 && len > FITS_AT_ONCE)
        rc = warm_up(from, to, len, err);
    if (rc == 0 && send_nonblocking(from, bytes, len) != len)
        rc = cairn_fail(err, CAIRN_EHOST, "filling a TCP connection with %zu bytes", len);
    return rc;
}

static int finish(int fd, const json_t *json, int number, cairn_error *err)
{
    int64_t flags;
    int rc = json_need_int(json, "flags", 0, INT32_MAX, &flags, err);
    if (rc != 0)
        return rc;
    inet_options_apply(fd, json_object_get(json, "options"), INET_WHEN_DONE);
    if (fcntl(fd, F_SETFL, (int)flags & (O_NONBLOCK | O_ASYNC)) < 0)
        return cairn_fail_errno(err, "setting the flags of a socket");
    return fd_store_place(fd, number, err);
}

/* Listeners on the same port come later. */
static int finish_connected(int fd, const json_t *json, int number, cairn_error *err)
{
    if (json_is_true(json_object_get(json, "ended_sending")))
        shutdown(fd, SHUT_WR);
    int rc = finish(fd, json, number, err);
    allow_sharing(fd);
    return rc;
}

static bool is_listened_at(const json_t *descriptions, const struct end *e)
{
    size_t i;
    const json_t *json;
    json_array_foreach(descriptions, i, json)
    {
        const json_t *port = json_object_get(json_object_get(json, "local"), "port");
        if (description_is_kind(json, "inet") && state_is(json, "listening") &&
            json_equal(port, json_object_get(json_object_get(e->json, "local"), "port")))
            return true;
    }
    return false;
}

static int make_connection(const struct restoration *r, size_t i, size_t k, cairn_error *err)
{
    const json_t *descriptions = json_object_get(r->meta, "descriptions");
    struct end own, other;
    auto_close int fd = -1;
    auto_close int theirs = -1;
    int rc = read_end(json_array_get(descriptions, i), &own, err);
    if (rc == 0)
        rc = read_end(json_array_get(descriptions, k), &other, err);
    if (rc == 0)
        rc = is_listened_at(descriptions, &own) ? connect_pair(&own, &other, &fd, &theirs, err)
                                                : connect_pair(&other, &own, &theirs, &fd, err);
    if (rc == 0)
        rc = fill(theirs, fd, own.json, err);
    if (rc == 0)
        rc = fill(fd, theirs, other.json, err);
    if (rc == 0)
        rc = finish_connected(fd, own.json, fd_store_description(r, (int64_t)i), err);
    if (rc == 0)
        rc = finish_connected(theirs, other.json, fd_store_description(r, (int64_t)k), err);
    return rc;
}

/* One whose other end was not of the step: to the program, it was closed or reset by that one. */
static int make_abandoned(const json_t *json, int number, cairn_error *err)
{
    struct end own = {.json = json}, other = {0};
    auto_close int fd = -1;
    auto_close int theirs = -1;
    int rc = read_end(json, &own, err);
    if (rc != 0)
        return rc;
    any_port(&own, own.local.ss_family);
    other = own;
    rc = connect_pair(&other, &own, &theirs, &fd, err);
    if (rc == 0)
        rc = fill(theirs, fd, json, err);
    if (rc != 0)
        return rc;
    struct linger now = {.l_onoff = 1};
    if (state_is(json, "reset"))
        setsockopt(theirs, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(steal_fd(&theirs));
    return finish_connected(fd, json, number, err);
}

static bool is_bound(const struct end *e)
{
    return e->local.ss_family == AF_INET ? ((const struct sockaddr_in *)&e->local)->sin_port != 0
                                         : ((const struct sockaddr_in6 *)&e->local)->sin6_port != 0;
}

static int bind_again(int fd, const struct end *e, cairn_error *err)
{
    const json_t *local = json_object_get(e->json, "local");
    return bind_once_free(fd, e) == 0
               ? 0
               : cairn_fail_errno(err, "binding a socket to %s, port %lld",
                                  json_string_value(json_object_get(local, "address")),
                                  (long long)json_integer_value(json_object_get(local, "port")));
}

static int make_single(const json_t *json, int type, int number, cairn_error *err)
{
    struct end own;
    struct sockaddr_storage peer;
    socklen_t len;
    int64_t backlog = 0;
    bool connected = json_object_get(json, "peer") != NULL;
    int rc = read_end(json, &own, err);
    if (rc == 0 && connected)
        rc = inet_from_json(json, "peer", &peer, &len, err);
    if (rc == 0)
        rc = json_may_int(json, "backlog", 0, INT32_MAX, &backlog, err);
    if (rc != 0)
        return rc;
    auto_close int fd = make(own.local.ss_family, type, json, err);
    if (fd < 0)
        return fd;
    if (type == SOCK_STREAM)
        allow_sharing(fd);
    if (is_bound(&own))
        rc = bind_again(fd, &own, connected ? NULL : err);
    if (rc != 0 && !connected) /* else any port will do, as it did when it connected */
        return rc;
    if (connected)
        (void)!connect(fd, (const struct sockaddr *)&peer, len);
    if (state_is(json, "listening") && listen(fd, (int)backlog) < 0)
        return cairn_fail_errno(err, "listening on a socket");
    return finish(fd, json, number, err);
}

int inet_connections_restore(const struct restoration *r, cairn_error *err)
{
    const json_t *descriptions = json_object_get(r->meta, "descriptions");
    size_t i;
    const json_t *json;
    json_array_foreach(descriptions, i, json)
    {
        int64_t other = -1;
        int rc = description_is_kind(json, "inet")
                     ? json_may_int(json, "other", 0, (int64_t)json_array_size(descriptions) - 1,
                                    &other, err)
                     : 0;
        if (rc == 0 && other > (int64_t)i)
            rc = make_connection(r, i, (size_t)other, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int inet_socket_restore(const struct restoration *r, size_t i, cairn_error *err)
{
    const json_t *json = json_array_get(json_object_get(r->meta, "descriptions"), i);
    int64_t type;
    int rc = json_need_int(json, "type", SOCK_STREAM, SOCK_DGRAM, &type, err);
    if (rc != 0)
        return rc;
    return state_is(json, "reset") || state_is(json, "connected")
               ? make_abandoned(json, fd_store_description(r, (int64_t)i), err)
               : make_single(json, (int)type, fd_store_description(r, (int64_t)i), err);
}
