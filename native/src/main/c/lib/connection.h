/* Inside lib/: connections to a supervisor's control socket. */
#ifndef CAIRN_LIB_CONNECTION_H
#define CAIRN_LIB_CONNECTION_H

#include <stdint.h>

#include "lib/step_handle.h"

/* Connects to the step's supervisor, and checks that the other side runs as this user or root.
 * Waits until a supervisor that has just been started listens, as long as it lives, up to
 * `deadline` (of connection_now_ms): ETIMEDOUT. */
CAIRN_CHECKED int connection_open(const struct cairn_step *step, int64_t deadline, int *out,
                                  cairn_error *err);

/* Opens the process that listens on the control socket of an attempt, as a descriptor that becomes
 * readable at its end. Also works across pid namespaces. CAIRN_EGONE if no supervisor listens;
 * CAIRN_EHELD if one does and the kernel (before 6.5) does not give the descriptor. */
CAIRN_CHECKED int connection_find_peer(int attempt_fd, int *pidfd, cairn_error *err);

/* Sends one line and reads the answer, and nothing behind it, because frames may follow. Parses
 * *answer, which the caller frees: `"ok": false` becomes an error with the supervisor's code and
 * message. */
CAIRN_CHECKED int connection_ask(int fd, const char *json, int64_t deadline, char **answer,
                                 cairn_error *err);

int64_t connection_now_ms(void);

#endif
