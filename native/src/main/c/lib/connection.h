/* Inside lib/: connections to a supervisor's control socket. */
#ifndef CAIRN_LIB_CONNECTION_H
#define CAIRN_LIB_CONNECTION_H

#include <stdint.h>

#include "lib/step_handle.h"

/* Connects to the step's supervisor, and checks that the other side belongs to this user or root.
 * Waits for one that has just been started to listen, as long as it lives, until `deadline` (of
 * connection_now_ms): ETIMEDOUT. */
CAIRN_CHECKED int connection_open(const struct cairn_step *step, int64_t deadline, int *out,
                                  cairn_error *err);

/* The process that listens on the control socket in an attempt's folder, as a descriptor that is
 * readable once it has ended. Works also across pid namespaces. CAIRN_EGONE when no supervisor
 * does, CAIRN_EHELD when one does and the kernel (before 6.5) does not give the descriptor. */
CAIRN_CHECKED int connection_find_peer(int attempt_fd, int *pidfd, cairn_error *err);

/* Sends one line and reads the answer, and nothing behind it (frames may follow). The
 * caller frees *answer, which is parsed: `"ok": false` is an error with the supervisor's code and
 * message. */
CAIRN_CHECKED int connection_ask(int fd, const char *json, int64_t deadline, char **answer,
                                 cairn_error *err);

int64_t connection_now_ms(void);

#endif
