/* Maps the ids of a user namespace. A process outside of the namespace must do it. */
#ifndef CAIRN_COMMON_ID_MAP_H
#define CAIRN_COMMON_ID_MAP_H

#include <stdbool.h>
#include <sys/types.h>

/* Maps ids in the new user namespace of `pid`, each to itself. A caller with CAP_SETUID and
 * CAP_SETGID maps all ids of its own namespace. Any other caller maps its group and, through
 * newgidmap, those supplementary groups that /etc/subgid grants. Ids that stay unmapped are
 * undefined. */
void id_map_outside(pid_t pid, bool *uids, bool *gids);

#endif
