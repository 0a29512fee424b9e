/* The settings of a pseudo-terminal: echo, line editing, control characters, speeds. */
#ifndef CAIRN_SANDBOX_TERMINAL_MODES_H
#define CAIRN_SANDBOX_TERMINAL_MODES_H

#include <asm/termbits.h>
#include <jansson.h>

#include "common/error.h"

/* Works with a descriptor of either end: both show the modes of the slave. */
CAIRN_CHECKED int terminal_modes_get(int fd, struct termios2 *out, cairn_error *err);
CAIRN_CHECKED int terminal_modes_set(int fd, const struct termios2 *modes, cairn_error *err);
/* The same as JSON. */
CAIRN_CHECKED int terminal_modes_read(int fd, json_t **out, cairn_error *err);
CAIRN_CHECKED int terminal_modes_apply(int fd, const json_t *modes, cairn_error *err);

#endif
