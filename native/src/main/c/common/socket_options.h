/* Reads and sets the options of sockets. META holds them by name, for all families and protocols.
 */
#ifndef CAIRN_COMMON_SOCKET_OPTIONS_H
#define CAIRN_COMMON_SOCKET_OPTIONS_H

#include <jansson.h>

#include "common/error.h"

/* Reads every option of the socket that can be set again, and leaves out options that do not apply
 * to the socket. CAIRN_EUNSUPPORTED names an option that cannot be read: an attached eBPF program,
 * or TLS in the kernel.
 */
CAIRN_CHECKED int socket_options_read(int fd, json_t **out, cairn_error *err);

enum socket_option_time {
    SOCKET_BEFORE_BIND, /* the options that decide how the socket is bound and connected */
    SOCKET_WHEN_FILLED, /* all other options, set once the queued data is back */
};
/* Sets the options that differ. An option that this kernel or user cannot set keeps its default. */
void socket_options_apply(int fd, const json_t *options, enum socket_option_time when);

/* SO_REUSEADDR. A restore sets it differently while it makes sockets that share a port. */
void socket_options_apply_sharing(int fd, const json_t *options);

/* The sizes of its buffers, and whether the kernel may change them. */
void socket_options_apply_buffers(int fd, const json_t *options);

/* The value of a numeric option; `otherwise` if it was not recorded. */
int socket_option_number(const json_t *options, const char *key, int otherwise);

#endif
