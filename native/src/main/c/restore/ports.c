#include "restore/ports.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/inet_diag.h"
#include "common/inet_json.h"

#define LOOK_EVERY_MS 20
#define FORGET_EVERY_MS 1000

struct ended {
    bool listening;
    struct inet_seen *seen;
    size_t count;
};

static void note(void *context, const struct inet_seen *seen)
{
    struct ended *e = context;
    e->listening |= seen->state == INET_LISTENING;
    if (seen->state != INET_TIME_WAIT && seen->state != INET_FIN_WAIT2)
        return;
    struct inet_seen *grown = realloc(e->seen, (e->count + 1) * sizeof *grown);
    if (!grown)
        return;
    e->seen = grown;
    e->seen[e->count++] = *seen;
}

/* Connects from the other end's address, as if that end came anew. The kernel answers with what it
 * remembers of the old connection, and the new one resets that. Addresses of other hosts cannot be
 * bound, so their ends stay. */
static void reset(const struct inet_seen *seen)
{
    auto_close int fd =
        socket(seen->local.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int yes = 1;
    if (fd < 0)
        return;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (const struct sockaddr *)&seen->peer, seen->len) == 0)
        (void)!connect(fd, (const struct sockaddr *)&seen->local, seen->len);
}

void port_forget_ended(const struct sockaddr_storage *at)
{
    struct ended e = {0};
    inet_diag_each(AF_INET, IPPROTO_TCP, inet_port(at), note, &e);
    inet_diag_each(AF_INET6, IPPROTO_TCP, inet_port(at), note, &e);
    for (size_t i = 0; i < e.count && !e.listening; i++)
        reset(&e.seen[i]);
    free(e.seen);
}

int port_bind(int fd, const struct sockaddr_storage *at, socklen_t len, int within_ms)
{
    int rc;
    for (int waited = 0;; waited += LOOK_EVERY_MS) {
        rc = bind(fd, (const struct sockaddr *)at, len);
        if (rc == 0 || errno != EADDRINUSE || waited >= within_ms)
            return rc;
        if (waited % FORGET_EVERY_MS == 0)
            port_forget_ended(at);
        else
            poll(NULL, 0, LOOK_EVERY_MS);
    }
}
