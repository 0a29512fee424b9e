/* What waits in a pseudo-terminal: what was typed at its master and not yet read from its slave,
 * and what was written to the slave. The kernel cannot show it, so it is taken out and put back as
 * the line discipline holds it: complete lines, the line being typed, processed output. No other
 * process may use either end meanwhile.
 *
 * `slave` is a descriptor of the caller's own, for reading and writing, with O_NONBLOCK. */
#ifndef CAIRN_SANDBOX_TERMINAL_QUEUES_H
#define CAIRN_SANDBOX_TERMINAL_QUEUES_H

#include <jansson.h>

#include "common/error.h"

/* Adds the non-empty ones of "lines", "typed" and "output" to *json, and "packet". Fails
 * before it has taken anything, with CAIRN_EBUSY_TREE where trying again may help. */
CAIRN_CHECKED int terminal_queues_take(int master, int slave, json_t *json, cairn_error *err);
/* Puts back what was taken, packet mode too. */
CAIRN_CHECKED int terminal_queues_put(int master, int slave, const json_t *json, cairn_error *err);

#endif
