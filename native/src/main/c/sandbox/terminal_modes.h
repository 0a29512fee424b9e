/* How a step's terminal is set (echo, line editing, control characters), kept across a restore. Its
 * size is not: that is the size of the window in which the step is resumed. */
#ifndef CAIRN_SANDBOX_TERMINAL_MODES_H
#define CAIRN_SANDBOX_TERMINAL_MODES_H

#include <jansson.h>

#include "common/error.h"

/* Of either end of a pty. */
CAIRN_CHECKED int terminal_modes_read(int fd, json_t **out, cairn_error *err);
CAIRN_CHECKED int terminal_modes_apply(int fd, const json_t *modes, cairn_error *err);

#endif
