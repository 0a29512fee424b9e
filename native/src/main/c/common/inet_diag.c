#include "common/inet_diag.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <stdbool.h>
#include <string.h>

#include "common/cleanup.h"

static void set_address(struct sockaddr_storage *out, int family, const uint32_t address[4],
                        in_port_t port)
{
    struct sockaddr_in *four = (struct sockaddr_in *)out;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
    *out = (struct sockaddr_storage){.ss_family = (sa_family_t)family};
    if (family == AF_INET) {
        four->sin_port = port;
        memcpy(&four->sin_addr, address, sizeof four->sin_addr);
    } else {
        six->sin6_port = port;
        memcpy(&six->sin6_addr, address, sizeof six->sin6_addr);
    }
}

static void show(const struct nlmsghdr *header, in_port_t port, inet_look *look, void *context)
{
    const struct inet_diag_msg *m = NLMSG_DATA(header);
    size_t len = header->nlmsg_len - NLMSG_LENGTH(sizeof *m);
    if (m->id.idiag_sport != port)
        return;
    struct inet_seen seen = {.ino = m->idiag_inode,
                             .state = m->idiag_state,
                             .len = m->idiag_family == AF_INET ? sizeof(struct sockaddr_in)
                                                               : sizeof(struct sockaddr_in6)};
    set_address(&seen.local, m->idiag_family, m->id.idiag_src, m->id.idiag_sport);
    set_address(&seen.peer, m->idiag_family, m->id.idiag_dst, m->id.idiag_dport);
    for (const struct rtattr *a = (const struct rtattr *)(m + 1); RTA_OK(a, len);
         a = RTA_NEXT(a, len))
        if (a->rta_type == INET_DIAG_SHUTDOWN)
            seen.shutdown = *(const uint8_t *)RTA_DATA(a);
    look(context, &seen);
}

/* False at the end. */
static bool show_all(const struct nlmsghdr *header, size_t len, in_port_t port, inet_look *look,
                     void *context)
{
    for (; NLMSG_OK(header, len); header = NLMSG_NEXT(header, len)) {
        if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY)
            return false;
        if (header->nlmsg_len >= NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
            show(header, port, look, context);
    }
    return true;
}

void inet_diag_each(int family, int protocol, in_port_t port, inet_look *look, void *context)
{
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 request;
    } call = {.header = {.nlmsg_len = sizeof call,
                         .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                         .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
              .request = {.sdiag_family = (uint8_t)family,
                          .sdiag_protocol = (uint8_t)protocol,
                          .idiag_states = ~0u,
                          .id = {.idiag_sport = port}}};
    union {
        struct nlmsghdr header;
        char bytes[32768];
    } answer;
    auto_close int diag = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (diag < 0 || send(diag, &call, sizeof call, 0) < 0)
        return;
    ssize_t n;
    do {
        n = recv(diag, &answer, sizeof answer, 0);
    } while (n > 0 && show_all(&answer.header, (size_t)n, port, look, context));
}
