/* The multicast groups that a socket has joined, as META holds them. */
#ifndef CAIRN_COMMON_MULTICAST_H
#define CAIRN_COMMON_MULTICAST_H

#include <jansson.h>

#include "common/error.h"

/* Each of a group, an interface by name, whether its sources are all (`exclude`) or none but those
 * named, and these. The kernel has no list of them: the socket is asked about every group of the
 * host. */
json_t *multicast_read(int fd);
CAIRN_CHECKED int multicast_join(int fd, const json_t *groups, cairn_error *err);

#endif
