/* Internet addresses as META holds them. */
#ifndef CAIRN_COMMON_INET_JSON_H
#define CAIRN_COMMON_INET_JSON_H

#include <jansson.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "common/error.h"

/* How much of what a socket has not read is saved, bytes. */
#define INET_QUEUE_LIMIT (64u << 20)

/* {"address","port"} and for link-local ones "scope"; NULL for another family. */
json_t *inet_to_json(const struct sockaddr_storage *address);
CAIRN_CHECKED int inet_from_json(const json_t *json, const char *key, struct sockaddr_storage *out,
                                 socklen_t *len, cairn_error *err);
/* Bound to a port alone. */
bool inet_is_any(const struct sockaddr_storage *address);
/* In network order. */
in_port_t inet_port(const struct sockaddr_storage *address);
/* Also between an IPv4 address and the same one mapped into IPv6. */
bool inet_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b);

/* The same place as a socket of that family names it. */
void inet_convert(struct sockaddr_storage *address, socklen_t *len, int family);

#endif
