/* Unix sockets, with what is queued in them. */
#include "victim.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <stddef.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void put(int fd, size_t len, uint32_t seed)
{
    char bytes[8192];
    require(len <= sizeof bytes);
    fill_pattern(bytes, len, seed);
    require(send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len);
}

static void get(int fd, size_t len, uint32_t seed)
{
    char bytes[8192];
    require(recv(fd, bytes, len, MSG_WAITALL) == (ssize_t)len && has_pattern(bytes, len, seed));
}

VICTIM(keeps_a_stream_of_sockets)
{
    int pair[2];
    char byte;
    need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair));
    put(pair[0], 5000, 1);
    put(pair[0], 100, 2);
    put(pair[1], 7, 3);
    checkpoint_here();
    get(pair[1], 5000, 1);
    get(pair[1], 100, 2);
    get(pair[0], 7, 3);
    require(recv(pair[0], &byte, 1, 0) == -1 && errno == EAGAIN);
    require(fcntl(pair[0], F_GETFD) == FD_CLOEXEC);
    put(pair[1], 30, 4);
    get(pair[0], 30, 4);
    close(pair[1]);
    require(recv(pair[0], &byte, 1, 0) == 0);
}

static void messages_of(int type)
{
    int pair[2];
    char bytes[8192];
    need(socketpair(AF_UNIX, type, 0, pair));
    for (uint32_t i = 1; i < 6; i++)
        put(pair[0], 1000 * i, i);
    checkpoint_here();
    for (uint32_t i = 1; i < 6; i++)
        require(recv(pair[1], bytes, sizeof bytes, 0) == 1000 * i &&
                has_pattern(bytes, 1000 * i, i));
    require(recv(pair[1], bytes, sizeof bytes, MSG_DONTWAIT) == -1 && errno == EAGAIN);
    put(pair[1], 10, 9);
    require(recv(pair[0], bytes, sizeof bytes, 0) == 10 && has_pattern(bytes, 10, 9));
}
VICTIM(keeps_datagrams_apart)
{
    messages_of(SOCK_DGRAM);
}
VICTIM(keeps_sequenced_packets_apart)
{
    messages_of(SOCK_SEQPACKET);
}

VICTIM(keeps_a_socket_that_its_peer_has_left)
{
    int pair[2], half[2];
    char byte;
    need(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    need(socketpair(AF_UNIX, SOCK_STREAM, 0, half));
    put(pair[1], 40, 5);
    close(pair[1]);
    put(half[0], 20, 6);
    need(shutdown(half[0], SHUT_WR));
    checkpoint_here();
    get(pair[0], 40, 5);
    require(recv(pair[0], &byte, 1, 0) == 0);
    require(send(pair[0], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
    get(half[1], 20, 6);
    require(recv(half[1], &byte, 1, 0) == 0);
    put(half[1], 10, 7);
    get(half[0], 10, 7);
}

VICTIM(keeps_sockets_between_processes)
{
    int pair[2];
    need(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    pid_t child = (pid_t)need(fork());
    if (child == 0) {
        char byte;
        close(pair[0]);
        while (recv(pair[1], &byte, 1, 0) == 1)
            require(send(pair[1], &byte, 1, 0) == 1);
        _exit(0);
    }
    close(pair[1]);
    checkpoint_here();
    put(pair[0], 500, 8);
    get(pair[0], 500, 8);
    close(pair[0]);
    int status;
    require(waitpid(child, &status, 0) == child && status == 0);
}

static void listen_at(const struct sockaddr_un *name, socklen_t len)
{
    int server = (int)need(socket(AF_UNIX, SOCK_STREAM, 0));
    need(bind(server, (const struct sockaddr *)name, len));
    need(listen(server, 5));
    int before = (int)need(socket(AF_UNIX, SOCK_STREAM, 0));
    need(connect(before, (const struct sockaddr *)name, len));
    int accepted = (int)need(accept(server, NULL, NULL));
    put(before, 33, 1);
    checkpoint_here();
    get(accepted, 33, 1);
    int after = (int)need(socket(AF_UNIX, SOCK_STREAM, 0));
    need(connect(after, (const struct sockaddr *)name, len));
    accepted = (int)need(accept(server, NULL, NULL));
    put(accepted, 12, 2);
    get(after, 12, 2);
}
VICTIM(keeps_a_socket_that_listens_at_a_path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};
    listen_at(&name, sizeof name);
}
VICTIM(keeps_a_socket_that_listens_at_an_abstract_name)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int n = snprintf(name.sun_path + 1, 100, "cairn victim %ld", (long)monotonic_ms());
    listen_at(&name, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n));
}
