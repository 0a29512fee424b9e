#include "common/inet_json.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "common/json.h"

static const void *bytes_of(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET
               ? (const void *)&((const struct sockaddr_in *)address)->sin_addr
               : (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr;
}

in_port_t inet_port(const struct sockaddr_storage *address)
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
    json_t *json = json_pack("{s:s, s:i}", "address", text, "port", ntohs(inet_port(address)));
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

/* The address as IPv6. Every IPv4 address can be mapped into IPv6. */
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
    return inet_port(a) == inet_port(b) && memcmp(&first, &second, sizeof first) == 0;
}

bool inet_is_any(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET
               ? ((const struct sockaddr_in *)address)->sin_addr.s_addr == INADDR_ANY
               : IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

void inet_convert(struct sockaddr_storage *address, socklen_t *len, int family)
{
    if (address->ss_family == family)
        return;
    struct in6_addr wide = widened(address);
    in_port_t port = inet_port(address);
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
