/* Unix sockets, with what is queued in them; TCP and UDP: inet_sockets.c. All others are refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "capture/objects.h"
#include "common/cleanup.h"
#include "common/hex.h"

#define MESSAGE_LIMIT (1u << 20)
#define MESSAGES_LIMIT 65536
#define TCP_LISTEN_STATE 10

/* What the kernel tells of a unix socket. */
struct about {
    uint64_t peer; /* inode, 0 for none */
    unsigned state, shutdown, waiting, backlog;
};

static void read_attributes(const struct unix_diag_msg *message, size_t len, struct about *out)
{
    out->state = message->udiag_state;
    len -= sizeof *message;
    for (const struct rtattr *a = (const struct rtattr *)(message + 1); RTA_OK(a, len);
         a = RTA_NEXT(a, len)) {
        if (a->rta_type == UNIX_DIAG_PEER)
            out->peer = *(const uint32_t *)RTA_DATA(a);
        else if (a->rta_type == UNIX_DIAG_SHUTDOWN)
            out->shutdown = *(const uint8_t *)RTA_DATA(a);
        else if (a->rta_type == UNIX_DIAG_RQLEN) {
            const struct unix_diag_rqlen *lengths = RTA_DATA(a);
            out->waiting = lengths->udiag_rqueue;
            out->backlog = lengths->udiag_wqueue;
        }
    }
}

static int ask_about(uint64_t ino, struct about *out, cairn_error *err)
{
    struct {
        struct nlmsghdr header;
        struct unix_diag_req request;
    } call = {.header = {.nlmsg_len = sizeof call,
                         .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                         .nlmsg_flags = NLM_F_REQUEST},
              .request = {.sdiag_family = AF_UNIX,
                          .udiag_states = ~0u,
                          .udiag_ino = (uint32_t)ino,
                          .udiag_show = UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN,
                          .udiag_cookie = {~0u, ~0u}}};
    union {
        struct nlmsghdr header;
        char bytes[8192];
    } answer;
    auto_close int diag = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (diag < 0 || send(diag, &call, sizeof call, 0) < 0)
        return cairn_fail_errno(err, "asking the kernel about a unix socket");
    ssize_t n = recv(diag, &answer, sizeof answer, 0);
    if (n < (ssize_t)(sizeof answer.header + sizeof(struct unix_diag_msg)) ||
        answer.header.nlmsg_type != SOCK_DIAG_BY_FAMILY || answer.header.nlmsg_len > (size_t)n)
        return cairn_fail(err, CAIRN_EHOST,
                          "the kernel does not tell about unix sockets (CONFIG_UNIX_DIAG)");
    *out = (struct about){0};
    read_attributes(NLMSG_DATA(&answer.header), answer.header.nlmsg_len - NLMSG_HDRLEN, out);
    return 0;
}

static bool carries_descriptors(struct msghdr *header)
{
    bool found = false;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        found = true;
        for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++)
            close(((const int *)CMSG_DATA(c))[i]); /* looking at them has made copies */
    }
    return found;
}

static int peek_messages(int fd, json_t *messages, cairn_error *err)
{
    auto_free char *bytes = malloc(MESSAGE_LIMIT);
    auto_free char *control = malloc(4096);
    if (!bytes || !control)
        return cairn_fail(err, ENOMEM, "out of memory reading a socket");
    for (unsigned i = 0; i < MESSAGES_LIMIT; i++) {
        struct iovec data = {bytes, MESSAGE_LIMIT};
        struct msghdr header = {
            .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = 4096};
        ssize_t n = recvmsg(fd, &header, MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (n < 0)
            return errno == EAGAIN || errno == EINVAL || errno == ENOTCONN
                       ? 0
                       : cairn_fail_errno(err, "reading what is queued in a socket");
        if (carries_descriptors(&header))
            return cairn_fail(err, CAIRN_EUNSUPPORTED,
                              "a socket with descriptors on their way through it");
        if (header.msg_flags & MSG_TRUNC)
            return cairn_fail(err, CAIRN_EUNSUPPORTED, "a socket with a message over %u bytes",
                              MESSAGE_LIMIT);
        if (n == 0)
            return 0;
        auto_free char *hex = hex_encode(bytes, (size_t)n);
        json_array_append_new(messages, json_string(hex ? hex : ""));
    }
    return cairn_fail(err, CAIRN_EUNSUPPORTED, "a socket with more than %u messages",
                      MESSAGES_LIMIT);
}

/* What is queued, without taking it out: a position for peeking moves along, and is put back. */
static int peek_queue(int fd, json_t *json, cairn_error *err)
{
    json_t *messages = json_array();
    json_object_set_new(json, "messages", messages);
    int before = -1, start = 0;
    socklen_t len = sizeof before;
    if (getsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &before, &len) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &start, sizeof start) < 0)
        return cairn_fail_errno(err, "preparing to read a socket");
    int rc = peek_messages(fd, messages, err);
    setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &before, sizeof before);
    return rc;
}

/* An address as a hex string; none for a socket without a name. */
static void describe_name(json_t *json, const char *key, const struct sockaddr_un *name,
                          socklen_t len)
{
    if (len <= offsetof(struct sockaddr_un, sun_path) || len > sizeof *name)
        return;
    auto_free char *hex = hex_encode(name, len);
    json_object_set_new(json, key, json_string(hex ? hex : ""));
}

static void describe_options(int fd, json_t *json)
{
    static const int options[] = {SO_SNDBUF, SO_RCVBUF, SO_PASSCRED};
    json_t *values = json_array();
    json_object_set_new(json, "options", values);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        int value = 0;
        socklen_t len = sizeof value;
        getsockopt(fd, SOL_SOCKET, options[i], &value, &len);
        json_array_append_new(values, json_integer(value));
    }
    static const int timeouts[] = {SO_RCVTIMEO, SO_SNDTIMEO};
    json_t *times = json_array();
    json_object_set_new(json, "timeouts", times);
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
        struct timeval value = {0};
        socklen_t len = sizeof value;
        getsockopt(fd, SOL_SOCKET, timeouts[i], &value, &len);
        json_array_append_new(
            times, json_pack("[I, I]", (json_int_t)value.tv_sec, (json_int_t)value.tv_usec));
    }
}

static bool is_inet(int fd, int family, int type)
{
    int protocol = 0;
    socklen_t len = sizeof protocol;
    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len);
    return (family == AF_INET || family == AF_INET6) &&
           ((type == SOCK_STREAM && protocol == IPPROTO_TCP) ||
            (type == SOCK_DGRAM && protocol == IPPROTO_UDP));
}

int describe_socket(const struct captured_process *p, int number, uint64_t ino, json_t *json,
                    cairn_error *err)
{
    auto_close int fd = -1;
    int rc = description_borrow(p->pid, number, &fd, err);
    if (rc != 0)
        return rc;
    int family = 0, type = 0;
    socklen_t len = sizeof family;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) < 0 ||
        getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
        return cairn_fail_errno(err, "pid %d fd %d: asking about a socket", p->ns_pid, number);
    if (is_inet(fd, family, type)) {
        rc = describe_inet(fd, type, json, err);
        return rc != 0 ? cairn_fail_within(err, rc, "pid %d fd %d", p->ns_pid, number) : 0;
    }
    if (family != AF_UNIX)
        return cairn_fail(
            err, CAIRN_EUNSUPPORTED,
            "pid %d fd %d: a socket of family %d and type %d, which this version does not save",
            p->ns_pid, number, family, type);
    struct about about;
    rc = ask_about(ino, &about, err);
    if (rc != 0)
        return cairn_fail_within(err, rc, "pid %d fd %d", p->ns_pid, number);
    bool listens = about.state == TCP_LISTEN_STATE;
    if (listens && about.waiting > 0)
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "pid %d fd %d: a listening unix socket with %u connections that are not "
                          "yet accepted",
                          p->ns_pid, number, about.waiting);
    json_object_set_new(json, "kind", json_string("socket"));
    json_object_set_new(json, "socket", json_integer((json_int_t)ino));
    json_object_set_new(json, "peer", json_integer((json_int_t)about.peer));
    json_object_set_new(json, "type", json_integer(type));
    json_object_set_new(json, "shutdown", json_integer(about.shutdown));
    json_object_set_new(json, "backlog", json_integer(listens ? about.backlog : 0));
    json_object_set_new(json, "listening", json_boolean(listens));
    struct sockaddr_un name;
    len = sizeof name;
    if (getsockname(fd, (struct sockaddr *)&name, &len) == 0)
        describe_name(json, "name", &name, len);
    len = sizeof name;
    bool connected = getpeername(fd, (struct sockaddr *)&name, &len) == 0;
    if (connected)
        describe_name(json, "peer_name", &name, len);
    json_object_set_new(json, "connected", json_boolean(connected));
    describe_options(fd, json);
    char path[64];
    auto_free char *folder = NULL;
    snprintf(path, sizeof path, "/proc/%d/cwd", p->pid);
    rc = proc_read_link(path, &folder, err); /* a name may be relative to it */
    if (rc != 0)
        return rc;
    json_object_set_new(json, "folder", json_string(folder));
    rc = listens ? 0 : peek_queue(fd, json, err);
    return rc != 0 ? cairn_fail_within(err, rc, "pid %d fd %d", p->ns_pid, number) : 0;
}

static const struct open_description *find_socket(const struct objects *o, json_int_t ino)
{
    for (size_t i = 0; i < o->description_count; i++)
        if (description_is(&o->descriptions[i], "socket") &&
            json_integer_value(json_object_get(o->descriptions[i].json, "socket")) == ino)
            return &o->descriptions[i];
    return NULL;
}

int capture_sockets(const struct objects *o, cairn_error *err)
{
    for (size_t i = 0; i < o->description_count; i++) {
        const struct open_description *d = &o->descriptions[i];
        json_int_t own = json_integer_value(json_object_get(d->json, "socket")),
                   peer = json_integer_value(json_object_get(d->json, "peer"));
        if (!description_is(d, "socket") || peer == 0)
            continue;
        const struct open_description *other = find_socket(o, peer);
        bool mutual = other && json_integer_value(json_object_get(other->json, "peer")) == own;
        bool by_name = json_integer_value(json_object_get(d->json, "type")) == SOCK_DGRAM &&
                       json_object_get(d->json, "peer_name");
        if (!mutual && !by_name)
            return cairn_fail(err, CAIRN_EUNSUPPORTED,
                              "fd %d: a unix socket whose other end is held by a process outside "
                              "of the step, or not yet accepted by one of it",
                              d->fd);
    }
    return 0;
}
