/* Options of sockets as META holds them: by name, for all families and protocols. */
#ifndef CAIRN_COMMON_SOCKET_OPTIONS_H
#define CAIRN_COMMON_SOCKET_OPTIONS_H

#include <jansson.h>

#include "common/error.h"

/* Every option of the socket that can be set again; those that do not apply to it are left out.
 * CAIRN_EUNSUPPORTED names what cannot be read back: an attached eBPF program, TLS in the kernel.
 */
CAIRN_CHECKED int socket_options_read(int fd, json_t **out, cairn_error *err);

enum socket_option_time {
    SOCKET_BEFORE_BIND, /* what decides how it is bound and connected */
    SOCKET_WHEN_FILLED, /* the others, once what waits in it is there */
};
/* Sets those that differ. An option that this kernel or user cannot set keeps its default. */
void socket_options_apply(int fd, const json_t *options, enum socket_option_time when);

/* SO_REUSEADDR, which is set differently while sockets that share a port are made. */
void socket_options_apply_sharing(int fd, const json_t *options);

/* The sizes of its buffers, and whether the kernel may change them. */
void socket_options_apply_buffers(int fd, const json_t *options);

/* The value of an option that is a number; `otherwise` where it was not recorded. */
int socket_option_number(const json_t *options, const char *key, int otherwise);

#endif
