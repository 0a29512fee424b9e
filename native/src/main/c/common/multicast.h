/* The multicast groups that a socket has joined, as META holds them. */
#ifndef CAIRN_COMMON_MULTICAST_H
#define CAIRN_COMMON_MULTICAST_H

#include <jansson.h>

#include "common/error.h"

/* An array with an entry for each group: the group, the name of the interface, the sources, and
 * whether exactly these sources are refused (`exclude`) or accepted. The kernel has no list of a
 * socket's groups, so the socket is asked about every group of the host. */
json_t *multicast_read(int fd);
CAIRN_CHECKED int multicast_join(int fd, const json_t *groups, cairn_error *err);

#endif
