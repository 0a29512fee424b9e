/* Unix sockets and what is queued in them. */
#ifndef CAIRN_RESTORE_UNIX_SOCKETS_H
#define CAIRN_RESTORE_UNIX_SOCKETS_H

#include "restore/restoration.h"

/* Description `i` and, where the step has it, its peer. */
CAIRN_CHECKED int unix_socket_restore(const struct restoration *r, size_t i, cairn_error *err);

#endif
