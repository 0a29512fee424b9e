/* Internet addresses and options of sockets as META holds them. */
#ifndef CAIRN_COMMON_INET_JSON_H
#define CAIRN_COMMON_INET_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "common/error.h"

/* How much of what a socket has not read is saved, bytes. */
#define INET_QUEUE_LIMIT (64u << 20)

/* {"address","port"} and for link-local ones "scope"; NULL for another family. */
json_t *inet_to_json(const struct sockaddr_storage *address);
CAIRN_CHECKED int inet_from_json(const json_t *json, const char *key, struct sockaddr_storage *out,
                                 socklen_t *len, cairn_error *err);
/* Also between an IPv4 address and the same one mapped into IPv6. */
bool inet_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b);

/* The same place as a socket of that family names it. */
void inet_convert(struct sockaddr_storage *address, socklen_t *len, int family);

/* Options by name; those that do not apply to the socket are left out. */
json_t *inet_options_read(int fd);
enum inet_option_time { INET_BEFORE_BIND, INET_WHEN_DONE };
/* Sets those that differ. What the kernel refuses changes speed, not truth. */
void inet_options_apply(int fd, const json_t *options, enum inet_option_time when);

#endif
