/* Pseudo-terminals of the step: both ends, their settings, their queued data, and the processes
 * whose controlling terminals they are. */
#ifndef CAIRN_CAPTURE_TERMINALS_H
#define CAIRN_CAPTURE_TERMINALS_H

#include <sys/stat.h>

#include "capture/objects.h"

/* Whether a character device is an end of a terminal, or /dev/tty. */
bool is_terminal(const struct stat *st);
/* Records one end of a terminal in the json of its description. */
CAIRN_CHECKED int describe_terminal(const struct objects *o, const struct captured_process *p,
                                    int number, const struct stat *st, const char *link,
                                    json_t *json, cairn_error *err);
/* Records all terminals in META's "ptys", and the controlling terminal of each process. Call it
 * after the descriptors of all processes. `own` is the master of the step's terminal, or -1. */
CAIRN_CHECKED int capture_terminals(const struct objects *o, struct captured_process *processes,
                                    size_t count, int own, json_t *meta, cairn_error *err);

#endif
