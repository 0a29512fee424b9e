/* Ports that a restore needs and that are not free yet: of what the step had before it was killed,
 * the kernel keeps the ends of connections for a minute (TIME_WAIT). */
#ifndef CAIRN_RESTORE_PORTS_H
#define CAIRN_RESTORE_PORTS_H

#include <sys/socket.h>

/* Makes the kernel forget the ended connections of this host at a port without a listener. */
void port_forget_ended(const struct sockaddr_storage *at);

/* bind(), once the port is free, waiting for it at most so long. */
int port_bind(int fd, const struct sockaddr_storage *at, socklen_t len, int within_ms);

#endif
