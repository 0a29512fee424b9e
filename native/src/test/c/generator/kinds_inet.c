/* TCP and UDP, over the loopback. */
#include "generator.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/sockios.h>

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    };
    socklen_t len;
};

static struct address loopback(int family)
{
    struct address a = {.len = family == AF_INET ? sizeof a.in : sizeof a.in6};
    a.any.sa_family = (sa_family_t)family;
    if (family == AF_INET)
        a.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
        a.in6.sin6_addr = in6addr_loopback;
    return a;
}

static int new_socket(struct object *o, int type, struct address *bound)
{
    int family = chance(o, 30) ? AF_INET6 : AF_INET;
    int fd = keep(o, socket(family, type | SOCK_NONBLOCK, 0));
    *bound = loopback(family);
    note(o, "bind", bind(fd, &bound->any, bound->len));
    getsockname(fd, &bound->any, &bound->len);
    return fd;
}

static void put(struct object *o, int fd, uint32_t messages, uint32_t most, uint32_t least)
{
    for (uint32_t i = 0; i < messages; i++) {
        size_t len = least + pick(o, most);
        note(o, "send", send(fd, bytes_of(o, i, len), len, MSG_DONTWAIT | MSG_NOSIGNAL));
    }
}

/* Until what was sent has arrived and that is known: the loopback takes no time that anybody could
 * rely on, and an acknowledgement may come 40 ms later. */
static void settle(int fd)
{
    for (int left = 1, i = 0; left && i < 2000; i++) {
        if (ioctl(fd, SIOCOUTQ, &left) != 0)
            return;
        if (left && i >= 1000)
            poll(NULL, 0, 1);
    }
}

struct connection {
    int listener, client, server;
};

static struct connection connected(struct object *o)
{
    struct address at;
    struct connection c;
    c.listener = new_socket(o, SOCK_STREAM, &at);
    note(o, "listen", listen(c.listener, 5));
    c.client = keep(o, socket(at.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0));
    connect(c.client, &at.any, at.len);
    struct pollfd ready = {c.listener, POLLIN, 0};
    poll(&ready, 1, 1000);
    c.server = keep(o, accept4(c.listener, NULL, NULL, SOCK_NONBLOCK));
    ready = (struct pollfd){c.client, POLLOUT, 0};
    poll(&ready, 1, 1000);
    return c;
}

static void act_tcp_connection(struct object *o)
{
    uint8_t bytes[8192];
    int from = 1 + (int)pick(o, 2), to = 3 - from;
    size_t len = 1 + pick(o, 2000);
    ssize_t out = send(o->fds[from], bytes_of(o, (uint32_t)o->counts[0]++, len), len,
                       MSG_DONTWAIT | MSG_NOSIGNAL);
    settle(o->fds[from]);
    struct pollfd ready = {o->fds[to], POLLIN, 0};
    poll(&ready, 1, out > 0 ? 1000 : 0);
    ssize_t in = recv(o->fds[to], bytes, 1 + pick(o, sizeof bytes), MSG_DONTWAIT);
    say(o, "sent %zd received %zd %d", out, in, in > 0 ? bytes[0] * 256 + bytes[in - 1] : 0);
}
ACTING_KIND(tcp_connection)
{
    struct connection c = connected(o);
    put(o, c.client, pick(o, 4), 5000, 1);
    put(o, c.server, pick(o, 4), 5000, 1);
    settle(c.client);
    settle(c.server);
}

KIND(tcp_connection_half_closed)
{
    struct connection c = connected(o);
    put(o, c.client, pick(o, 3), 5000, 1);
    put(o, c.server, pick(o, 3), 5000, 1);
    settle(c.client);
    settle(c.server);
    note(o, "shutdown", shutdown(chance(o, 50) ? c.client : c.server, (int)pick(o, 3)));
    settle(c.client);
    settle(c.server);
}

KIND(tcp_connection_closed_by_both)
{
    struct connection c = connected(o);
    put(o, c.client, 1 + pick(o, 3), 5000, 1);
    put(o, c.server, pick(o, 3), 5000, 1);
    settle(c.client);
    settle(c.server);
    note(o, "shutdown", shutdown(c.client, SHUT_WR));
    settle(c.client);
    note(o, "shutdown", shutdown(c.server, SHUT_WR));
    settle(c.server);
}

/* One end's descriptor is gone. */
KIND(tcp_connection_whose_other_end_is_closed)
{
    struct connection c = connected(o);
    put(o, c.client, pick(o, 3), 5000, 1);
    settle(c.client);
    close(c.client);
    o->fds[1] = o->fds[2];
    o->fd_count = 2;
    struct pollfd ready = {c.server, POLLRDHUP, 0};
    poll(&ready, 1, 1000);
}

KIND(tcp_connection_whose_listener_is_closed)
{
    struct connection c = connected(o);
    put(o, c.client, pick(o, 3), 5000, 1);
    settle(c.client);
    close(c.listener);
    o->fds[0] = o->fds[1];
    o->fds[1] = o->fds[2];
    o->fd_count = 2;
}

KIND(tcp_connection_with_urgent_data)
{
    struct connection c = connected(o);
    put(o, c.client, pick(o, 2), 500, 1);
    note(o, "MSG_OOB", send(c.client, "!", 1, MSG_OOB));
    put(o, c.client, pick(o, 2), 500, 1);
    settle(c.client);
}

KIND(tcp_connection_with_options)
{
    static const struct {
        int level, option, most;
    } options[] = {
        {IPPROTO_TCP, TCP_NODELAY, 2},
        {IPPROTO_TCP, TCP_CORK, 2},
        {IPPROTO_TCP, TCP_KEEPIDLE, 100},
        {IPPROTO_TCP, TCP_KEEPINTVL, 100},
        {IPPROTO_TCP, TCP_KEEPCNT, 20},
        {IPPROTO_TCP, TCP_SYNCNT, 20},
        {IPPROTO_TCP, TCP_LINGER2, 50},
        {IPPROTO_TCP, TCP_DEFER_ACCEPT, 10},
        {IPPROTO_TCP, TCP_WINDOW_CLAMP, 60000},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, 10000},
        {IPPROTO_TCP, TCP_NOTSENT_LOWAT, 5000},
        {IPPROTO_TCP, TCP_SAVE_SYN, 2},
        {IPPROTO_TCP, TCP_INQ, 2},
        {IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, 2},
        {IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, 2},
        {IPPROTO_TCP, TCP_MAXSEG, 1000},
        {SOL_SOCKET, SO_KEEPALIVE, 2},
        {SOL_SOCKET, SO_REUSEADDR, 2},
        {SOL_SOCKET, SO_OOBINLINE, 2},
        {SOL_SOCKET, SO_RCVLOWAT, 100},
        {SOL_SOCKET, SO_PRIORITY, 7},
        {SOL_SOCKET, SO_BUSY_POLL, 1},
        {SOL_SOCKET, SO_MAX_PACING_RATE, 1000000},
        {SOL_SOCKET, SO_ZEROCOPY, 2},
        {SOL_SOCKET, SO_INCOMING_CPU, 2},
        {SOL_SOCKET, SO_SNDBUF, 100000},
        {SOL_SOCKET, SO_RCVBUF, 100000},
        {IPPROTO_IP, IP_TOS, 200},
        {IPPROTO_IP, IP_TTL, 200},
        {IPPROTO_IP, IP_RECVTTL, 2},
        {IPPROTO_IP, IP_MTU_DISCOVER, 4},
        {IPPROTO_IP, IP_RECVERR, 2},
        {IPPROTO_IP, IP_MINTTL, 100},
        {IPPROTO_IP, IP_FREEBIND, 2},
        {IPPROTO_IPV6, IPV6_UNICAST_HOPS, 200},
        {IPPROTO_IPV6, IPV6_TCLASS, 200},
    };
    struct connection c = connected(o);
    int ends[] = {c.listener, c.client, c.server};
    for (uint32_t i = 1 + pick(o, 4); i > 0; i--) {
        uint32_t n = pick(o, sizeof options / sizeof *options);
        int value = 1 + (int)pick(o, (uint32_t)options[n].most);
        note(o, "setsockopt",
             setsockopt(ends[pick(o, 3)], options[n].level, options[n].option, &value,
                        sizeof value));
    }
    struct linger linger = {1, (int)pick(o, 100)};
    if (chance(o, 30))
        note(o, "SO_LINGER", setsockopt(c.client, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
    if (chance(o, 30))
        note(o, "TCP_CONGESTION", setsockopt(c.client, IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
}

KIND(tcp_listener_with_a_client_that_waits)
{
    struct address at;
    int listener = new_socket(o, SOCK_STREAM, &at);
    note(o, "listen", listen(listener, 5));
    int client = keep(o, socket(at.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0));
    connect(client, &at.any, at.len);
    struct pollfd ready = {listener, POLLIN, 0};
    poll(&ready, 1, 1000);
    ready = (struct pollfd){client, POLLOUT, 0};
    poll(&ready, 1, 1000);
    put(o, client, pick(o, 2), 500, 1);
    settle(client);
}

KIND(tcp_listener)
{
    struct address at;
    int on = 1, listener;
    int family = chance(o, 30) ? AF_INET6 : AF_INET;
    listener = keep(o, socket(family, SOCK_STREAM, 0));
    if (chance(o, 50))
        note(o, "SO_REUSEADDR", setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
    if (chance(o, 30))
        note(o, "SO_REUSEPORT", setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on));
    if (family == AF_INET6 && chance(o, 50))
        note(o, "IPV6_V6ONLY", setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));
    at = loopback(family);
    note(o, "bind", bind(listener, &at.any, at.len));
    note(o, "listen", listen(listener, 1 + (int)pick(o, 100)));
}

KIND(tcp_socket_not_connected)
{
    struct address at;
    if (chance(o, 50))
        new_socket(o, SOCK_STREAM, &at);
    else
        keep(o, socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
}

static void act_udp_pair(struct object *o)
{
    uint8_t bytes[2048];
    ssize_t out = send(o->fds[1], bytes_of(o, (uint32_t)o->counts[0]++, 100), 100, MSG_DONTWAIT);
    struct pollfd ready = {o->fds[0], POLLIN, 0};
    poll(&ready, 1, out > 0 ? 1000 : 0);
    ssize_t in = recv(o->fds[0], bytes, sizeof bytes, MSG_DONTWAIT);
    say(o, "sent %zd received %zd %d", out, in, in > 0 ? bytes[0] * 256 + bytes[in - 1] : 0);
}
ACTING_KIND(udp_pair)
{
    struct address server, client;
    int fd = new_socket(o, SOCK_DGRAM, &server);
    int other = keep(o, socket(server.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    client = loopback(server.any.sa_family);
    note(o, "bind", bind(other, &client.any, client.len));
    note(o, "connect", connect(other, &server.any, server.len));
    getsockname(other, &client.any, &client.len);
    if (chance(o, 50))
        note(o, "connect", connect(fd, &client.any, client.len));
}

KIND(udp_with_datagrams)
{
    struct address server;
    int fd = new_socket(o, SOCK_DGRAM, &server);
    int other = keep(o, socket(server.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    note(o, "connect", connect(other, &server.any, server.len));
    put(o, other, 1 + pick(o, 4), 500, 0);
    struct pollfd ready = {fd, POLLIN, 0};
    poll(&ready, 1, 1000);
}

KIND(udp_shut_down)
{
    struct address server;
    new_socket(o, SOCK_DGRAM, &server);
    int other = keep(o, socket(server.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    note(o, "connect", connect(other, &server.any, server.len));
    note(o, "shutdown", shutdown(other, (int)pick(o, 3)));
}

KIND(udp_with_options)
{
    static const struct {
        int level, option, most;
    } options[] = {{SOL_SOCKET, SO_BROADCAST, 2},
                   {SOL_SOCKET, SO_REUSEPORT, 2},
                   {SOL_SOCKET, SO_TIMESTAMP, 2},
                   {SOL_SOCKET, SO_RXQ_OVFL, 2},
                   {SOL_SOCKET, SO_NO_CHECK, 2},
                   {SOL_SOCKET, SO_RCVBUF, 100000},
                   {IPPROTO_IP, IP_PKTINFO, 2},
                   {IPPROTO_IP, IP_RECVTOS, 2},
                   {IPPROTO_IP, IP_MULTICAST_TTL, 200},
                   {IPPROTO_IP, IP_MULTICAST_LOOP, 2},
                   {IPPROTO_IP, IP_MULTICAST_ALL, 2},
                   {IPPROTO_IP, IP_RECVORIGDSTADDR, 2},
                   {IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 2},
                   {IPPROTO_UDP, 1 /* UDP_CORK */, 2},
                   {IPPROTO_UDP, 103 /* UDP_SEGMENT */, 1000},
                   {IPPROTO_UDP, 104 /* UDP_GRO */, 2}};
    struct address at;
    int fd = new_socket(o, SOCK_DGRAM, &at);
    for (uint32_t i = 1 + pick(o, 4); i > 0; i--) {
        uint32_t n = pick(o, sizeof options / sizeof *options);
        int value = (int)pick(o, (uint32_t)options[n].most);
        note(o, "setsockopt",
             setsockopt(fd, options[n].level, options[n].option, &value, sizeof value));
    }
}

KIND(udp_in_a_group)
{
    struct ip_mreqn group = {.imr_ifindex = 1};
    struct address at;
    int fd = new_socket(o, SOCK_DGRAM, &at);
    inet_pton(AF_INET, "224.0.0.251", &group.imr_multiaddr);
    note(o, "IP_ADD_MEMBERSHIP",
         setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group));
    note(o, "IP_MULTICAST_IF", setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &group, sizeof group));
}

KIND(udp_with_a_filter)
{
    struct sock_filter all[] = {BPF_STMT(BPF_RET | BPF_K, 0xffff)};
    struct sock_fprog program = {1, all};
    struct address at;
    int fd = new_socket(o, SOCK_DGRAM, &at);
    note(o, "SO_ATTACH_FILTER",
         setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
    if (chance(o, 50)) {
        int on = 1;
        note(o, "SO_LOCK_FILTER", setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof on));
    }
}
