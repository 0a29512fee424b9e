/* The data that waits in a pseudo-terminal: input typed at its master and not yet read from its
 * slave, and output written to the slave. The kernel cannot show it without removing it. So it is
 * read, and written back in the form in which the line discipline holds it: complete lines, the
 * line being typed, processed output. No other process may use either end meanwhile. `slave` is a
 * descriptor of the caller's own, for reading and writing, with O_NONBLOCK. */
#ifndef CAIRN_SANDBOX_TERMINAL_QUEUES_H
#define CAIRN_SANDBOX_TERMINAL_QUEUES_H

#include <jansson.h>

#include "common/error.h"

/* Takes the data out and adds the non-empty parts of "lines", "typed" and "output" to *json, and
 * "packet". Fails with CAIRN_EBUSY_TREE, before it has taken anything, if another try may succeed.
 */
CAIRN_CHECKED int terminal_queues_take(int master, int slave, json_t *json, cairn_error *err);
/* Writes back what was taken, and restores packet mode. */
CAIRN_CHECKED int terminal_queues_put(int master, int slave, const json_t *json, cairn_error *err);

#endif
