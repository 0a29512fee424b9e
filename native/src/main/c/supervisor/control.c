#include "supervisor/control.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/owner.h"
#include "supervisor/attempt.h"

#define MOST_CLIENTS 64
#define LINE_BYTES 65536
#define OUTPUT_BYTES (1u << 20) /* bytes; a client that leaves more unread is disconnected */
#define FRAME_HEADER 4

struct client {
    struct client *next;
    struct control *control;
    uint64_t id;
    struct loop_source source;
    bool attached;
    bool waits; /* waits for the answer to a request */
    char *in;   /* LINE_BYTES */
    size_t in_len;
    char *out;
    size_t out_len, out_room;
};

static void drop(struct client *c)
{
    struct control *control = c->control;
    struct client **at = &control->clients;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    control->n_clients--;
    loop_remove(control->loop, &c->source);
    close(c->source.fd);
    free(c->in);
    free(c->out);
    free(c);
}

static struct client *find(const struct control *control, uint64_t id)
{
    struct client *c = control->clients;
    while (c && c->id != id)
        c = c->next;
    return c;
}

static void listen_for(struct client *c)
{
    bool room = c->in_len < LINE_BYTES;
    loop_change(c->control->loop, &c->source, (room ? EPOLLIN : 0u) | (c->out_len ? EPOLLOUT : 0u));
}

/* Sends as much as the socket accepts now; false if the client has gone. */
static bool flush(struct client *c)
{
    size_t done = 0;
    while (done < c->out_len) {
        ssize_t n =
            send(c->source.fd, c->out + done, c->out_len - done, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN)
            return false;
        if (n < 0)
            break;
        done += (size_t)n;
    }
    memmove(c->out, c->out + done, c->out_len - done);
    c->out_len -= done;
    return true;
}

static bool enqueue(struct client *c, const void *bytes, size_t len)
{
    if (c->out_len + len > OUTPUT_BYTES)
        return false;
    if (c->out_len + len > c->out_room) {
        size_t room = (c->out_len + len) * 2;
        char *grown = realloc(c->out, room);
        if (!grown)
            return false;
        c->out = grown;
        c->out_room = room;
    }
    memcpy(c->out + c->out_len, bytes, len);
    c->out_len += len;
    return true;
}

static bool send_frame(struct client *c, const char *bytes, size_t len)
{
    uint32_t header = htole32((uint32_t)len);
    return enqueue(c, &header, sizeof header) && enqueue(c, bytes, len) && flush(c);
}

/* Handles input for the terminal: passes whole frames on as far as the terminal accepts them. False
 * for an invalid frame. */
static bool handle_frames(struct client *c)
{
    struct control *control = c->control;
    while (c->in_len >= FRAME_HEADER) {
        uint32_t len;
        memcpy(&len, c->in, sizeof len);
        len = le32toh(len);
        if (len > LINE_BYTES - FRAME_HEADER)
            return false;
        if (c->in_len < FRAME_HEADER + len)
            break;
        size_t taken =
            control->handlers.input(control->handlers.context, c->in + FRAME_HEADER, len);
        if (taken < len) {
            /* The rest becomes a shorter frame, which waits for control_input_again. */
            uint32_t rest = htole32((uint32_t)(len - taken));
            memmove(c->in + FRAME_HEADER, c->in + FRAME_HEADER + taken,
                    c->in_len - FRAME_HEADER - taken);
            memcpy(c->in, &rest, sizeof rest);
            c->in_len -= taken;
            break;
        }
        memmove(c->in, c->in + FRAME_HEADER + len, c->in_len - FRAME_HEADER - len);
        c->in_len -= FRAME_HEADER + len;
    }
    return true;
}

/* Handles whole lines. A request may drop or attach the client, so it is looked up again after
 * each. False for a line that is too long. */
static bool handle_lines(struct client *c)
{
    struct control *control = c->control;
    uint64_t id = c->id;
    char *end;
    while (!c->attached && (end = memchr(c->in, '\n', c->in_len))) {
        *end = '\0';
        char line[LINE_BYTES];
        size_t used = (size_t)(end - c->in) + 1;
        memcpy(line, c->in, used);
        memmove(c->in, c->in + used, c->in_len - used);
        c->in_len -= used;
        c->waits = true;
        control->handlers.request(control->handlers.context, id, line);
        c = find(control, id);
        if (!c)
            return true;
    }
    if (c->attached)
        return handle_frames(c);
    return c->in_len < LINE_BYTES;
}

static void on_client(void *context, uint32_t events)
{
    struct client *c = context;
    struct control *control = c->control;
    uint64_t id = c->id;
    bool alive = true;
    if (events & EPOLLOUT)
        alive = flush(c);
    if (alive && events & EPOLLIN) {
        ssize_t n = recv(c->source.fd, c->in + c->in_len, LINE_BYTES - c->in_len, MSG_DONTWAIT);
        if (n > 0)
            c->in_len += (size_t)n;
        alive = n > 0 ? handle_lines(c) : n < 0 && (errno == EAGAIN || errno == EINTR);
    } else if (alive && events & (EPOLLHUP | EPOLLERR)) {
        alive = false;
    }
    c = find(control, id);
    if (c && !alive)
        drop(c);
    else if (c)
        listen_for(c);
}

static bool is_trusted(int fd)
{
    struct owner peer;
    return owner_of(fd, &peer, NULL) == 0 && peer.trusted;
}

/* Drops the oldest client that waits for no answer, to make room. */
static void make_room(struct control *control)
{
    struct client *idle = NULL;
    for (struct client *c = control->clients; c; c = c->next)
        if (!c->attached && !c->waits)
            idle = c;
    if (idle)
        drop(idle);
}

static void add_client(struct control *control, int fd)
{
    struct client *c = calloc(1, sizeof *c);
    char *in = malloc(LINE_BYTES);
    cairn_error error;
    if (!c || !in)
        goto refuse;
    *c = (struct client){
        .next = control->clients,
        .control = control,
        .id = ++control->next_id,
        .source = {.fd = fd, .ready = on_client, .context = c},
        .in = in,
    };
    if (loop_add(control->loop, &c->source, EPOLLIN, &error) != 0)
        goto refuse;
    control->clients = c;
    control->n_clients++;
    return;
refuse:
    free(c);
    free(in);
    close(fd);
}

static void on_connection(void *context, uint32_t events)
{
    (void)events;
    struct control *control = context;
    int fd = accept4(control->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    if (control->n_clients >= MOST_CLIENTS)
        make_room(control);
    if (control->n_clients >= MOST_CLIENTS || !is_trusted(fd))
        close(fd);
    else
        add_client(control, fd);
}

int control_open(struct control *control, int dirfd, struct loop *loop,
                 const struct control_handlers *handlers, cairn_error *err)
{
    auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return cairn_fail_errno(err, "making the control socket");
    /* Binds through the folder's descriptor, because a socket's name has at most 108 bytes and a
     * path may be longer. */
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/" SOCKET_NAME, dirfd);
    mode_t before = umask(0177);
    int bound = bind(fd, (struct sockaddr *)&address, sizeof address);
    umask(before);
    if (bound < 0 || listen(fd, MOST_CLIENTS) < 0)
        return cairn_fail_errno(err, "binding the control socket " SOCKET_NAME);
    *control = (struct control){
        .loop = loop,
        .listener = {.fd = fd, .ready = on_connection, .context = control},
        .handlers = *handlers,
    };
    int rc = loop_add(loop, &control->listener, EPOLLIN, err);
    if (rc == 0)
        steal_fd(&fd);
    return rc;
}

void control_answer(struct control *control, uint64_t id, json_t *answer)
{
    struct client *c = find(control, id);
    auto_free char *text = c ? json_dumps(answer, JSON_COMPACT) : NULL;
    json_decref(answer);
    if (!c)
        return;
    c->waits = false;
    if (text && enqueue(c, text, strlen(text)) && enqueue(c, "\n", 1) && flush(c))
        listen_for(c);
    else
        drop(c);
}

void control_answer_error(struct control *control, uint64_t id, const cairn_error *error)
{
    json_t *message = json_string(error->message);
    control_answer(control, id,
                   json_pack("{s:b, s:i, s:o}", "ok", 0, "code", error->code, "message",
                             message ? message : json_string("(a message that is not UTF-8)")));
}

void control_attach(struct control *control, uint64_t id)
{
    struct client *c = find(control, id);
    if (c)
        c->attached = true;
}

void control_broadcast(struct control *control, const char *bytes, size_t len)
{
    for (struct client *c = control->clients, *next; c; c = next) {
        next = c->next;
        if (!c->attached)
            continue;
        if (send_frame(c, bytes, len))
            listen_for(c);
        else
            drop(c);
    }
}

void control_input_again(struct control *control)
{
    for (struct client *c = control->clients, *next; c; c = next) {
        next = c->next;
        if (!c->attached)
            continue;
        if (handle_frames(c))
            listen_for(c);
        else
            drop(c);
    }
}

void control_close(struct control *control, int dirfd)
{
    unlinkat(dirfd, SOCKET_NAME, 0);
    loop_remove(control->loop, &control->listener);
    close(control->listener.fd);
    while (control->clients) {
        if (control->clients->attached)
            send_frame(control->clients, "", 0);
        drop(control->clients);
    }
}
