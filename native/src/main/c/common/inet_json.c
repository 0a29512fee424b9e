#include "common/inet_json.h"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "common/json.h"

/* <asm/socket.h> of Linux 5.17 */
#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif

static const struct {
    const char *key;
    int level, name;
    enum inet_option_time when;
} OPTIONS[] = {
    {"v6_only", IPPROTO_IPV6, IPV6_V6ONLY, INET_BEFORE_BIND},
    {"reuse_port", SOL_SOCKET, SO_REUSEPORT, INET_BEFORE_BIND},
    {"reuse_address", SOL_SOCKET, SO_REUSEADDR, INET_WHEN_DONE},
    {"keep_alive", SOL_SOCKET, SO_KEEPALIVE, INET_WHEN_DONE},
    {"broadcast", SOL_SOCKET, SO_BROADCAST, INET_WHEN_DONE},
    {"inline_urgent", SOL_SOCKET, SO_OOBINLINE, INET_WHEN_DONE},
    {"receive_at_least", SOL_SOCKET, SO_RCVLOWAT, INET_WHEN_DONE},
    {"tos", IPPROTO_IP, IP_TOS, INET_WHEN_DONE},
    {"traffic_class", IPPROTO_IPV6, IPV6_TCLASS, INET_WHEN_DONE},
    {"no_delay", IPPROTO_TCP, TCP_NODELAY, INET_WHEN_DONE},
    {"cork", IPPROTO_TCP, TCP_CORK, INET_WHEN_DONE},
    {"keep_idle", IPPROTO_TCP, TCP_KEEPIDLE, INET_WHEN_DONE},
    {"keep_interval", IPPROTO_TCP, TCP_KEEPINTVL, INET_WHEN_DONE},
    {"keep_count", IPPROTO_TCP, TCP_KEEPCNT, INET_WHEN_DONE},
    {"user_timeout", IPPROTO_TCP, TCP_USER_TIMEOUT, INET_WHEN_DONE},
    {"defer_accept", IPPROTO_TCP, TCP_DEFER_ACCEPT, INET_WHEN_DONE},
};

static const void *bytes_of(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET
               ? (const void *)&((const struct sockaddr_in *)address)->sin_addr
               : (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr;
}

static in_port_t port_of(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET ? ((const struct sockaddr_in *)address)->sin_port
                                         : ((const struct sockaddr_in6 *)address)->sin6_port;
}

json_t *inet_to_json(const struct sockaddr_storage *address)
{
    char text[INET6_ADDRSTRLEN];
    if ((address->ss_family != AF_INET && address->ss_family != AF_INET6) ||
        !inet_ntop(address->ss_family, bytes_of(address), text, sizeof text))
        return NULL;
    json_t *json = json_pack("{s:s, s:i}", "address", text, "port", ntohs(port_of(address)));
    uint32_t scope =
        address->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)address)->sin6_scope_id : 0;
    if (scope)
        json_object_set_new(json, "scope", json_integer(scope));
    return json;
}

int inet_from_json(const json_t *json, const char *key, struct sockaddr_storage *out,
                   socklen_t *len, cairn_error *err)
{
    json_t *object;
    const char *text;
    int64_t port, scope = 0;
    int rc = json_need_object(json, key, &object, err);
    if (rc == 0)
        rc = json_need_string(object, "address", INET6_ADDRSTRLEN, &text, err);
    if (rc == 0)
        rc = json_need_int(object, "port", 0, UINT16_MAX, &port, err);
    if (rc == 0)
        rc = json_may_int(object, "scope", 0, UINT32_MAX, &scope, err);
    if (rc != 0)
        return rc;
    *out = (struct sockaddr_storage){0};
    struct sockaddr_in *four = (struct sockaddr_in *)out;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t)port);
        *len = sizeof *four;
        return 0;
    }
    if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons((uint16_t)port);
        six->sin6_scope_id = (uint32_t)scope;
        *len = sizeof *six;
        return 0;
    }
    return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "\"%s\" is no address", text);
}

/* As IPv6, into which every IPv4 address can be mapped. */
static struct in6_addr widened(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET6)
        return ((const struct sockaddr_in6 *)address)->sin6_addr;
    struct in6_addr out = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(&out.s6_addr[12], bytes_of(address), 4);
    return out;
}

bool inet_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    struct in6_addr first = widened(a), second = widened(b);
    return port_of(a) == port_of(b) && memcmp(&first, &second, sizeof first) == 0;
}

void inet_convert(struct sockaddr_storage *address, socklen_t *len, int family)
{
    if (address->ss_family == family)
        return;
    struct in6_addr wide = widened(address);
    in_port_t port = port_of(address);
    *address = (struct sockaddr_storage){0};
    if (family == AF_INET) {
        struct sockaddr_in *four = (struct sockaddr_in *)address;
        four->sin_family = AF_INET;
        four->sin_port = port;
        memcpy(&four->sin_addr, &wide.s6_addr[12], sizeof four->sin_addr);
        *len = sizeof *four;
    } else {
        *(struct sockaddr_in6 *)address =
            (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = port, .sin6_addr = wide};
        *len = sizeof(struct sockaddr_in6);
    }
}

static bool get(int fd, int level, int name, int *out)
{
    socklen_t len = sizeof *out;
    *out = 0;
    return getsockopt(fd, level, name, out, &len) == 0;
}

static void read_buffers(int fd, json_t *json)
{
    int locked, size;
    if (!get(fd, SOL_SOCKET, SO_BUF_LOCK, &locked))
        return;
    if (locked & 1 && get(fd, SOL_SOCKET, SO_SNDBUF, &size))
        json_object_set_new(json, "send_buffer", json_integer(size));
    if (locked & 2 && get(fd, SOL_SOCKET, SO_RCVBUF, &size))
        json_object_set_new(json, "receive_buffer", json_integer(size));
}

static void read_times(int fd, json_t *json, const char *key, int name)
{
    struct timeval value = {0};
    socklen_t len = sizeof value;
    if (getsockopt(fd, SOL_SOCKET, name, &value, &len) == 0 && (value.tv_sec || value.tv_usec))
        json_object_set_new(
            json, key, json_pack("[I, I]", (json_int_t)value.tv_sec, (json_int_t)value.tv_usec));
}

json_t *inet_options_read(int fd)
{
    json_t *json = json_object();
    int value;
    for (size_t i = 0; i < sizeof OPTIONS / sizeof *OPTIONS; i++)
        if (get(fd, OPTIONS[i].level, OPTIONS[i].name, &value))
            json_object_set_new(json, OPTIONS[i].key, json_integer(value));
    struct linger linger = {0};
    socklen_t len = sizeof linger;
    if (getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &len) == 0 && linger.l_onoff)
        json_object_set_new(json, "linger", json_integer(linger.l_linger));
    read_times(fd, json, "receive_timeout", SO_RCVTIMEO);
    read_times(fd, json, "send_timeout", SO_SNDTIMEO);
    read_buffers(fd, json);
    return json;
}

static void apply_time(int fd, const json_t *options, const char *key, int name)
{
    const json_t *pair = json_object_get(options, key);
    struct timeval value = {json_integer_value(json_array_get(pair, 0)),
                            json_integer_value(json_array_get(pair, 1))};
    if (pair)
        setsockopt(fd, SOL_SOCKET, name, &value, sizeof value);
}

/* Given back halved: the kernel doubles them. */
static void apply_buffer(int fd, const json_t *options, const char *key, int name)
{
    int size = (int)json_integer_value(json_object_get(options, key)) / 2;
    if (size > 0)
        setsockopt(fd, SOL_SOCKET, name, &size, sizeof size);
}

void inet_options_apply(int fd, const json_t *options, enum inet_option_time when)
{
    for (size_t i = 0; i < sizeof OPTIONS / sizeof *OPTIONS; i++) {
        const json_t *wanted = json_object_get(options, OPTIONS[i].key);
        int value = (int)json_integer_value(wanted), now;
        if (OPTIONS[i].when == when && wanted && get(fd, OPTIONS[i].level, OPTIONS[i].name, &now) &&
            now != value)
            setsockopt(fd, OPTIONS[i].level, OPTIONS[i].name, &value, sizeof value);
    }
    if (when == INET_BEFORE_BIND)
        return;
    const json_t *seconds = json_object_get(options, "linger");
    struct linger linger = {.l_onoff = 1, .l_linger = (int)json_integer_value(seconds)};
    if (seconds)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    apply_time(fd, options, "receive_timeout", SO_RCVTIMEO);
    apply_time(fd, options, "send_timeout", SO_SNDTIMEO);
    apply_buffer(fd, options, "send_buffer", SO_SNDBUF);
    apply_buffer(fd, options, "receive_buffer", SO_RCVBUF);
}
