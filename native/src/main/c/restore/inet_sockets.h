/* Restores TCP and UDP sockets, and the connections between two processes of the step. */
#ifndef CAIRN_RESTORE_INET_SOCKETS_H
#define CAIRN_RESTORE_INET_SOCKETS_H

#include "restore/restoration.h"

/* Makes the connections first, because later their port may have a listener. */
CAIRN_CHECKED int inet_connections_restore(const struct restoration *r, cairn_error *err);
CAIRN_CHECKED int inet_socket_restore(const struct restoration *r, size_t i, cairn_error *err);
/* Call it once all sockets exist. Restores queued datagrams, and settings that differed meanwhile.
 */
CAIRN_CHECKED int inet_sockets_finish(const struct restoration *r, cairn_error *err);

#endif
