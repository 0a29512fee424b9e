/* The ids of a user namespace, mapped by a process outside of it. */
#ifndef CAIRN_COMMON_ID_MAP_H
#define CAIRN_COMMON_ID_MAP_H

#include <stdbool.h>
#include <sys/types.h>

/* Maps, each to itself, what the caller may in the new user namespace of `pid`: all ids that it
 * knows itself where it has CAP_SETUID and CAP_SETGID, else its group and those of its
 * supplementary groups that /etc/subgid grants, by newgidmap. Ids that it did not map stay
 * undefined. */
void id_map_outside(pid_t pid, bool *uids, bool *gids);

#endif
