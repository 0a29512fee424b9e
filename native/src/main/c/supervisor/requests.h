/* Handles the requests of clients on the control socket. */
#ifndef CAIRN_SUPERVISOR_REQUESTS_H
#define CAIRN_SUPERVISOR_REQUESTS_H

#include "supervisor/supervisor.h"

/* Handles one request, a line of JSON. Answers it now or, for a checkpoint, later. */
void request_handle(struct supervisor *s, uint64_t client, const char *line);

#endif
