/* The owner of a file or of a peer. In a user namespace the kernel shows every id that is not
 * mapped there as one and the same (overflowuid, 65534), root's as well, so that it must be judged
 * outside. */
#ifndef CAIRN_COMMON_OWNER_H
#define CAIRN_COMMON_OWNER_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/error.h"

struct owner {
    uid_t uid;    /* as it shows outside of the user namespace that owner_enter_namespace made */
    bool trusted; /* it is this process's own or root's, and certainly so */
};

/* The owner of an open file, or the creator of the other end of a connected AF_UNIX socket.
 * Thread-safe, and works in forked children too. */
CAIRN_CHECKED int owner_of(int fd, struct owner *out, cairn_error *err);

/* Which ids of the caller's are known in its new user namespace, beside its own. */
struct owner_map {
    bool uids, gids;
};

/* Single-threaded: enters a user namespace (unshare), from which a process that stays outside
 * answers for owner_of. That process ends with the last one that could ask it. It also maps what it
 * may: every id where it has the privilege, else the supplementary groups that /etc/subgid allows
 * (newgidmap); *map says what it did, and what is not mapped is the caller's to map. The caller's
 * error, with errno set, when there is no user namespace. */
CAIRN_CHECKED int owner_enter_namespace(struct owner_map *map, cairn_error *err);

#endif
