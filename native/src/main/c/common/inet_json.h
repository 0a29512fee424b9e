/* Internet addresses as META holds them. */
#ifndef CAIRN_COMMON_INET_JSON_H
#define CAIRN_COMMON_INET_JSON_H

#include <jansson.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "common/error.h"

/* Bytes of unread data that are saved at most per socket. */
#define INET_QUEUE_LIMIT (64u << 20)

/* {"address","port"}, and for link-local addresses "scope"; NULL for another family. */
json_t *inet_to_json(const struct sockaddr_storage *address);
CAIRN_CHECKED int inet_from_json(const json_t *json, const char *key, struct sockaddr_storage *out,
                                 socklen_t *len, cairn_error *err);
/* Whether the socket is bound to a port alone, without an address. */
bool inet_is_any(const struct sockaddr_storage *address);
/* In network order. */
in_port_t inet_port(const struct sockaddr_storage *address);
/* Whether two addresses are equal. An IPv4 address equals the same address mapped into IPv6. */
bool inet_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b);

/* The same address in the form that a socket of that family uses. */
void inet_convert(struct sockaddr_storage *address, socklen_t *len, int family);

#endif
