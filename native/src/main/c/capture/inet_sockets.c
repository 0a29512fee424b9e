/* TCP and UDP sockets. A connection with both ends in the tree is captured with its queued data; a
 * connection to another process is refused, and the message names its peer. */
#include <errno.h>
#include <limits.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "capture/objects.h"
#include "common/cleanup.h"
#include "common/hex.h"
#include "common/inet_diag.h"
#include "common/inet_json.h"
#include "common/multicast.h"
#include "common/socket_options.h"
#include "proc/proc.h"
#include "task/freeze.h"

/* Long enough for the loopback device, a delayed acknowledgement included. */
#define ARRIVES_WITHIN_US 500000
#define REFILLED_WITHIN_US 10000000
#define DATAGRAM_LIMIT 65536
#define DATAGRAMS_LIMIT 4096

static int count(int fd, unsigned long request)
{
    int value = 0;
    return ioctl(fd, request, &value) == 0 ? value : 0;
}

static int ask(int fd, struct tcp_info *out, cairn_error *err)
{
    socklen_t len = sizeof *out;
    *out = (struct tcp_info){0};
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, out, &len) == 0
               ? 0
               : cairn_fail_errno(err, "asking about a TCP socket");
}

static bool has_ended_sending(unsigned state)
{
    return state == INET_FIN_WAIT1 || state == INET_FIN_WAIT2 || state == INET_CLOSING ||
           state == INET_LAST_ACK;
}

static bool peer_has_ended(unsigned state)
{
    return state == INET_CLOSE_WAIT || state == INET_LAST_ACK || state == INET_CLOSING;
}

static bool is_ready(int fd, short events)
{
    struct pollfd ready = {.fd = fd, .events = events};
    return poll(&ready, 1, 0) > 0 && ready.revents & events;
}

static const char *describe_state(int fd, const struct tcp_info *info)
{
    if (info->tcpi_state == INET_LISTENING)
        return "listening";
    if (info->tcpi_state != INET_CLOSED)
        return "connected";
    if (info->tcpi_segs_out == 0)
        return "open"; /* it was never connected */
    return is_ready(fd, POLLERR) ? "reset" : "ended";
}

/* Whether this end no longer receives, though the other end may still send. */
static bool has_ended_receiving(int fd, unsigned state)
{
    return state != INET_LISTENING && state != INET_CLOSED && !peer_has_ended(state) &&
           is_ready(fd, POLLRDHUP);
}

static int describe_tcp(int fd, json_t *json, cairn_error *err)
{
    struct tcp_info info;
    int rc = ask(fd, &info, err);
    if (rc != 0)
        return rc;
    if (info.tcpi_state == INET_LISTENING && info.tcpi_unacked > 0)
        json_object_set_new(json, "waiting", json_integer(info.tcpi_unacked));
    json_object_set_new(json, "state", json_string(describe_state(fd, &info)));
    if (info.tcpi_state == INET_LISTENING)
        json_object_set_new(json, "backlog", json_integer(info.tcpi_sacked));
    json_object_set_new(json, "ended_sending", json_boolean(has_ended_sending(info.tcpi_state)));
    json_object_set_new(json, "peer_ended", json_boolean(peer_has_ended(info.tcpi_state)));
    json_object_set_new(json, "ended_receiving",
                        json_boolean(has_ended_receiving(fd, info.tcpi_state)));
    if (info.tcpi_state != INET_LISTENING && is_ready(fd, POLLPRI))
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "a TCP socket with urgent data (MSG_OOB) that is not yet received");
    return 0;
}

static void describe_address(int fd, json_t *json, const char *key,
                             int (*name)(int, struct sockaddr *, socklen_t *))
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    json_t *described =
        name(fd, (struct sockaddr *)&address, &len) == 0 ? inet_to_json(&address) : NULL;
    if (described)
        json_object_set_new(json, key, described);
}

struct udp_search {
    uint64_t ino;
    unsigned shutdown;
};

static void note_shutdown(void *context, const struct inet_seen *seen)
{
    struct udp_search *search = context;
    if (seen->ino == search->ino)
        search->shutdown = seen->shutdown;
}

/* Only a connected socket can be shut down. */
static unsigned udp_shutdown(int fd, uint64_t ino, int protocol)
{
    struct sockaddr_storage local = {0};
    socklen_t len = sizeof local;
    struct udp_search search = {.ino = ino};
    if (getsockname(fd, (struct sockaddr *)&local, &len) == 0)
        inet_diag_each(local.ss_family, protocol, inet_port(&local), note_shutdown, &search);
    return search.shutdown;
}

/* Reads a waiting datagram with the address of its sender; 0 if there is none. Peeking at
 * an empty datagram removes it, so the next checkpoint would miss it. */
static int peek_datagram(int fd, char *bytes, json_t *queue, cairn_error *err)
{
    struct sockaddr_storage from = {0};
    struct iovec data = {bytes, DATAGRAM_LIMIT};
    struct msghdr header = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_name = &from, .msg_namelen = sizeof from};
    ssize_t n = recvmsg(fd, &header, MSG_PEEK | MSG_DONTWAIT);
    if (n < 0)
        return 0;
    auto_free char *hex = hex_encode(bytes, (size_t)n);
    json_t *sender = inet_to_json(&from);
    if (!sender)
        return cairn_fail(err, CAIRN_EBUSY_TREE, "a UDP socket with a datagram of nobody");
    json_array_append_new(queue, json_pack("{s:s, s:o}", "bytes", hex ? hex : "", "from", sender));
    return 1;
}

/* Finds an empty datagram, and then all others. An empty one that was peeked at before shows only
 * to a peek at the head of the queue; every other datagram shows to a peek from offset 0 on. */
static int peek_datagrams(int fd, json_t *json, cairn_error *err)
{
    int before = -1, head = -1, start = 0, rc;
    socklen_t len = sizeof before;
    auto_free char *bytes = malloc(DATAGRAM_LIMIT);
    if (!bytes)
        return cairn_fail(err, ENOMEM, "out of memory reading a socket");
    json_t *queue = json_array();
    json_object_set_new(json, "datagrams", queue);
    if (getsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &before, &len) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &head, sizeof head) < 0)
        return cairn_fail_errno(err, "preparing to read a socket");
    rc = peek_datagram(fd, bytes, queue, err);
    if (rc == 1 && json_string_length(json_object_get(json_array_get(queue, 0), "bytes")) > 0)
        json_array_clear(queue);
    setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &start, sizeof start);
    while (rc == 1 && json_array_size(queue) < DATAGRAMS_LIMIT)
        rc = peek_datagram(fd, bytes, queue, err);
    setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &before, sizeof before);
    return rc == 1 ? cairn_fail(err, CAIRN_EBUSY_TREE, "a UDP socket with over %d datagrams",
                                DATAGRAMS_LIMIT)
                   : rc;
}

static int describe_udp(int fd, uint64_t ino, int protocol, json_t *json, cairn_error *err)
{
    json_t *groups = multicast_read(fd);
    json_object_set_new(json, "groups", groups);
    if (json_object_get(json, "peer"))
        json_object_set_new(json, "shutdown", json_integer(udp_shutdown(fd, ino, protocol)));
    return peek_datagrams(fd, json, err);
}

int describe_inet(int fd, int type, uint64_t ino, json_t *json, cairn_error *err)
{
    int protocol = 0;
    socklen_t len = sizeof protocol;
    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len);
    json_object_set_new(json, "kind", json_string("inet"));
    json_object_set_new(json, "type", json_integer(type));
    json_object_set_new(json, "protocol", json_integer(protocol));
    describe_address(fd, json, "local", getsockname);
    describe_address(fd, json, "peer", getpeername);
    json_t *options;
    int rc = socket_options_read(fd, &options, err);
    if (rc != 0)
        return rc;
    json_object_set_new(json, "options", options);
    return type == SOCK_STREAM ? describe_tcp(fd, json, err)
                               : describe_udp(fd, ino, protocol, json, err);
}

/* One direction of a connection. */
struct way {
    int from, to; /* the sending socket and the receiving socket */
};

/* Reads the receiver's queue without removing anything. Restores the socket's peek offset
 * (SO_PEEK_OFF). */
static int peek_queue(int fd, size_t len, char *bytes, cairn_error *err)
{
    int before = -1, start = 0;
    socklen_t size = sizeof before;
    bool moves = getsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &before, &size) == 0 && before >= 0 &&
                 setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &start, sizeof start) == 0;
    ssize_t n = recv(fd, bytes, len, MSG_PEEK | MSG_DONTWAIT);
    if (moves)
        setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &before, sizeof before);
    return n == (ssize_t)len
               ? 0
               : cairn_fail(err, CAIRN_EBUSY_TREE,
                            "a TCP socket shows %zd of the %zu bytes queued in it", n, len);
}

/* Waits until all sent data has arrived. *full: some data stays at the sender, because the receiver
 * has no room. */
static int await_arrival(const struct way *w, bool *full, cairn_error *err)
{
    int64_t deadline = freeze_clock_us() + ARRIVES_WITHIN_US;
    for (;;) {
        struct tcp_info sender, receiver;
        int rc = ask(w->from, &sender, err);
        if (rc == 0)
            rc = ask(w->to, &receiver, err);
        if (rc != 0)
            return rc;
        bool arrived =
            sender.tcpi_bytes_sent - sender.tcpi_bytes_retrans <= receiver.tcpi_bytes_received;
        *full = sender.tcpi_notsent_bytes > 0;
        if (arrived && (!*full || sender.tcpi_unacked == 0))
            return 0;
        if (freeze_clock_us() > deadline)
            return cairn_fail(err, CAIRN_EBUSY_TREE, "a TCP connection does not come to rest");
        poll(NULL, 0, 1);
    }
}

/* Sets the largest buffer that this user may set, so that the queued data fits even if the kernel
 * now gives the connection less memory. */
static void make_room(const struct way *w)
{
    int most = INT_MAX / 4;
    setsockopt(w->from, SOL_SOCKET, SO_SNDBUF, &most, sizeof most);
    setsockopt(w->to, SOL_SOCKET, SO_RCVBUF, &most, sizeof most);
}

/* Whether another try may succeed. Waits before that try. */
static bool is_passing(int fd, short events)
{
    if (errno != EAGAIN && errno != EINTR && errno != ENOMEM && errno != ENOBUFS)
        return false;
    poll(&(struct pollfd){.fd = fd, .events = events}, 1, 10);
    return true;
}

/* Sends again what drain() has received, however long that takes, because no other copy exists. The
 * connection is empty now and held all of the data before, so there is room. */
static int refill(const struct way *w, const char *bytes, size_t len, cairn_error *err)
{
    int64_t patient_until = freeze_clock_us() + REFILLED_WITHIN_US;
    for (size_t done = 0; done < len;) {
        ssize_t n = send(w->from, bytes + done, len - done, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0)
            done += (size_t)n;
        else if (!is_passing(w->from, POLLOUT))
            return cairn_fail_errno(err, "a TCP connection broke during the checkpoint");
        else if (freeze_clock_us() > patient_until)
            make_room(w);
    }
    return 0;
}

/* Receives everything from a full connection, including the data that has not left the sender. */
static int drain(const struct way *w, char *bytes, size_t *len, cairn_error *err)
{
    *len = 0;
    while (count(w->from, SIOCOUTQ) > 0 || count(w->to, SIOCINQ) > 0) {
        ssize_t n = recv(w->to, bytes + *len, INET_QUEUE_LIMIT - *len, MSG_DONTWAIT);
        if (n > 0)
            *len += (size_t)n;
        else if (n == 0 || !is_passing(w->to, POLLIN))
            return cairn_fail(err, CAIRN_EBUSY_TREE,
                              "a TCP connection broke during the checkpoint");
    }
    return 0;
}

/* Only the two ends can see the data that has not left the sender. So the capture receives all of
 * it and sends it again, while all processes are frozen. */
static int capture_full(const struct way *w, char *bytes, size_t *len, cairn_error *err)
{
    struct tcp_info sender;
    int corked = 0;
    socklen_t size = sizeof corked;
    int rc = ask(w->from, &sender, err);
    if (rc != 0)
        return rc;
    getsockopt(w->from, IPPROTO_TCP, TCP_CORK, &corked, &size);
    size_t all = (size_t)count(w->from, SIOCOUTQ) + (size_t)count(w->to, SIOCINQ);
    if (corked || has_ended_sending(sender.tcpi_state) || all > INET_QUEUE_LIMIT / 2)
        return cairn_fail(err, CAIRN_EBUSY_TREE,
                          "a TCP connection that is full and cannot be emptied and filled again");
    json_auto_t *options_from = NULL;
    json_auto_t *options_to = NULL;
    rc = socket_options_read(w->from, &options_from, err);
    if (rc == 0)
        rc = socket_options_read(w->to, &options_to, err);
    if (rc == 0)
        rc = drain(w, bytes, len, err);
    if (rc == 0)
        rc = refill(w, bytes, *len, err);
    if (rc == 0) {
        socket_options_apply_buffers(w->from, options_from);
        socket_options_apply_buffers(w->to, options_to);
    }
    return rc;
}

static int set_queue(json_t *json, const char *bytes, size_t len, cairn_error *err)
{
    auto_free char *hex = hex_encode(bytes, len);
    if (!hex)
        return cairn_fail(err, ENOMEM, "out of memory reading a socket");
    json_object_set_new(json, "queue", json_string(hex));
    return 0;
}

/* Records the unread data of a socket. `full`: the data was received and sent again in this
 * direction. */
static int capture_queue(int fd, const struct way *full, json_t *json, cairn_error *err)
{
    size_t len = (size_t)count(fd, SIOCINQ);
    if (len > INET_QUEUE_LIMIT)
        return cairn_fail(err, CAIRN_EUNSUPPORTED, "a TCP socket with %zu bytes queued in it", len);
    auto_free char *bytes = malloc(full ? INET_QUEUE_LIMIT : len + 1);
    if (!bytes)
        return cairn_fail(err, ENOMEM, "out of memory reading a socket");
    int rc = full      ? capture_full(full, bytes, &len, err)
             : len > 0 ? peek_queue(fd, len, bytes, err)
                       : 0;
    return rc != 0 ? rc : set_queue(json, bytes, len, err);
}

static int capture_way(const struct way *w, json_t *json, cairn_error *err)
{
    bool full = false;
    int rc = await_arrival(w, &full, err);
    return rc != 0 ? rc : capture_queue(w->to, full ? w : NULL, json, err);
}

static bool is_connected(const struct open_description *d)
{
    const char *state = json_string_value(json_object_get(d->json, "state"));
    return description_is(d, "inet") && state && strcmp(state, "connected") == 0;
}

static const json_t *port_of(const json_t *json, const char *key)
{
    return json_object_get(json_object_get(json, key), "port");
}

static bool leads_to(const json_t *a, const json_t *b)
{
    struct sockaddr_storage peer, local;
    socklen_t len;
    return json_equal(port_of(a, "peer"), port_of(b, "local")) &&
           inet_from_json(a, "peer", &peer, &len, NULL) == 0 &&
           inet_from_json(b, "local", &local, &len, NULL) == 0 && inet_same(&peer, &local);
}

static const struct open_description *find_other_end(const struct objects *o,
                                                     const struct open_description *d)
{
    for (size_t i = 0; i < o->description_count; i++) {
        const struct open_description *other = &o->descriptions[i];
        if (other != d && is_connected(other) && leads_to(d->json, other->json) &&
            leads_to(other->json, d->json))
            return other;
    }
    return NULL;
}

static int refuse(const struct open_description *d, cairn_error *err)
{
    const json_t *peer = json_object_get(d->json, "peer");
    const char *address = json_string_value(json_object_get(peer, "address"));
    return cairn_fail(err, CAIRN_EUNSUPPORTED,
                      "connected TCP socket to %s:%lld, which is not of the step; a checkpoint is "
                      "possible while it is closed, or with `checkpoint.engine: app`",
                      address ? address : "an unknown address",
                      (long long)json_integer_value(json_object_get(peer, "port")));
}

static bool listens_for(const struct open_description *listener, const json_t *client)
{
    struct sockaddr_storage local, peer;
    socklen_t len;
    return description_is(listener, "inet") && json_object_get(listener->json, "waiting") &&
           inet_from_json(client, "peer", &peer, &len, NULL) == 0 &&
           inet_from_json(listener->json, "local", &local, &len, NULL) == 0 &&
           (inet_same(&local, &peer) ||
            (inet_is_any(&local) && inet_port(&local) == inet_port(&peer)));
}

/* Finds the step's listener whose queue holds this connection, or NULL. Data sent over a connection
 * that waits to be accepted cannot be read, nor can the order of several such connections. */
static const struct open_description *find_listener(const struct objects *o,
                                                    const struct open_description *client, int fd)
{
    struct tcp_info info;
    if (ask(fd, &info, NULL) != 0 || info.tcpi_bytes_sent > 0 || has_ended_sending(info.tcpi_state))
        return NULL;
    for (size_t i = 0; i < o->description_count; i++) {
        const struct open_description *listener = &o->descriptions[i];
        if (listens_for(listener, client->json) &&
            json_integer_value(json_object_get(listener->json, "waiting")) == 1)
            return listener;
    }
    return NULL;
}

/* Its listener says so. */
static bool is_waiting(const struct objects *o, const struct open_description *client)
{
    for (size_t i = 0; i < o->description_count; i++)
        if (listens_for(&o->descriptions[i], client->json))
            return true;
    return false;
}

static int check_waiting(const struct open_description *d, cairn_error *err)
{
    json_int_t waiting = json_integer_value(json_object_get(d->json, "waiting"));
    return waiting == 0 || json_object_get(d->json, "client")
               ? 0
               : cairn_fail(
                     err, CAIRN_EBUSY_TREE,
                     "a listening TCP socket with %lld connections that are not yet accepted",
                     (long long)waiting);
}

/* No process of the tree has the other end. The data that the other end sent before it closed is
 * still there. */
static int capture_abandoned(const struct objects *o, const struct open_description *d, int fd,
                             cairn_error *err)
{
    if (!json_is_true(json_object_get(d->json, "peer_ended"))) {
        const struct open_description *listener = find_listener(o, d, fd);
        if (!listener)
            return is_waiting(o, d) ? 0 : refuse(d, err);
        json_object_set_new(d->json, "waits_at", json_integer(listener - o->descriptions));
        json_object_set_new(listener->json, "client", json_integer(d - o->descriptions));
        return 0;
    }
    return capture_queue(fd, NULL, d->json, err);
}

static int capture_end(const struct objects *o, const struct open_description *d, cairn_error *err)
{
    const struct open_description *other = find_other_end(o, d);
    auto_close int fd = -1;
    auto_close int theirs = -1;
    int rc = description_borrow(d->pid, d->fd, &fd, err);
    if (rc != 0 || !other)
        return rc != 0 ? rc : capture_abandoned(o, d, fd, err);
    rc = description_borrow(other->pid, other->fd, &theirs, err);
    if (rc != 0)
        return rc;
    json_object_set_new(d->json, "other", json_integer(other - o->descriptions));
    return capture_way(&(struct way){.from = theirs, .to = fd}, d->json, err);
}

static bool is_udp(const json_t *json)
{
    return json_integer_value(json_object_get(json, "type")) == SOCK_DGRAM;
}

/* Whether this socket sent from that address: it is bound to the address, or to its port alone. */
static bool has_sent(const struct open_description *d, const struct sockaddr_storage *from)
{
    struct sockaddr_storage local;
    socklen_t len;
    if (!description_is(d, "inet") || !is_udp(d->json) ||
        inet_from_json(d->json, "local", &local, &len, NULL) != 0)
        return false;
    return inet_same(&local, from) || (inet_port(&local) == inet_port(from) && inet_is_any(&local));
}

static int find_sender(const struct objects *o, json_t *datagram, cairn_error *err)
{
    struct sockaddr_storage from;
    socklen_t len;
    int rc = inet_from_json(datagram, "from", &from, &len, err);
    for (size_t i = 0; rc == 0 && i < o->description_count; i++)
        if (has_sent(&o->descriptions[i], &from)) {
            json_object_set_new(datagram, "sender", json_integer((json_int_t)i));
            return 0;
        }
    return rc != 0 ? rc
                   : cairn_fail(err, CAIRN_EBUSY_TREE,
                                "a UDP socket with datagrams not yet received, of a sender that is "
                                "not of the step or has closed its socket");
}

static int send_datagram(const struct objects *o, const json_t *datagram,
                         const struct sockaddr_storage *to, socklen_t to_len, cairn_error *err)
{
    auto_free void *bytes = NULL;
    size_t len;
    auto_close int from = -1;
    const struct open_description *sender =
        &o->descriptions[json_integer_value(json_object_get(datagram, "sender"))];
    int rc = description_borrow(sender->pid, sender->fd, &from, err);
    if (rc == 0)
        rc = hex_decode(json_string_value(json_object_get(datagram, "bytes")), DATAGRAM_LIMIT,
                        &bytes, &len, err);
    if (rc == 0 && sendto(from, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL,
                          (const struct sockaddr *)to, to_len) < 0)
        rc = cairn_fail_errno(err, "sending the datagrams of a UDP socket again");
    return rc;
}

/* The kernel shows an empty datagram to one peek only, so the next checkpoint would miss it. Now
 * that the image has the datagrams, the capture receives them all and sends them again. */
static int renew_datagrams(const struct objects *o, const struct open_description *d,
                           cairn_error *err)
{
    const json_t *datagrams = json_object_get(d->json, "datagrams"), *datagram;
    struct sockaddr_storage local;
    socklen_t len;
    auto_close int fd = -1;
    size_t i;
    int rc = description_borrow(d->pid, d->fd, &fd, err);
    if (rc == 0)
        rc = inet_from_json(d->json, "local", &local, &len, err);
    for (i = json_array_size(datagrams); rc == 0 && i > 0; i--)
        if (recv(fd, NULL, 0, MSG_DONTWAIT | MSG_TRUNC) < 0)
            rc = cairn_fail_errno(err, "taking the datagrams of a UDP socket out");
    json_array_foreach(datagrams, i, datagram)
    {
        if (rc == 0)
            rc = send_datagram(o, datagram, &local, len, err);
    }
    return rc;
}

static int capture_datagrams(const struct objects *o, const struct open_description *d,
                             cairn_error *err)
{
    size_t i;
    json_t *datagram;
    bool empty = false;
    int rc = 0;
    json_array_foreach(json_object_get(d->json, "datagrams"), i, datagram)
    {
        if (rc == 0)
            rc = find_sender(o, datagram, err);
        empty |= json_string_length(json_object_get(datagram, "bytes")) == 0;
    }
    return rc == 0 && empty ? renew_datagrams(o, d, err) : rc;
}

static bool is_over(const struct open_description *d)
{
    const char *state = json_string_value(json_object_get(d->json, "state"));
    return description_is(d, "inet") && state &&
           (strcmp(state, "ended") == 0 || strcmp(state, "reset") == 0);
}

/* The data that arrived before the connection ended can still be read. */
static int capture_over(const struct open_description *d, cairn_error *err)
{
    auto_close int fd = -1;
    int rc = description_borrow(d->pid, d->fd, &fd, err);
    return rc != 0 ? rc : capture_queue(fd, NULL, d->json, err);
}

static int within(const struct open_description *d, int rc, cairn_error *err)
{
    struct proc_status status;
    return rc == 0 || proc_read_status(d->pid, d->pid, &status, NULL) != 0
               ? rc
               : cairn_fail_within(err, rc, "pid %d fd %d", status.ns_pid, d->fd);
}

int capture_inet(const struct objects *o, cairn_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < o->description_count; i++) {
        const struct open_description *d = &o->descriptions[i];
        rc = is_connected(d) ? capture_end(o, d, err)
             : is_over(d)    ? capture_over(d, err)
                             : capture_datagrams(o, d, err);
        rc = within(d, rc, err);
    }
    for (size_t i = 0; rc == 0 && i < o->description_count; i++)
        rc = within(&o->descriptions[i], check_waiting(&o->descriptions[i], err), err);
    return rc;
}
