/* The control socket: clients that send JSON lines, and attached terminals. A client that hangs,
 * floods or vanishes does not affect the supervisor. */
#ifndef CAIRN_SUPERVISOR_CONTROL_H
#define CAIRN_SUPERVISOR_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "supervisor/loop.h"

struct client;

struct control_handlers {
    void *context;
    void (*request)(void *context, uint64_t client, const char *line);
    /* Receives bytes from an attached client. Returns how many it accepted; the rest is offered
     * again. */
    size_t (*input)(void *context, const char *bytes, size_t len);
};

struct control {
    struct loop *loop;
    struct loop_source listener;
    struct control_handlers handlers;
    struct client *clients;
    int n_clients;
    uint64_t next_id;
};

/* Binds dirfd/supervisor.sock (0600) and listens. */
CAIRN_CHECKED int control_open(struct control *c, int dirfd, struct loop *loop,
                               const struct control_handlers *handlers, cairn_error *err);

/* Sends an answer (takes the reference). Does nothing if the client has gone. */
void control_answer(struct control *c, uint64_t client, json_t *answer);
void control_answer_error(struct control *c, uint64_t client, const cairn_error *error);

/* From now on the connection carries the terminal: frames in both directions. */
void control_attach(struct control *c, uint64_t client);

/* Sends terminal output to every attached client. */
void control_broadcast(struct control *c, const char *bytes, size_t len);

/* Call it when the terminal accepts input again. */
void control_input_again(struct control *c);

/* Informs attached clients that the terminal has gone, sends what still fits, and closes all
 * connections. */
void control_close(struct control *c, int dirfd);

#endif
