/* Sockets: every option of every level that could be theirs, addresses, and what waits. */
#include "parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define OBSERVED_OPTIONS 128

static const char *name_of_option(int level, int number)
{
    static const struct {
        int level, number;
        const char *name;
    } all[] = {
#define OPTION(level, name, number) {level, number, #name},
#include "socket_options.def"
#undef OPTION
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].level == level && all[i].number == number)
            return all[i].name;
    return NULL;
}

/* The size of a buffer of TCP that the program has not set: the kernel's, by how fast it is read.
 */
static bool is_tuned(int fd, int level, int number)
{
    int protocol = 0, locked = 0;
    socklen_t len = sizeof(int);
    if (level != SOL_SOCKET || (number != SO_SNDBUF && number != SO_RCVBUF))
        return false;
    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len);
    getsockopt(fd, SOL_SOCKET, 72 /* SO_BUF_LOCK */, &locked, &len);
    return protocol == IPPROTO_TCP && !(locked & (number == SO_SNDBUF ? 1 : 2));
}

static void observe_options(int fd, int level)
{
    static uint8_t value[4096];
    for (int number = 0; number < OBSERVED_OPTIONS; number++) {
        const char *name = name_of_option(level, number);
        char numbered[32];
        snprintf(numbered, sizeof numbered, "%d.%d", level, number);
        if ((name && ignored("option", name)) || is_tuned(fd, level, number))
            continue;
        memset(value, 0, sizeof value);
        socklen_t len = sizeof value;
        if (getsockopt(fd, level, number, value, &len) == 0)
            observe("fd.%d.option.%s %s", fd, name ? name : numbered, hex_of(value, len));
        else if (errno != ENOPROTOOPT)
            observe("fd.%d.option.%s %s", fd, name ? name : numbered, result_of(-1));
    }
}

const char *address_of(const void *address, socklen_t len)
{
    static char text[512];
    char host[64];
    const struct sockaddr *any = address;
    if (len < sizeof any->sa_family)
        return "none";
    if (any->sa_family == AF_UNIX) {
        const struct sockaddr_un *sun = address;
        size_t path = len - offsetof(struct sockaddr_un, sun_path);
        if (path && sun->sun_path[0])
            path = strnlen(sun->sun_path, path);
        /* The kernel's own names of five digits are numbered as the host goes along. */
        if (path == 6 && !sun->sun_path[0] && strspn(sun->sun_path + 1, "0123456789abcdef") >= 5)
            snprintf(text, sizeof text, "unix:{autobound:%.5s}", sun->sun_path + 1);
        else
            snprintf(text, sizeof text, "unix:%s", text_of(sun->sun_path, path));
    } else if (any->sa_family == AF_INET) {
        const struct sockaddr_in *in = address;
        snprintf(text, sizeof text, "%s:{port:%d}",
                 inet_ntop(AF_INET, &in->sin_addr, host, sizeof host), ntohs(in->sin_port));
    } else if (any->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = address;
        snprintf(text, sizeof text, "[%s%%%u]:{port:%d}",
                 inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host), in6->sin6_scope_id,
                 ntohs(in6->sin6_port));
    } else if (any->sa_family == AF_NETLINK) {
        const struct sockaddr_nl *nl = address;
        snprintf(text, sizeof text, "{netlink:%u} %#x", nl->nl_pid, nl->nl_groups);
    } else {
        snprintf(text, sizeof text, "%s", hex_of(address, len));
    }
    return text;
}

static void observe_addresses(int fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    int rc = getsockname(fd, (struct sockaddr *)&address, &len);
    observe("fd.%d.address %s", fd, rc ? result_of(rc) : address_of(&address, len));
    len = sizeof address;
    rc = getpeername(fd, (struct sockaddr *)&address, &len);
    observe("fd.%d.peer %s", fd, rc ? result_of(rc) : address_of(&address, len));
}

/* What is next, or of a stream all of it; descriptors on their way are not taken. */
static void observe_waiting(int fd)
{
    static char bytes[1 << 20];
    ssize_t n = recv(fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC);
    /* MSG_TRUNC of TCP throws away; a peek does not. */
    if (n >= 0)
        observe("fd.%d.waiting %zd %s", fd, n, hex_of(bytes, (size_t)n));
    else
        observe("fd.%d.waiting %s", fd, result_of(n));
}

void observe_socket(int fd)
{
    int domain = 0, type = 0, protocol = 0, listening = 0;
    socklen_t len = sizeof(int);
    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len);
    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len);
    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len);
    observe_options(fd, SOL_SOCKET);
    if (domain == AF_INET || domain == AF_INET6) {
        observe_options(fd, IPPROTO_IP);
        observe_options(fd, protocol);
    }
    if (domain == AF_INET6)
        observe_options(fd, IPPROTO_IPV6);
    if (domain == AF_NETLINK)
        observe_options(fd, SOL_NETLINK);
    observe_addresses(fd);
    if (protocol == IPPROTO_TCP) {
        struct tcp_info info = {0};
        len = sizeof info;
        if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0)
            observe("fd.%d.tcp state-%d", fd, info.tcpi_state);
    }
    if (!listening)
        observe_waiting(fd);
}
