/* Unix sockets. */
#include "generator.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};

static void put(struct object *o, int fd, uint32_t messages, uint32_t most, uint32_t least)
{
    for (uint32_t i = 0; i < messages; i++) {
        size_t len = least + pick(o, most);
        note(o, "send", send(fd, bytes_of(o, i, len), len, MSG_DONTWAIT | MSG_NOSIGNAL));
    }
}

static socklen_t address_at(const struct object *o, struct sockaddr_un *out, const char *suffix,
                            bool abstract)
{
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(out->sun_path + abstract, sizeof out->sun_path - 1, "%s", name_of(o, suffix));
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name_of(o, suffix)) + 1);
}

/* Sends through one and receives from the other. */
static void exchange(struct object *o, int from, int to)
{
    uint8_t bytes[8192];
    size_t len = 1 + pick(o, 2000);
    ssize_t out =
        send(from, bytes_of(o, (uint32_t)o->counts[0]++, len), len, MSG_DONTWAIT | MSG_NOSIGNAL);
    int out_error = out < 0 ? errno : 0;
    ssize_t in = recv(to, bytes, 1 + pick(o, sizeof bytes), MSG_DONTWAIT);
    say(o, "sent %zd (%d) received %zd (%d) %d", out, out_error, in, in < 0 ? errno : 0,
        in > 0 ? bytes[0] * 256 + bytes[in - 1] : 0);
}

static void act_pair_of_sockets(struct object *o)
{
    int from = (int)pick(o, 2);
    exchange(o, o->fds[from], o->fds[!from]);
}
ACTING_KIND(pair_of_sockets)
{
    int pair[2];
    note(o, "socketpair", socketpair(AF_UNIX, types[pick(o, 3)] | SOCK_NONBLOCK, 0, pair));
    keep(o, pair[0]);
    keep(o, pair[1]);
    put(o, pair[0], pick(o, 6), 3000, 1);
    put(o, pair[1], pick(o, 6), 3000, 1);
    if (chance(o, 20))
        note(o, "shutdown", shutdown(pair[pick(o, 2)], (int)pick(o, 3)));
}

KIND(pair_with_empty_messages)
{
    int pair[2];
    note(o, "socketpair", socketpair(AF_UNIX, types[1 + pick(o, 2)] | SOCK_NONBLOCK, 0, pair));
    keep(o, pair[0]);
    keep(o, pair[1]);
    put(o, pair[0], 1 + pick(o, 5), 3, 0);
}

KIND(pair_with_one_end)
{
    int pair[2];
    note(o, "socketpair", socketpair(AF_UNIX, types[pick(o, 3)] | SOCK_NONBLOCK, 0, pair));
    keep(o, pair[0]);
    put(o, pair[1], pick(o, 6), 3000, 1);
    close(pair[1]);
}

KIND(pair_with_options)
{
    static const int flags[] = {
        SO_PASSCRED,  SO_KEEPALIVE,   SO_BROADCAST, SO_DONTROUTE,   SO_PASSSEC,
        SO_TIMESTAMP, SO_TIMESTAMPNS, SO_RXQ_OVFL,  SO_OOBINLINE,   SO_ZEROCOPY,
        SO_REUSEADDR, SO_REUSEPORT,   SO_NO_CHECK,  SO_LOCK_FILTER, 76 /* SO_PASSPIDFD */};
    int pair[2], value = 1;
    note(o, "socketpair", socketpair(AF_UNIX, types[pick(o, 3)] | SOCK_NONBLOCK, 0, pair));
    keep(o, pair[0]);
    keep(o, pair[1]);
    for (uint32_t i = pick(o, 4); i > 0; i--)
        note(o, "setsockopt",
             setsockopt(pair[0], SOL_SOCKET, flags[pick(o, 15)], &value, sizeof value));
    struct timeval wait = {1 + pick(o, 100), pick(o, 2) * 500000};
    if (chance(o, 40))
        note(o, "SO_RCVTIMEO", setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait));
    value = 4096 + (int)pick(o, 100000);
    if (chance(o, 40))
        note(o, "SO_SNDBUF", setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &value, sizeof value));
    value = 1 + (int)pick(o, 100);
    if (chance(o, 40))
        note(o, "SO_RCVLOWAT", setsockopt(pair[1], SOL_SOCKET, SO_RCVLOWAT, &value, sizeof value));
    value = (int)pick(o, 7);
    if (chance(o, 20))
        note(o, "SO_PRIORITY", setsockopt(pair[1], SOL_SOCKET, SO_PRIORITY, &value, sizeof value));
}

KIND(pair_with_a_place_to_peek_at)
{
    int pair[2], offset = (int)pick(o, 50);
    note(o, "socketpair", socketpair(AF_UNIX, types[pick(o, 3)] | SOCK_NONBLOCK, 0, pair));
    keep(o, pair[0]);
    keep(o, pair[1]);
    put(o, pair[1], 3, 500, 100);
    note(o, "SO_PEEK_OFF", setsockopt(pair[0], SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof offset));
}

KIND(pair_with_a_filter)
{
    struct sock_filter all[] = {BPF_STMT(BPF_RET | BPF_K, 0xffff)};
    struct sock_fprog program = {1, all};
    int pair[2];
    note(o, "socketpair", socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair));
    keep(o, pair[0]);
    keep(o, pair[1]);
    note(o, "SO_ATTACH_FILTER",
         setsockopt(pair[0], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
}

KIND(pair_with_urgent_data)
{
    int pair[2];
    note(o, "socketpair", socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair));
    keep(o, pair[0]);
    keep(o, pair[1]);
    put(o, pair[1], 1, 500, 1);
    note(o, "MSG_OOB", send(pair[1], "!", 1, MSG_OOB));
    put(o, pair[1], pick(o, 2), 500, 1);
}

static void send_descriptor(struct object *o, int over, int fd)
{
    char control[CMSG_SPACE(sizeof fd)] = {0};
    struct iovec byte = {(void *)(uintptr_t) "d", 1};
    struct msghdr message = {.msg_iov = &byte,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    *c = (struct cmsghdr){CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    note(o, "sendmsg", sendmsg(over, &message, MSG_DONTWAIT));
}

KIND(pair_with_descriptors_on_their_way)
{
    int pair[2];
    note(o, "socketpair", socketpair(AF_UNIX, types[pick(o, 3)] | SOCK_NONBLOCK, 0, pair));
    keep(o, pair[0]);
    keep(o, pair[1]);
    struct object *other = earlier_object(o);
    int fd = other && other->fd_count ? other->fds[0] : STDIN_FILENO;
    put(o, pair[1], pick(o, 2), 100, 1);
    send_descriptor(o, pair[1], fd);
    put(o, pair[1], pick(o, 2), 100, 1);
}

/* Received: two numbers of one description, by another way than dup. */
KIND(descriptor_that_was_passed)
{
    int pair[2];
    note(o, "socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    struct object *other = earlier_object(o);
    send_descriptor(o, pair[0], other && other->fd_count ? other->fds[0] : STDIN_FILENO);
    char byte, control[CMSG_SPACE(sizeof(int))];
    struct iovec vector = {&byte, 1};
    struct msghdr message = {.msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    int fd = -1;
    if (note(o, "recvmsg", recvmsg(pair[1], &message, 0)) == 1)
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    keep(o, fd);
    close(pair[0]);
    close(pair[1]);
}

static void act_listener_and_client(struct object *o)
{
    if (o->fd_count == 3)
        exchange(o, o->fds[1 + pick(o, 2)], o->fds[1 + pick(o, 2)]);
}
ACTING_KIND(listener_and_client)
{
    struct sockaddr_un at;
    socklen_t len = address_at(o, &at, "socket", chance(o, 40));
    int type = types[pick(o, 2) * 2] | SOCK_NONBLOCK;
    int listener = keep(o, socket(AF_UNIX, type, 0));
    note(o, "bind", bind(listener, (struct sockaddr *)&at, len));
    note(o, "listen", listen(listener, 1 + (int)pick(o, 20)));
    if (chance(o, 20))
        return;
    int client = keep(o, socket(AF_UNIX, type, 0));
    note(o, "connect", connect(client, (struct sockaddr *)&at, len));
    int accepted = keep(o, accept4(listener, NULL, NULL, SOCK_NONBLOCK));
    put(o, client, pick(o, 4), 2000, 1);
    put(o, accepted, pick(o, 4), 2000, 1);
}

KIND(listener_with_a_client_that_waits)
{
    struct sockaddr_un at;
    socklen_t len = address_at(o, &at, "socket", chance(o, 40));
    int listener = keep(o, socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    note(o, "bind", bind(listener, (struct sockaddr *)&at, len));
    note(o, "listen", listen(listener, 5));
    int client = keep(o, socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    note(o, "connect", connect(client, (struct sockaddr *)&at, len));
    put(o, client, pick(o, 3), 300, 1);
}

KIND(listener_without_a_name)
{
    struct sockaddr_un at;
    socklen_t len = address_at(o, &at, "socket", false);
    int listener = keep(o, socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    note(o, "bind", bind(listener, (struct sockaddr *)&at, len));
    note(o, "listen", listen(listener, 5));
    int client = keep(o, socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    note(o, "connect", connect(client, (struct sockaddr *)&at, len));
    keep(o, accept(listener, NULL, NULL));
    note(o, "unlink", unlink(at.sun_path));
}

/* The one that was accepted keeps the name, and the listener is gone. */
KIND(connection_whose_listener_is_gone)
{
    struct sockaddr_un at;
    socklen_t len = address_at(o, &at, "socket", chance(o, 50));
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    note(o, "bind", bind(listener, (struct sockaddr *)&at, len));
    note(o, "listen", listen(listener, 5));
    int client = keep(o, socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    note(o, "connect", connect(client, (struct sockaddr *)&at, len));
    keep(o, accept4(listener, NULL, NULL, SOCK_NONBLOCK));
    close(listener);
}

KIND(datagrams_to_a_name)
{
    struct sockaddr_un at, from;
    socklen_t len = address_at(o, &at, "socket", chance(o, 40));
    int server, client;
    bool client_first = chance(o, 40);
    client = client_first ? keep(o, socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) : -1;
    server = keep(o, socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    if (!client_first)
        client = keep(o, socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    note(o, "bind", bind(server, (struct sockaddr *)&at, len));
    if (chance(o, 50)) {
        socklen_t from_len = address_at(o, &from, "client", chance(o, 50));
        note(o, "bind", bind(client, (struct sockaddr *)&from, from_len));
    }
    note(o, "connect", connect(client, (struct sockaddr *)&at, len));
    put(o, client, pick(o, 5), 1000, pick(o, 2));
}

KIND(datagrams_without_a_connection)
{
    struct sockaddr_un at;
    socklen_t len = address_at(o, &at, "socket", chance(o, 50));
    int server = keep(o, socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    int client = keep(o, socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    note(o, "bind", bind(server, (struct sockaddr *)&at, len));
    for (uint32_t i = 1 + pick(o, 4); i > 0; i--) {
        size_t size = pick(o, 900);
        note(o, "sendto",
             sendto(client, bytes_of(o, i, size), size, MSG_DONTWAIT, (struct sockaddr *)&at, len));
    }
    if (chance(o, 40)) {
        close(client);
        o->fd_count--;
    }
}

KIND(socket_connected_to_itself)
{
    struct sockaddr_un at;
    socklen_t len = address_at(o, &at, "socket", chance(o, 50));
    int fd = keep(o, socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    note(o, "bind", bind(fd, (struct sockaddr *)&at, len));
    note(o, "connect", connect(fd, (struct sockaddr *)&at, len));
    put(o, fd, pick(o, 3), 300, 1);
}

KIND(socket_named_by_the_kernel)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = keep(o, socket(AF_UNIX, types[pick(o, 3)] | SOCK_NONBLOCK, 0));
    note(o, "bind", bind(fd, (struct sockaddr *)&at, sizeof at.sun_family));
}

KIND(socket_of_no_use_yet)
{
    keep(o, socket(AF_UNIX, types[pick(o, 3)] | SOCK_CLOEXEC, 0));
}

KIND(netlink_socket)
{
    struct sockaddr_nl at = {.nl_family = AF_NETLINK};
    int fd = keep(o, socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (chance(o, 50))
        note(o, "bind", bind(fd, (struct sockaddr *)&at, sizeof at));
}

KIND(other_socket)
{
    static const struct {
        int family, type, protocol;
    } others[] = {{40, SOCK_STREAM, 0},        {38, SOCK_SEQPACKET, 0},
                  {AF_INET, SOCK_STREAM, 262}, {AF_INET, SOCK_DGRAM, 1},
                  {AF_INET, SOCK_STREAM, 132}, {AF_INET, SOCK_DGRAM, 136}};
    uint32_t i = pick(o, 6);
    keep(o, socket(others[i].family, others[i].type, others[i].protocol));
}
