/* What the kernel reports about TCP and UDP sockets on this host, including those that no process
 * has open. */
#ifndef CAIRN_COMMON_INET_DIAG_H
#define CAIRN_COMMON_INET_DIAG_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

/* <net/tcp_states.h> of the kernel itself. */
enum inet_state {
    INET_FIN_WAIT1 = 4,
    INET_FIN_WAIT2 = 5,
    INET_TIME_WAIT = 6,
    INET_CLOSED = 7,
    INET_CLOSE_WAIT = 8,
    INET_LAST_ACK = 9,
    INET_LISTENING = 10,
    INET_CLOSING = 11
};

struct inet_seen {
    struct sockaddr_storage local, peer;
    socklen_t len; /* of both */
    uint64_t ino;  /* 0: no process has the socket open */
    enum inet_state state;
    unsigned shutdown; /* 1 receiving, 2 sending */
};

typedef void inet_look(void *context, const struct inet_seen *seen);

/* Calls `look` for every socket of a family and protocol with this local port, in network order.
 * Finds nothing on a kernel without CONFIG_INET_DIAG. */
void inet_diag_each(int family, int protocol, in_port_t port, inet_look *look, void *context);

#endif
