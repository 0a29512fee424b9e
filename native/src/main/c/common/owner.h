/* Finds the owner of a file or of a peer. In a user namespace the kernel shows every unmapped id as
 * the same one (overflowuid, 65534), root's as well. So a process outside of the namespace must
 * judge the owner. */
#ifndef CAIRN_COMMON_OWNER_H
#define CAIRN_COMMON_OWNER_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/error.h"

struct owner {
    uid_t uid;    /* the id as it shows outside of the user namespace that owner_enter_namespace
                   * made */
    bool trusted; /* the owner is certainly this process's user or root */
};

/* The owner of an open file, or the creator of the other end of a connected AF_UNIX socket.
 * Thread-safe, and works in forked children too. */
CAIRN_CHECKED int owner_of(int fd, struct owner *out, cairn_error *err);

/* Which of the caller's ids are mapped in its new user namespace, besides its user and group. */
struct owner_map {
    bool uids, gids;
};

/* Enters a new user namespace (unshare). Call it while the process has one thread. A helper process
 * stays outside and answers for owner_of; it ends with the last process that could ask it. The
 * helper also maps ids: every id if it has the privilege, else the supplementary groups that
 * /etc/subgid allows (newgidmap). *map says which ids it mapped; the caller must map the others.
 * Fails, with errno set, if the host allows no user namespace. */
CAIRN_CHECKED int owner_enter_namespace(struct owner_map *map, cairn_error *err);

#endif
