/* Frees ports that a restore needs. For a minute after the step was killed, the kernel keeps the
 * ends of its connections (TIME_WAIT). */
#ifndef CAIRN_RESTORE_PORTS_H
#define CAIRN_RESTORE_PORTS_H

#include <sys/socket.h>

/* Makes the kernel forget the ended connections of this host at a port without a listener. */
void port_forget_ended(const struct sockaddr_storage *at);

/* Calls bind() until the port is free, for at most the given time. */
int port_bind(int fd, const struct sockaddr_storage *at, socklen_t len, int within_ms);

#endif
