/* The folder of an attempt, and the files that its supervisor writes there. */
#ifndef CAIRN_SUPERVISOR_ATTEMPT_H
#define CAIRN_SUPERVISOR_ATTEMPT_H

#include <jansson.h>
#include <stdint.h>

#include "common/error.h"
#include "supervisor/cause.h"
#include "supervisor/clock.h"

#define SOCKET_NAME "supervisor.sock"

struct attempt {
    int fd;      /* the folder */
    int journal; /* images.jsonl, for appending */
    char started_at[UTC_TEXT_BYTES];
};

/* How an attempt ended: exit.json. */
struct attempt_end {
    enum cause cause;
    int exit_code; /* -1 if it was not an exit */
    int signal;    /* 0 if it was no signal */
    int64_t running_ms;
    int64_t image; /* image of a stop, -1 if there is none */
    char message[1100];
};

/* Opens the folder, and records this supervisor in supervisor.json. An attempt has one supervisor
 * only: EEXIST otherwise. */
CAIRN_CHECKED int attempt_open(const char *path, struct attempt *out, cairn_error *err);

/* Appends a line to images.jsonl, durably. Thread-safe. */
CAIRN_CHECKED int attempt_journal(const struct attempt *a, const json_t *line, cairn_error *err);

CAIRN_CHECKED int attempt_publish_end(const struct attempt *a, const struct attempt_end *end,
                                      cairn_error *err);

/* The folder to which a roll-back moves files; made if missing. */
CAIRN_CHECKED int attempt_open_undone(const struct attempt *a, int *out, cairn_error *err);
/* Counts the files in it and their bytes, without the tails cut off the two logs. */
void attempt_count_undone(const struct attempt *a, const char *const logs[2], uint64_t *files,
                          uint64_t *bytes);

#endif
