/* Unix sockets, with what is queued in them. */
#include "victim.h"

#include <errno.h>
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

static int datagram_socket(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = (int)need(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    strcpy(name.sun_path, path);
    need(bind(fd, (struct sockaddr *)&name, sizeof name));
    return fd;
}

static void send_to(int fd, const char *path, const char *text)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    strcpy(name.sun_path, path);
    require(sendto(fd, text, strlen(text), 0, (struct sockaddr *)&name, sizeof name) ==
            (ssize_t)strlen(text));
}

static bool gets_from(int fd, const char *text, const char *path)
{
    char bytes[16];
    struct sockaddr_un name = {0};
    socklen_t len = sizeof name;
    ssize_t n = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&name, &len);
    return n == (ssize_t)strlen(text) && memcmp(bytes, text, (size_t)n) == 0 &&
           strcmp(name.sun_path, path) == 0;
}

/* Also of a sender that is gone, and of its socket file. */
VICTIM(keeps_datagrams_and_who_sent_them)
{
    int server = datagram_socket("server"), client = datagram_socket("client");
    int passing = datagram_socket("passing");
    int nameless = (int)need(socket(AF_UNIX, SOCK_DGRAM, 0));
    send_to(client, "server", "one");
    send_to(passing, "server", "two");
    send_to(nameless, "server", "three");
    close(passing);
    need(unlink("passing"));
    checkpoint_here();
    require(access("passing", F_OK) == -1);
    require(gets_from(server, "one", "client") && gets_from(server, "two", "passing") &&
            gets_from(server, "three", ""));
    send_to(server, "client", "four");
    require(gets_from(client, "four", "server"));
}

VICTIM(keeps_empty_messages)
{
    int pair[2];
    char bytes[4];
    need(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair));
    require(send(pair[0], "a", 1, 0) == 1 && send(pair[0], "", 0, 0) == 0 &&
            send(pair[0], "b", 1, 0) == 1);
    checkpoint_here();
    require(recv(pair[1], bytes, 4, 0) == 1 && bytes[0] == 'a');
    require(recv(pair[1], bytes, 4, 0) == 0);
    require(recv(pair[1], bytes, 4, 0) == 1 && bytes[0] == 'b');
    require(recv(pair[1], bytes, 4, 0) == -1 && errno == EAGAIN);
}

static pid_t maker_of(int fd)
{
    struct ucred maker = {0};
    socklen_t len = sizeof maker;
    need(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &maker, &len));
    return maker.pid;
}

/* The one that made the pair has ended. */
VICTIM(keeps_who_made_a_connection)
{
    int pair[2], passed[2];
    need(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    pid_t child = (pid_t)need(fork());
    if (child == 0) {
        need(socketpair(AF_UNIX, SOCK_STREAM, 0, passed));
        char control[CMSG_SPACE(sizeof passed)] = {0};
        char d = 'd';
        struct iovec byte = {&d, 1};
        struct msghdr message = {.msg_iov = &byte,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control};
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        *c = (struct cmsghdr){CMSG_LEN(sizeof passed), SOL_SOCKET, SCM_RIGHTS};
        memcpy(CMSG_DATA(c), passed, sizeof passed);
        need(sendmsg(pair[1], &message, 0));
        _exit(0);
    }
    char byte, control[CMSG_SPACE(sizeof passed)];
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    require(recvmsg(pair[0], &message, 0) == 1);
    memcpy(passed, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof passed);
    need(waitpid(child, NULL, 0));
    checkpoint_here();
    require(maker_of(pair[0]) == getpid());
    require(maker_of(passed[0]) == child && maker_of(passed[1]) == child);
}

VICTIM(keeps_a_listener_whose_file_is_gone)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX}, seen = {0};
    socklen_t len = sizeof seen;
    require(getcwd(name.sun_path, 60));
    strcat(name.sun_path, "/gone");
    int fd = (int)need(socket(AF_UNIX, SOCK_STREAM, 0));
    need(bind(fd, (struct sockaddr *)&name, sizeof name));
    need(listen(fd, 3));
    need(unlink(name.sun_path));
    checkpoint_here();
    require(access(name.sun_path, F_OK) == -1);
    need(getsockname(fd, (struct sockaddr *)&seen, &len));
    require(strcmp(seen.sun_path, name.sun_path) == 0);
}

/* In the order in which they came. */
VICTIM(accepts_connections_that_waited)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "waits"};
    int fd = (int)need(socket(AF_UNIX, SOCK_STREAM, 0)), client[2];
    need(bind(fd, (struct sockaddr *)&name, sizeof name));
    need(listen(fd, 3));
    for (int i = 1; i >= 0; i--)
        client[i] = (int)need(socket(AF_UNIX, SOCK_STREAM, 0));
    for (int i = 0; i < 2; i++)
        need(connect(client[i], (struct sockaddr *)&name, sizeof name));
    checkpoint_here();
    for (int i = 0; i < 2; i++) {
        int accepted = (int)need(accept(fd, NULL, NULL));
        put(client[i], 10, (uint32_t)i);
        get(accepted, 10, (uint32_t)i);
        require(maker_of(accepted) == getpid());
    }
}
