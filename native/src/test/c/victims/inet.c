/* TCP and UDP sockets over the loopback device. */
#include "victim.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

union address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
};

static union address loopback(int family)
{
    union address a = {.any.sa_family = (sa_family_t)family};
    if (family == AF_INET)
        a.four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
        a.six.sin6_addr = in6addr_loopback;
    return a;
}

static union address local(int fd)
{
    union address a = {0};
    socklen_t len = sizeof a;
    need(getsockname(fd, &a.any, &len));
    return a;
}

static union address peer(int fd)
{
    union address a = {0};
    socklen_t len = sizeof a;
    need(getpeername(fd, &a.any, &len));
    return a;
}

static int listen_at(union address a)
{
    int fd = (int)need(socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    need(bind(fd, &a.any, sizeof a));
    need(listen(fd, 7));
    return fd;
}

static int connect_to(union address a)
{
    int fd = (int)need(socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    need(connect(fd, &a.any, sizeof a));
    return fd;
}

static void put(int fd, size_t len, uint32_t seed)
{
    char bytes[8192];
    fill_pattern(bytes, len, seed);
    require(send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len);
}

static void get(int fd, size_t len, uint32_t seed)
{
    char bytes[8192];
    require(recv(fd, bytes, len, MSG_WAITALL) == (ssize_t)len && has_pattern(bytes, len, seed));
}

static void keeps_connections_of(int family)
{
    int server = listen_at(loopback(family)), client[3], accepted[3];
    for (int i = 0; i < 3; i++) {
        client[i] = connect_to(local(server));
        accepted[i] = (int)need(accept(server, NULL, NULL));
        put(client[i], 5000, (uint32_t)i);
        put(accepted[i], 70, (uint32_t)i + 10);
    }
    int one = 1;
    need(setsockopt(client[1], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
    need(fcntl(client[2], F_SETFL, O_NONBLOCK));
    union address theirs = peer(accepted[0]), own = local(client[0]), at = local(server);
    checkpoint_here();
    union address now = peer(accepted[0]);
    require(memcmp(&now, &theirs, sizeof now) == 0);
    now = local(client[0]);
    require(memcmp(&now, &own, sizeof now) == 0);
    now = local(server);
    require(memcmp(&now, &at, sizeof now) == 0);
    for (int i = 0; i < 3; i++) {
        get(accepted[i], 5000, (uint32_t)i);
        get(client[i], 70, (uint32_t)i + 10);
        put(client[i], 30, 20);
        get(accepted[i], 30, 20);
    }
    socklen_t len = sizeof one;
    need(getsockopt(client[1], IPPROTO_TCP, TCP_NODELAY, &one, &len));
    require(one);
    char byte;
    require(recv(client[2], &byte, 1, 0) == -1 && errno == EAGAIN);
    int later = connect_to(at);
    require(accept(server, NULL, NULL) >= 0);
    close(later);
}
VICTIM(keeps_tcp_connections)
{
    keeps_connections_of(AF_INET);
}
VICTIM(keeps_tcp_connections_of_ipv6)
{
    keeps_connections_of(AF_INET6);
}

VICTIM(keeps_a_tcp_connection_of_both_families)
{
    union address any = {.six = {.sin6_family = AF_INET6}};
    int server = listen_at(any);
    union address target = loopback(AF_INET);
    target.four.sin_port = local(server).six.sin6_port;
    int client = connect_to(target), accepted = (int)need(accept(server, NULL, NULL));
    put(client, 300, 1);
    checkpoint_here();
    get(accepted, 300, 1);
    put(accepted, 20, 2);
    get(client, 20, 2);
    require(peer(accepted).six.sin6_port == local(client).four.sin_port);
}

/* Whose port somebody else may have when it goes on: ports_test.c */
VICTIM(listens_at_its_port)
{
    int server = listen_at(loopback(AF_INET));
    in_port_t port = local(server).four.sin_port;
    printf("port %d\n", ntohs(port));
    fflush(stdout);
    checkpoint_here();
    require(local(server).four.sin_port == port);
    int client = connect_to(local(server)), accepted = (int)need(accept(server, NULL, NULL));
    put(client, 20, 1);
    get(accepted, 20, 1);
}

/* Until neither end takes any more. */
static uint64_t stuff(int fd)
{
    char bytes[8192];
    uint64_t sent = 0;
    do {
        for (;;) {
            fill_pattern(bytes, sizeof bytes, (uint32_t)(sent / sizeof bytes));
            ssize_t n = send(fd, bytes + sent % sizeof bytes, sizeof bytes - sent % sizeof bytes,
                             MSG_DONTWAIT | MSG_NOSIGNAL);
            if (n < 0)
                break;
            sent += (uint64_t)n;
        }
    } while (poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, 100) > 0);
    return sent;
}

VICTIM(keeps_a_tcp_connection_that_is_full)
{
    int server = listen_at(loopback(AF_INET)), client = connect_to(local(server)),
        accepted = (int)need(accept(server, NULL, NULL));
    close(server);
    uint64_t sent = stuff(client);
    put(accepted, 100, 7);
    checkpoint_here();
    need(shutdown(client, SHUT_WR));
    char bytes[8192];
    for (uint64_t got = 0; got < sent; got += sizeof bytes) {
        size_t len = sent - got < sizeof bytes ? (size_t)(sent - got) : sizeof bytes;
        require(recv(accepted, bytes, len, MSG_WAITALL) == (ssize_t)len);
        require(has_pattern(bytes, len, (uint32_t)(got / sizeof bytes)));
    }
    require(recv(accepted, bytes, 1, 0) == 0);
    get(client, 100, 7);
}

VICTIM(keeps_tcp_connections_that_are_half_closed)
{
    int server = listen_at(loopback(AF_INET)), client = connect_to(local(server)),
        accepted = (int)need(accept(server, NULL, NULL));
    put(client, 40, 1);
    need(shutdown(client, SHUT_WR));
    int left = connect_to(local(server)), gone = (int)need(accept(server, NULL, NULL));
    put(gone, 50, 2);
    close(gone);
    checkpoint_here();
    char byte;
    get(accepted, 40, 1);
    require(recv(accepted, &byte, 1, 0) == 0);
    put(accepted, 60, 3);
    get(client, 60, 3);
    get(left, 50, 2);
    require(recv(left, &byte, 1, 0) == 0);
}

/* Two processes send each other a number, one more each time. */
static void play(int fd, uint32_t next)
{
    uint32_t ball;
    for (; recv(fd, &ball, sizeof ball, MSG_WAITALL) == sizeof ball; next += 2) {
        require(ball == next);
        ball++;
        if (send(fd, &ball, sizeof ball, MSG_NOSIGNAL) != sizeof ball)
            break;
    }
}

VICTIM(keeps_a_tcp_connection_between_processes_in_use)
{
    int server = listen_at(loopback(AF_INET)), client = connect_to(local(server)),
        accepted = (int)need(accept(server, NULL, NULL));
    close(server);
    uint32_t ball = 0;
    require(send(client, &ball, sizeof ball, 0) == sizeof ball);
    pid_t players[2];
    for (int i = 0; i < 2; i++) {
        players[i] = (pid_t)need(fork());
        if (players[i] == 0) {
            close(i ? client : accepted);
            play(i ? accepted : client, i ? 0 : 1);
            _exit(0);
        }
    }
    close(accepted);
    checkpoint_here();
    need(shutdown(client, SHUT_RDWR));
    for (int i = 0; i < 2; i++) {
        int status;
        require(waitpid(players[i], &status, 0) == players[i] && status == 0);
    }
}

VICTIM(keeps_udp_sockets)
{
    union address a = loopback(AF_INET);
    int one = (int)need(socket(AF_INET, SOCK_DGRAM, 0)),
        other = (int)need(socket(AF_INET, SOCK_DGRAM, 0)),
        unbound = (int)need(socket(AF_INET6, SOCK_DGRAM, 0));
    need(bind(one, &a.any, sizeof a));
    a = local(one);
    need(connect(other, &a.any, sizeof a));
    checkpoint_here();
    put(other, 40, 1);
    get(one, 40, 1);
    require(local(unbound).six.sin6_port == 0);
}

VICTIM(reads_what_came_before_both_ends_ended)
{
    int server = listen_at(loopback(AF_INET)), client = connect_to(local(server));
    int accepted = (int)need(accept(server, NULL, NULL));
    char byte;
    put(client, 3000, 1);
    need(shutdown(client, SHUT_WR));
    need(shutdown(accepted, SHUT_WR));
    require(recv(client, &byte, 1, 0) == 0);
    checkpoint_here();
    get(accepted, 3000, 1);
    require(recv(accepted, &byte, 1, 0) == 0);
    require(recv(client, &byte, 1, 0) == 0);
    require(send(accepted, "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
}

/* The kernel keeps the port of the end that ended first, also from a listener of the same step. */
VICTIM(listens_where_its_end_was_the_first_to_end)
{
    int server = listen_at(loopback(AF_INET));
    in_port_t port = local(server).four.sin_port;
    for (int i = 0; i < 3; i++) {
        char byte;
        int client = connect_to(local(server)), accepted = (int)need(accept(server, NULL, NULL));
        need(close(accepted));
        require(recv(client, &byte, 1, 0) == 0);
        need(close(client));
    }
    checkpoint_here();
    require(local(server).four.sin_port == port);
    int client = connect_to(local(server)), accepted = (int)need(accept(server, NULL, NULL));
    put(client, 20, 1);
    get(accepted, 20, 1);
}

static int udp_at(union address a)
{
    int fd = (int)need(socket(a.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    need(bind(fd, &a.any, sizeof a));
    return fd;
}

VICTIM(keeps_datagrams_that_wait)
{
    int server = udp_at(loopback(AF_INET)), client = udp_at(loopback(AF_INET));
    union address to = local(server), from = {0}, wanted = local(client);
    socklen_t len = sizeof from;
    char bytes[8];
    require(sendto(client, "one", 3, 0, &to.any, sizeof to) == 3);
    require(sendto(client, "", 0, 0, &to.any, sizeof to) == 0);
    require(sendto(client, "two", 3, 0, &to.any, sizeof to) == 3);
    checkpoint_here();
    require(recvfrom(server, bytes, sizeof bytes, 0, &from.any, &len) == 3 && bytes[0] == 'o');
    require(memcmp(&from, &wanted, len) == 0);
    require(recv(server, bytes, sizeof bytes, 0) == 0);
    require(recv(server, bytes, sizeof bytes, 0) == 3 && bytes[0] == 't');
    require(recv(server, bytes, sizeof bytes, 0) == -1 && errno == EAGAIN);
}

VICTIM(keeps_udp_shut_down)
{
    int server = udp_at(loopback(AF_INET)), client = udp_at(loopback(AF_INET));
    union address to = local(server);
    need(connect(client, &to.any, sizeof to));
    need(shutdown(client, SHUT_WR));
    checkpoint_here();
    require(send(client, "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
}

VICTIM(accepts_a_tcp_connection_that_waited)
{
    int server = listen_at(loopback(AF_INET)), client = connect_to(local(server));
    union address own = local(client);
    checkpoint_here();
    int accepted = (int)need(accept(server, NULL, NULL));
    union address theirs = peer(accepted);
    require(memcmp(&own, &theirs, sizeof own.four) == 0);
    put(client, 20, 1);
    get(accepted, 20, 1);
}

VICTIM(stays_in_its_multicast_group)
{
    union address a = {.four = {.sin_family = AF_INET}};
    int fd = udp_at(a), sender = udp_at(loopback(AF_INET));
    struct ip_mreqn group = {.imr_ifindex = 1, .imr_multiaddr.s_addr = htonl(0xe00000fb)};
    need(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group));
    need(setsockopt(sender, IPPROTO_IP, IP_MULTICAST_IF, &group, sizeof group));
    checkpoint_here();
    require(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group) == -1 &&
            errno == EADDRINUSE);
}
