/* Restores unix sockets and their queued data. */
#ifndef CAIRN_RESTORE_UNIX_SOCKETS_H
#define CAIRN_RESTORE_UNIX_SOCKETS_H

#include "restore/restoration.h"

/* Makes all unix sockets at their numbers in the store. Call it before pid 1 has any child. */
CAIRN_CHECKED int unix_sockets_restore(const struct restoration *r, cairn_error *err);

#endif
