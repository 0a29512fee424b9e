/* TCP and UDP sockets. A connection whose two ends are of the tree is taken with what is queued in
 * it; one that leads out of it is refused, saying to whom. */
#include <errno.h>
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
#include "common/inet_json.h"
#include "proc/proc.h"
#include "task/freeze.h"

/* Over the loopback device, a delayed acknowledgement included. */
#define ARRIVES_WITHIN_US 500000
#define REFILLED_WITHIN_US 10000000

/* <net/tcp_states.h> of the kernel itself. */
enum tcp_state {
    FIN_WAIT1 = 4,
    FIN_WAIT2 = 5,
    CLOSED = 7,
    CLOSE_WAIT = 8,
    LAST_ACK = 9,
    LISTENING = 10,
    CLOSING = 11
};

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
    return state == FIN_WAIT1 || state == FIN_WAIT2 || state == CLOSING || state == LAST_ACK;
}

static bool peer_has_ended(unsigned state)
{
    return state == CLOSE_WAIT || state == LAST_ACK || state == CLOSING;
}

static const char *describe_state(const struct tcp_info *info)
{
    if (info->tcpi_state == LISTENING)
        return "listening";
    if (info->tcpi_state != CLOSED)
        return "connected";
    return info->tcpi_segs_out > 0 ? "reset" : "open"; /* it was connected once, or never */
}

static int describe_tcp(int fd, json_t *json, cairn_error *err)
{
    struct tcp_info info;
    int rc = ask(fd, &info, err);
    if (rc != 0)
        return rc;
    if (info.tcpi_state == LISTENING && info.tcpi_unacked > 0)
        return cairn_fail(err, CAIRN_EBUSY_TREE,
                          "a listening TCP socket with %u connections that are not yet accepted",
                          info.tcpi_unacked);
    json_object_set_new(json, "state", json_string(describe_state(&info)));
    if (info.tcpi_state == LISTENING)
        json_object_set_new(json, "backlog", json_integer(info.tcpi_sacked));
    json_object_set_new(json, "ended_sending", json_boolean(has_ended_sending(info.tcpi_state)));
    json_object_set_new(json, "peer_ended", json_boolean(peer_has_ended(info.tcpi_state)));
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

int describe_inet(int fd, int type, json_t *json, cairn_error *err)
{
    json_object_set_new(json, "kind", json_string("inet"));
    json_object_set_new(json, "type", json_integer(type));
    describe_address(fd, json, "local", getsockname);
    describe_address(fd, json, "peer", getpeername);
    json_object_set_new(json, "options", inet_options_read(fd));
    if (type == SOCK_STREAM)
        return describe_tcp(fd, json, err);
    return count(fd, SIOCINQ) == 0
               ? 0
               : cairn_fail(err, CAIRN_EBUSY_TREE, "a UDP socket with datagrams not yet received");
}

/* One way through a connection. */
struct way {
    int from, to; /* the socket that sends, and the one that receives */
};

/* What is queued at the receiver, without taking it out. A position for peeking is put back. */
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

/* Until all that was sent has arrived. *full: some could not be, since the receiver has no room. */
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

/* Puts back what drain() has taken out. It was all there before, and the connection is empty now:
 * there is room. */
static bool refill(const struct way *w, const char *bytes, size_t len)
{
    int64_t deadline = freeze_clock_us() + REFILLED_WITHIN_US;
    for (size_t done = 0; done < len;) {
        ssize_t n = send(w->from, bytes + done, len - done, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0)
            done += (size_t)n;
        else if (freeze_clock_us() > deadline)
            return false;
        else
            poll(&(struct pollfd){.fd = w->from, .events = POLLOUT}, 1, 10);
    }
    return true;
}

/* Takes everything out of a connection that is full, also what has not left the sender. */
static bool drain(const struct way *w, char *bytes, size_t *len)
{
    int64_t deadline = freeze_clock_us() + REFILLED_WITHIN_US;
    *len = 0;
    while (count(w->from, SIOCOUTQ) > 0 || count(w->to, SIOCINQ) > 0) {
        ssize_t n = recv(w->to, bytes + *len, INET_QUEUE_LIMIT - *len, MSG_DONTWAIT);
        if (n > 0)
            *len += (size_t)n;
        else if (freeze_clock_us() > deadline)
            return false;
        else
            poll(&(struct pollfd){.fd = w->to, .events = POLLIN}, 1, 10);
    }
    return true;
}

/* Nobody but the two ends can see what has not left the sender. All is taken out and sent again
 * while everybody stands; we are the only ones who have it meanwhile, so that a failure here is
 * the end of the supervisor and with it of the attempt, which goes on from the image before. */
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
    if (!drain(w, bytes, len) || !refill(w, bytes, *len))
        abort();
    return 0;
}

static int set_queue(json_t *json, const char *bytes, size_t len, cairn_error *err)
{
    auto_free char *hex = hex_encode(bytes, len);
    if (!hex)
        return cairn_fail(err, ENOMEM, "out of memory reading a socket");
    json_object_set_new(json, "queue", json_string(hex));
    return 0;
}

/* What a socket has not read, `full`: after it was taken out and sent again on this way. */
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

/* No process of the tree has the other end. What it sent before it closed is still there. */
static int capture_abandoned(const struct open_description *d, int fd, cairn_error *err)
{
    if (!json_is_true(json_object_get(d->json, "peer_ended")))
        return refuse(d, err);
    return capture_queue(fd, NULL, d->json, err);
}

static int capture_end(const struct objects *o, const struct open_description *d, cairn_error *err)
{
    const struct open_description *other = find_other_end(o, d);
    auto_close int fd = -1;
    auto_close int theirs = -1;
    int rc = description_borrow(d->pid, d->fd, &fd, err);
    if (rc != 0 || !other)
        return rc != 0 ? rc : capture_abandoned(d, fd, err);
    rc = description_borrow(other->pid, other->fd, &theirs, err);
    if (rc != 0)
        return rc;
    json_object_set_new(d->json, "other", json_integer(other - o->descriptions));
    return capture_way(&(struct way){.from = theirs, .to = fd}, d->json, err);
}

int capture_inet(const struct objects *o, cairn_error *err)
{
    for (size_t i = 0; i < o->description_count; i++) {
        const struct open_description *d = &o->descriptions[i];
        struct proc_status status;
        int rc = is_connected(d) ? capture_end(o, d, err) : 0;
        if (rc != 0)
            return proc_read_status(d->pid, d->pid, &status, NULL) != 0
                       ? rc
                       : cairn_fail_within(err, rc, "pid %d fd %d", status.ns_pid, d->fd);
    }
    return 0;
}
