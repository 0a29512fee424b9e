/* Restores TCP and UDP sockets. A connection between two processes of the step is made again
 * between the same ports, and its queued data is sent again. */
#include "restore/inet_sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/hex.h"
#include "common/inet_diag.h"
#include "common/inet_json.h"
#include "common/json.h"
#include "common/multicast.h"
#include "common/socket_options.h"
#include "restore/fd_store.h"
#include "restore/ports.h"

#define FITS_AT_ONCE 16384 /* into any fresh connection */
#define WARM_UP_ROUNDS 200
#define ROOM_WITHIN_MS 50 /* maximum time until a full connection has room again */
/* The end of the former connection, which the kernel remembers. */
#define PORT_FREE_WITHIN_MS 3000
#define LOOK_EVERY_MS 20
#define ACKNOWLEDGED_WITHIN_MS 200
#define LISTENER_WITHIN_MS 70000 /* the kernel remembers a closed connection for 60 s */

/* An end of a connection that is being made. */
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

/* Several sockets share a port only if all of them allow it. */
static void allow_sharing(int fd)
{
    int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

static int make(int family, int type, const json_t *json, cairn_error *err)
{
    int64_t protocol = 0;
    int rc = json_may_int(json, "protocol", 0, IPPROTO_UDPLITE, &protocol, err);
    if (rc != 0)
        return rc;
    int fd = socket(family, type | SOCK_CLOEXEC, (int)protocol);
    if (fd < 0)
        return cairn_fail_errno(err, "making a socket");
    socket_options_apply(fd, json_object_get(json, "options"), SOCKET_BEFORE_BIND);
    return fd;
}

/* A socket may be connected to an IPv6 address to which it was not bound, as IPV6_V6ONLY shows. It
 * is bound to its port alone. */
static struct sockaddr_storage address_to_bind(const struct end *e)
{
    struct sockaddr_storage at = e->local;
    const struct in6_addr *address = &((const struct sockaddr_in6 *)&at)->sin6_addr;
    if (at.ss_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(address) &&
        socket_option_number(json_object_get(e->json, "options"), "v6_only", 1) == 0)
        ((struct sockaddr_in6 *)&at)->sin6_addr = in6addr_any;
    return at;
}

/* Connects to an address that the killed step had: its old connection may still be ending. */
static int bind_once_free(int fd, const struct end *e, int within_ms)
{
    struct sockaddr_storage at = address_to_bind(e);
    return port_bind(fd, &at, e->len, within_ms);
}

/* An address of this host, with a port that the kernel chooses, that a socket of the family can
 * reach. */
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

/* If another listener or another host has the old address, the two ends of the program still find
 * each other here, with a port that the program does not know. */
static int listen_as(const struct end *server, int other_family, cairn_error *err)
{
    auto_close int fd = make(server->local.ss_family, SOCK_STREAM, server->json, err);
    if (fd < 0)
        return fd;
    allow_sharing(fd);
    if (bind_once_free(fd, server, PORT_FREE_WITHIN_MS) < 0) {
        struct end here = *server;
        any_port(&here, other_family);
        if (bind(fd, (const struct sockaddr *)&here.local, here.len) < 0)
            return cairn_fail_errno(err, "binding a TCP socket");
    }
    if (listen(fd, 1) < 0)
        return cairn_fail_errno(err, "listening on a TCP socket");
    return steal_fd(&fd);
}

/* Connects from the original port once the kernel has forgotten the former connection; after a time
 * limit from another port. */
static int connect_as(const struct end *client, const struct sockaddr_storage *target,
                      socklen_t target_len, cairn_error *err)
{
    for (int waited = 0;; waited += LOOK_EVERY_MS) {
        bool own_port = waited < PORT_FREE_WITHIN_MS;
        auto_close int fd = make(client->local.ss_family, SOCK_STREAM, client->json, err);
        if (fd < 0)
            return fd;
        allow_sharing(fd);
        if (own_port && bind_once_free(fd, client, 0) < 0 && errno == EADDRNOTAVAIL)
            waited = PORT_FREE_WITHIN_MS; /* of another host */
        else if (connect(fd, (const struct sockaddr *)target, target_len) == 0)
            return steal_fd(&fd);
        else if (!own_port)
            return cairn_fail_errno(err, "connecting a TCP socket");
        else if (waited == 0)
            port_forget_ended(&client->local);
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
    port_forget_ended(&server->local); /* before anybody listens there */
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

/* How many of `len` bytes the connection accepts while nobody reads. */
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

/* The kernel enlarges a connection's room while it is used. Repeats until it has its former room.
 */
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

/* Otherwise the program's next bytes would wait for that. */
static void await_acknowledgement(int from, int to)
{
    int left = 0, now = 1;
    setsockopt(to, IPPROTO_TCP, TCP_QUICKACK, &now, sizeof now);
    for (int i = 0; i < ACKNOWLEDGED_WITHIN_MS; i++) {
        if (ioctl(from, SIOCOUTQ, &left) != 0 || left == 0)
            return;
        poll(NULL, 0, 1);
    }
}

/* Sends what the socket of `json` had queued, from its other end. */
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
    await_acknowledgement(from, to);
    return rc;
}

static int set_options_and_flags(int fd, const json_t *json, cairn_error *err)
{
    int64_t flags;
    int rc = json_need_int(json, "flags", 0, INT32_MAX, &flags, err);
    if (rc != 0)
        return rc;
    socket_options_apply(fd, json_object_get(json, "options"), SOCKET_WHEN_FILLED);
    if (fcntl(fd, F_SETFL, (int)flags & O_NONBLOCK) < 0)
        return cairn_fail_errno(err, "setting the flags of a socket");
    return 0;
}

static int finish(int fd, const json_t *json, int number, cairn_error *err)
{
    int rc = set_options_and_flags(fd, json, err);
    return rc != 0 ? rc : fd_store_place(fd, number, err);
}

/* Listeners on the same port are made later. */
static int finish_connected(int fd, const json_t *json, int number, cairn_error *err)
{
    if (json_is_true(json_object_get(json, "ended_sending")))
        shutdown(fd, SHUT_WR);
    if (json_is_true(json_object_get(json, "ended_receiving")))
        shutdown(fd, SHUT_RD);
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

/* Whether this end was accepted. Only there these options can differ from 1, because the kernel
 * sets them from the incoming connection. */
static bool was_accepted(const struct end *e)
{
    const json_t *options = json_object_get(e->json, "options");
    return socket_option_number(options, "multicast_ttl", 1) != 1 ||
           socket_option_number(options, "v6_multicast_hops", 1) != 1;
}

static bool is_server(const json_t *descriptions, const struct end *own, const struct end *other)
{
    return was_accepted(own) != was_accepted(other) ? was_accepted(own)
                                                    : is_listened_at(descriptions, own);
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
        rc = is_server(descriptions, &own, &other) ? connect_pair(&own, &other, &fd, &theirs, err)
                                                   : connect_pair(&other, &own, &theirs, &fd, err);
    if (rc == 0)
        rc = fill(theirs, fd, own.json, err);
    if (rc == 0)
        rc = fill(fd, theirs, other.json, err);
    if (rc == 0)
        rc = finish_connected(fd, own.json, fd_store_description(r, (int64_t)i), err);
    if (rc == 0)
        rc = finish_connected(theirs, other.json, fd_store_description(r, (int64_t)k), err);
    await_acknowledgement(fd, theirs); /* of the last data and the end of each direction */
    await_acknowledgement(theirs, fd);
    return rc;
}

/* The address of a missing other end: the recorded one, if it is an address of this host. */
static void read_other_end(const json_t *json, const struct end *own, struct end *out)
{
    *out = (struct end){.local = own->local, .len = own->len};
    if (json_object_get(json, "peer") &&
        inet_from_json(json, "peer", &out->local, &out->len, NULL) == 0 &&
        out->local.ss_family == own->local.ss_family)
        return;
    any_port(out, own->local.ss_family);
}

/* Both ends have sent all their data. The other end closed first, so the kernel keeps its port for
 * a minute. */
static void end_both(int fd, int theirs)
{
    shutdown(theirs, SHUT_WR);
    shutdown(fd, SHUT_WR);
    struct tcp_info info = {0};
    socklen_t len = sizeof info;
    for (int i = 0; i < ACKNOWLEDGED_WITHIN_MS; i++) {
        if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0 ||
            info.tcpi_state == INET_CLOSED)
            return;
        poll(NULL, 0, 1);
    }
}

/* A socket whose other end is gone, or that is no longer connected. Makes the other end again and
 * lets it close as it had. */
static int make_abandoned(const json_t *json, int number, cairn_error *err)
{
    struct end own = {.json = json}, other = {0};
    auto_close int fd = -1;
    auto_close int theirs = -1;
    int rc = read_end(json, &own, err);
    if (rc != 0)
        return rc;
    read_other_end(json, &own, &other);
    rc = was_accepted(&own) ? connect_pair(&own, &other, &fd, &theirs, err)
                            : connect_pair(&other, &own, &theirs, &fd, err);
    if (rc == 0)
        rc = fill(theirs, fd, json, err);
    if (rc != 0)
        return rc;
    struct linger now = {.l_onoff = 1};
    if (state_is(json, "reset"))
        setsockopt(theirs, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    if (state_is(json, "ended"))
        end_both(fd, theirs);
    close(steal_fd(&theirs));
    return finish_connected(fd, json, number, err);
}

static bool is_bound(const struct end *e)
{
    return e->local.ss_family == AF_INET ? ((const struct sockaddr_in *)&e->local)->sin_port != 0
                                         : ((const struct sockaddr_in6 *)&e->local)->sin6_port != 0;
}

static int bind_again(int fd, const struct end *e, int within_ms, cairn_error *err)
{
    const json_t *local = json_object_get(e->json, "local");
    return bind_once_free(fd, e, within_ms) == 0
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
        rc = bind_again(fd, &own, connected ? PORT_FREE_WITHIN_MS : LISTENER_WITHIN_MS,
                        connected ? NULL : err);
    if (rc != 0 && !connected) /* otherwise any port serves, as when the program connected */
        return rc;
    if (connected && type == SOCK_STREAM)
        (void)!connect(fd, (const struct sockaddr *)&peer, len);
    if (state_is(json, "listening") && listen(fd, (int)backlog) < 0)
        return cairn_fail_errno(err, "listening on a socket");
    return type == SOCK_STREAM ? finish(fd, json, number, err) : fd_store_place(fd, number, err);
}

static int send_datagram(const struct restoration *r, const struct end *to, const json_t *message,
                         cairn_error *err)
{
    auto_free void *bytes = NULL;
    size_t len;
    int64_t sender;
    int rc = json_need_int(message, "sender", 0, INT32_MAX, &sender, err);
    if (rc == 0)
        rc = hex_decode(json_string_value(json_object_get(message, "bytes")), UINT16_MAX, &bytes,
                        &len, err);
    if (rc == 0 && sendto(fd_store_description(r, sender), bytes, len, MSG_NOSIGNAL,
                          (const struct sockaddr *)&to->local, to->len) != (ssize_t)len)
        rc = cairn_fail_errno(err, "refilling a UDP socket");
    return rc;
}

/* Makes each sender send its waiting data again, once all sockets are bound. */
static int fill_udp(const struct restoration *r, size_t i, cairn_error *err)
{
    const json_t *json = json_array_get(json_object_get(r->meta, "descriptions"), i), *message;
    struct end to;
    size_t k;
    int rc = read_end(json, &to, err);
    json_array_foreach(json_object_get(json, "datagrams"), k, message)
    {
        if (rc == 0)
            rc = send_datagram(r, &to, message, err);
    }
    return rc;
}

static int finish_udp(const struct restoration *r, size_t i, cairn_error *err)
{
    const json_t *json = json_array_get(json_object_get(r->meta, "descriptions"), i);
    int fd = fd_store_description(r, (int64_t)i);
    struct sockaddr_storage peer;
    socklen_t len;
    int64_t shut = 0;
    int rc = json_may_int(json, "shutdown", 0, 3, &shut, err);
    if (rc == 0 && json_object_get(json, "peer"))
        rc = inet_from_json(json, "peer", &peer, &len, err);
    if (rc == 0 && json_object_get(json, "peer"))
        (void)!connect(fd, (const struct sockaddr *)&peer, len);
    if (rc == 0 && shut) /* 1 receiving, 2 sending, 3 both; shutdown() counts from 0 */
        shutdown(fd, (int)shut - 1);
    if (rc == 0)
        rc = multicast_join(fd, json_object_get(json, "groups"), err);
    return rc != 0 ? rc : set_options_and_flags(fd, json, err);
}

static int for_each_udp(const struct restoration *r,
                        int (*step)(const struct restoration *, size_t, cairn_error *),
                        cairn_error *err)
{
    size_t i;
    const json_t *json;
    int rc = 0;
    json_array_foreach(json_object_get(r->meta, "descriptions"), i, json)
    {
        if (rc == 0 && description_is_kind(json, "inet") &&
            json_integer_value(json_object_get(json, "type")) == SOCK_DGRAM)
            rc = step(r, i, err);
    }
    return rc;
}

/* Makes a connection that no process had accepted yet. */
static int make_waiting(const struct restoration *r, size_t i, cairn_error *err)
{
    const json_t *json = json_array_get(json_object_get(r->meta, "descriptions"), i);
    struct end own;
    struct sockaddr_storage peer;
    socklen_t len;
    int rc = read_end(json, &own, err);
    if (rc == 0)
        rc = inet_from_json(json, "peer", &peer, &len, err);
    if (rc != 0)
        return rc;
    auto_close int fd = connect_as(&own, &peer, len, err);
    return fd < 0 ? fd : finish_connected(fd, json, fd_store_description(r, (int64_t)i), err);
}

int inet_sockets_finish(const struct restoration *r, cairn_error *err)
{
    size_t i;
    const json_t *json;
    int rc = for_each_udp(r, fill_udp, err);
    if (rc == 0)
        rc = for_each_udp(r, finish_udp, err);
    json_array_foreach(json_object_get(r->meta, "descriptions"), i, json)
    {
        if (rc == 0 && description_is_kind(json, "inet") && json_object_get(json, "waits_at"))
            rc = make_waiting(r, i, err);
    }
    json_array_foreach(json_object_get(r->meta, "descriptions"), i, json)
    {
        if (rc == 0 && description_is_kind(json, "inet"))
            socket_options_apply_sharing(fd_store_description(r, (int64_t)i),
                                         json_object_get(json, "options"));
    }
    return rc;
}

static bool is_abandoned(const json_t *json)
{
    return description_is_kind(json, "inet") && !json_object_get(json, "waits_at") &&
           (state_is(json, "reset") || state_is(json, "ended") || state_is(json, "connected"));
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
        else if (rc == 0 && other < 0 && is_abandoned(json))
            rc = make_abandoned(json, fd_store_description(r, (int64_t)i), err);
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
    return json_object_get(json, "waits_at") /* made once its listener exists */
               ? 0
               : make_single(json, (int)type, fd_store_description(r, (int64_t)i), err);
}
