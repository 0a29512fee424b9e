/* Unix sockets and what is queued in them. */
#ifndef CAIRN_RESTORE_UNIX_SOCKETS_H
#define CAIRN_RESTORE_UNIX_SOCKETS_H

#include "restore/restoration.h"

/* All of them, at their numbers in the store: before pid 1 has any child. */
CAIRN_CHECKED int unix_sockets_restore(const struct restoration *r, cairn_error *err);

#endif
