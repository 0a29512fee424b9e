/* The step's terminal. Its output goes to the log and to every attached client; the clients' input
 * goes to the step. */
#ifndef CAIRN_SUPERVISOR_TERMINAL_H
#define CAIRN_SUPERVISOR_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "supervisor/control.h"
#include "supervisor/loop.h"

struct terminal {
    struct loop *loop;
    struct loop_source master; /* fd -1: the step has no terminal */
    int peer_fd; /* the slave, held open so that a step that closes its own descriptors may open it
                  * again
                  */
    int log_fd;
    bool log_failed;
    struct control *control;
};

CAIRN_CHECKED int terminal_open(struct terminal *t, struct loop *loop, int master, int log_fd,
                                struct control *control, cairn_error *err);

/* Writes input to the terminal. Returns how many bytes it accepted. */
size_t terminal_type(struct terminal *t, const char *bytes, size_t len);

CAIRN_CHECKED int terminal_resize(struct terminal *t, unsigned short rows, unsigned short cols,
                                  cairn_error *err);

/* Whether the step has set its terminal to pass Ctrl-C as a key. */
bool terminal_is_raw(const struct terminal *t);

/* Reads the last output that the step left in the terminal. */
void terminal_drain(struct terminal *t);

#endif
