/* Restores all unix sockets together: connects sockets that were connected, with the names and pids
 * that the kernel recorded, and makes each sender send its queued messages again.
 */
#include "restore/unix_sockets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/hex.h"
#include "common/json.h"
#include "common/socket_options.h"
#include "restore/fd_store.h"
#include "restore/socket_errands.h"
#include "restore/stand_in.h"

#define MESSAGE_LIMIT (1u << 20)

struct work {
    const struct restoration *r;
    const json_t *descriptions;
    struct own_root root;
};

static const json_t *description(const struct work *w, size_t i)
{
    return json_array_get(w->descriptions, i);
}

static bool is_unix(const json_t *json)
{
    return description_is_kind(json, "socket");
}

static int type_of(const json_t *json)
{
    return (int)json_integer_value(json_object_get(json, "type"));
}

static bool is_true(const json_t *json, const char *key)
{
    return json_is_true(json_object_get(json, key));
}

static bool same_string(const json_t *a, const char *key_of_a, const json_t *b,
                        const char *key_of_b)
{
    const json_t *first = json_object_get(a, key_of_a);
    return first && json_equal(first, json_object_get(b, key_of_b));
}

/* `key`: an array of pid, uid and gid, as in SO_PEERCRED and SCM_CREDENTIALS. Older images have
 * none. */
static struct stand_in who_is(const json_t *json, const char *key)
{
    const json_t *ids = json_object_get(json, key);
    struct stand_in who = {
        .pid = json_integer_value(json_array_get(ids, 0)), .uid = -1, .gid = -1, .root = -1};
    if (who.pid > 0) {
        who.uid = json_integer_value(json_array_get(ids, 1));
        who.gid = json_integer_value(json_array_get(ids, 2));
    }
    return who;
}

static int new_socket(int type, cairn_error *err)
{
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    return fd >= 0 ? fd : cairn_fail_errno(err, "making a unix socket");
}

static const struct stand_in ANYONE = {.pid = 0, .uid = -1, .gid = -1, .root = -1};

/* Names may be relative to a working folder. Pid 1 returns to / at the end. */
static int enter_folder_of(const json_t *json, cairn_error *err)
{
    const char *folder = json_string_value(json_object_get(json, "folder"));
    return !folder || chdir(folder) == 0
               ? 0
               : cairn_fail_errno(err, "entering %s, to which a socket's name is relative", folder);
}

/* Whether the socket's path no longer led to it, so that the path is not bound again. */
static bool leads_nowhere(const json_t *json, const struct socket_name *name)
{
    return socket_name_is_path(name) && is_true(json, "unlinked");
}

static int bind_again(struct work *w, int fd, const json_t *json, cairn_error *err)
{
    struct socket_name name;
    int64_t mode = -1;
    int rc = socket_name_read(json, "name", &name, err);
    if (rc == 0)
        rc = json_may_int(json, "mode", 0, 07777, &mode, err);
    if (rc != 0 || name.len == 0)
        return rc;
    struct errand e = {.fd = fd, .name = &name, .in_own_root = leads_nowhere(json, &name)};
    if (socket_name_is_path(&name) && name.address.sun_path[0] != '/')
        rc = enter_folder_of(json, err);
    if (rc == 0)
        rc = errand_run(&w->root, ANYONE, errand_bind, &e, err);
    if (rc == 0 && mode >= 0 && chmod(name.address.sun_path, (mode_t)mode) < 0)
        rc = cairn_fail_errno(err, "setting the mode of %s", name.address.sun_path);
    return rc;
}

/* A message that the socket's partner sends again. `to` is empty for the partner itself. */
static int send_message(struct work *w, int from, const struct socket_name *to, bool in_own_root,
                        const json_t *message, cairn_error *err)
{
    const json_t *text = json_is_string(message) ? message : json_object_get(message, "bytes");
    auto_free void *bytes = NULL;
    size_t len;
    int rc = hex_decode(json_string_value(text), MESSAGE_LIMIT, &bytes, &len, err);
    struct errand e = {
        .fd = from, .name = to, .bytes = bytes, .len = len, .in_own_root = in_own_root};
    return rc != 0 ? rc
                   : errand_run(&w->root, who_is(message, "credentials"), errand_send, &e, err);
}

/* Makes the buffer as large as the queued messages need. */
static void make_room(int from)
{
    int room = 2 * MESSAGE_LIMIT;
    setsockopt(from, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
}

/* The kernel records the sender if the receiver asks for credentials. A sender that asks for
 * credentials itself gets a name automatically. */
static void ask_for_credentials(int to, const json_t *json, int yes)
{
    if (json_object_get(json_array_get(json_object_get(json, "messages"), 0), "credentials"))
        setsockopt(to, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes);
}

/* Sends what the socket of `json` had queued, from message `first` on, from its partner. */
static int fill(struct work *w, int from, int to, const json_t *json, size_t first, size_t last,
                cairn_error *err)
{
    const json_t *messages = json_object_get(json, "messages");
    int rc = 0;
    make_room(from);
    ask_for_credentials(to, json, 1);
    for (size_t i = first; rc == 0 && i < last; i++)
        rc = send_message(w, from, NULL, false, json_array_get(messages, i), err);
    ask_for_credentials(to, json, 0);
    return rc;
}

/* The number of messages that came before their sender had a name. */
static size_t count_nameless(const json_t *json)
{
    const json_t *messages = json_object_get(json, "messages");
    size_t i = 0;
    while (i < json_array_size(messages) && !json_object_get(json_array_get(messages, i), "from"))
        i++;
    return i;
}

/* For images without names of options: sizes, SO_PASSCRED and timeouts, in this order. */
static void apply_unnamed_options(int fd, const json_t *json)
{
    static const int options[] = {SO_SNDBUF, SO_RCVBUF, SO_PASSCRED};
    static const int timeouts[] = {SO_RCVTIMEO, SO_SNDTIMEO};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        int value = (int)json_integer_value(json_array_get(json_object_get(json, "options"), i));
        value = options[i] == SO_PASSCRED ? value : value / 2; /* the kernel doubles sizes */
        setsockopt(fd, SOL_SOCKET, options[i], &value, sizeof value);
    }
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
        const json_t *pair = json_array_get(json_object_get(json, "timeouts"), i);
        struct timeval value = {json_integer_value(json_array_get(pair, 0)),
                                json_integer_value(json_array_get(pair, 1))};
        setsockopt(fd, SOL_SOCKET, timeouts[i], &value, sizeof value);
    }
}

static int finish(int fd, const json_t *json, cairn_error *err)
{
    int64_t flags, shut;
    int rc = json_need_int(json, "flags", 0, INT32_MAX, &flags, err);
    if (rc == 0)
        rc = json_need_int(json, "shutdown", 0, 3, &shut, err);
    if (rc != 0)
        return rc;
    const json_t *options = json_object_get(json, "options");
    if (json_is_array(options))
        apply_unnamed_options(fd, json);
    else
        socket_options_apply(fd, options, SOCKET_WHEN_FILLED);
    if (shut) /* 1 receiving, 2 sending, 3 both; shutdown() counts from 0 */
        shutdown(fd, (int)shut - 1);
    if (fcntl(fd, F_SETFL, (int)flags & O_NONBLOCK) < 0)
        return cairn_fail_errno(err, "setting the flags of a socket");
    return 0;
}

static ssize_t find_peer(const struct work *w, const json_t *json)
{
    json_int_t peer = json_integer_value(json_object_get(json, "peer"));
    size_t i;
    const json_t *other;
    json_array_foreach(w->descriptions, i, other)
    {
        if (peer && other != json && is_unix(other) &&
            json_integer_value(json_object_get(other, "socket")) == peer &&
            same_string(other, "peer", json, "socket"))
            return (ssize_t)i;
    }
    return -1;
}

/* Makes a connection by a temporary listener, unless one call had made both ends. */
static int connect_streams(struct work *w, const json_t *server, const json_t *client, int out[2],
                           cairn_error *err)
{
    struct socket_name name;
    int rc = socket_name_read(server, "name", &name, err);
    if (rc != 0)
        return rc;
    auto_close int listener = new_socket(type_of(server), err);
    if (listener < 0)
        return listener;
    out[1] = new_socket(type_of(client), err);
    if (out[1] < 0)
        return out[1];
    /* SO_PEERCRED shows each end who made the other end */
    struct errand e = {
        .fd = listener, .name = &name, .in_own_root = socket_name_is_path(&name), .backlog = 1};
    rc = errand_run(&w->root, ANYONE, errand_bind, &e, err);
    e.in_own_root = false;
    if (rc == 0)
        rc = errand_run(&w->root, who_is(client, "credentials"), errand_listen, &e, err);
    e = (struct errand){.fd = out[1], .name = &name, .in_own_root = socket_name_is_path(&name)};
    if (rc == 0)
        rc = errand_run(&w->root, who_is(server, "credentials"), errand_connect, &e, err);
    if (rc == 0 && (out[0] = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) < 0)
        rc = cairn_fail_errno(err, "accepting a unix connection");
    return rc;
}

static bool is_name_of_listener(const struct work *w, const json_t *json)
{
    size_t i;
    const json_t *other;
    json_array_foreach(w->descriptions, i, other)
    {
        if (is_unix(other) && is_true(other, "listening") &&
            same_string(other, "name", json, "name"))
            return true;
    }
    return false;
}

/* Whether this end was accepted. If both ends have names, the accepted end has its listener's. */
static bool was_accepted(const struct work *w, const json_t *json, const json_t *other)
{
    if (type_of(json) == SOCK_DGRAM || !json_object_get(json, "name") ||
        !json_object_get(json, "credentials"))
        return false;
    return !other || !json_object_get(other, "name") || is_name_of_listener(w, json);
}

/* The missing end of a connection, with the name that the remaining end shows for it. */
static json_t *missing_end(const json_t *json)
{
    json_t *end = json_pack("{s:i}", "type", type_of(json));
    if (json_object_get(json, "peer_name"))
        json_object_set(end, "name", json_object_get(json, "peer_name"));
    if (json_object_get(json, "credentials"))
        json_object_set(end, "credentials", json_object_get(json, "credentials"));
    return end;
}

static int make_ends(struct work *w, const json_t *json, const json_t *other, int ends[2],
                     cairn_error *err)
{
    if (was_accepted(w, json, other))
        return connect_streams(w, json, other, ends, err);
    if (was_accepted(w, other, json)) {
        int turned[2] = {-1, -1};
        int rc = connect_streams(w, other, json, turned, err);
        ends[0] = turned[1];
        ends[1] = turned[0];
        return rc;
    }
    struct errand e = {.type = type_of(json)};
    struct stand_in who = who_is(json, "credentials");
    return stand_in_run(&who, errand_pair, &e, ends, err);
}

/* Older images do not distinguish the name of an accepted socket from one that it bound. */
static int bind_end(struct work *w, int fd, const json_t *json, bool accepted, cairn_error *err)
{
    return accepted || !json_object_get(json, "credentials") ? 0 : bind_again(w, fd, json, err);
}

/* An end that closes with unread data resets the other end. */
static int leave_unread(struct work *w, int own, cairn_error *err)
{
    struct errand e = {.fd = own, .bytes = "", .len = 1};
    return errand_run(&w->root, ANYONE, errand_send, &e, err);
}

static int make_connected(struct work *w, size_t i, cairn_error *err)
{
    const json_t *json = description(w, i);
    ssize_t k = find_peer(w, json);
    json_auto_t *gone = k < 0 ? missing_end(json) : NULL;
    const json_t *other = k >= 0 ? description(w, (size_t)k) : gone;
    int ends[2] = {-1, -1};
    int rc = make_ends(w, json, other, ends, err);
    auto_close int own = ends[0];
    auto_close int theirs = ends[1];
    size_t own_count = json_array_size(json_object_get(json, "messages")),
           their_count = json_array_size(json_object_get(other, "messages"));
    size_t own_nameless = count_nameless(json), their_nameless = count_nameless(other);
    if (rc == 0)
        rc = fill(w, theirs, own, json, 0, own_nameless, err);
    if (rc == 0)
        rc = fill(w, own, theirs, other, 0, their_nameless, err);
    if (rc == 0)
        rc = bind_end(w, own, json, was_accepted(w, json, other), err);
    if (rc == 0 && k >= 0)
        rc = bind_end(w, theirs, other, was_accepted(w, other, json), err);
    if (rc == 0)
        rc = fill(w, theirs, own, json, own_nameless, own_count, err);
    if (rc == 0)
        rc = fill(w, own, theirs, other, their_nameless, their_count, err);
    if (rc == 0 && k >= 0)
        rc = finish(theirs, other, err);
    if (rc == 0 && k < 0 && is_true(json, "reset"))
        rc = leave_unread(w, own, err);
    if (k < 0 && theirs >= 0)
        close(steal_fd(&theirs));
    if (rc == 0)
        rc = finish(own, json, err);
    if (rc == 0 && k >= 0)
        rc = fd_store_place(theirs, fd_store_description(w->r, k), err);
    return rc != 0 ? rc : fd_store_place(own, fd_store_description(w->r, (int64_t)i), err);
}

/* Binds the socket, and listens on it if it had listened. */
static int make_single(struct work *w, size_t i, cairn_error *err)
{
    const json_t *json = description(w, i);
    bool listening = false;
    int64_t backlog = 0;
    int rc = json_may_bool(json, "listening", &listening, err);
    if (rc == 0)
        rc = json_may_int(json, "backlog", 0, UINT32_MAX, &backlog, err);
    if (rc != 0)
        return rc;
    auto_close int fd = new_socket(type_of(json), err);
    if (fd < 0)
        return fd;
    rc = bind_again(w, fd, json, err);
    struct errand e = {.fd = fd, .backlog = (int)backlog};
    if (rc == 0 && listening)
        rc = errand_run(&w->root, who_is(json, "credentials"), errand_listen, &e, err);
    return rc != 0 ? rc : fd_store_place(fd, fd_store_description(w->r, (int64_t)i), err);
}

/* Finds the step's socket with a name; -1 for none. */
static ssize_t find_named(const struct work *w, const json_t *json, const char *key)
{
    size_t i;
    const json_t *other;
    json_array_foreach(w->descriptions, i, other)
    {
        if (is_unix(other) && type_of(other) == SOCK_DGRAM && same_string(json, key, other, "name"))
            return (ssize_t)i;
    }
    return -1;
}

/* Makes a socket in place of a sender that is gone. */
static int make_sender(struct work *w, const json_t *message, int *out, cairn_error *err)
{
    struct socket_name name;
    int rc = socket_name_read(message, "from", &name, err);
    if (rc != 0)
        return rc;
    auto_close int fd = new_socket(SOCK_DGRAM, err);
    if (fd < 0)
        return fd;
    struct errand e = {.fd = fd, .name = &name, .in_own_root = socket_name_is_path(&name)};
    if (name.len > 0)
        rc = errand_run(&w->root, ANYONE, errand_bind, &e, err);
    if (rc == 0)
        *out = steal_fd(&fd);
    return rc;
}

static int send_datagram(struct work *w, const json_t *json, const struct socket_name *to,
                         const json_t *message, cairn_error *err)
{
    ssize_t sender = find_named(w, message, "from");
    auto_close int temporary = -1;
    int rc = sender < 0 ? make_sender(w, message, &temporary, err) : 0;
    int from = sender < 0 ? temporary : fd_store_description(w->r, sender);
    if (rc == 0)
        make_room(from);
    return rc != 0 ? rc : send_message(w, from, to, leads_nowhere(json, to), message, err);
}

/* Sends the datagrams of other senders before any socket is connected, because a connected socket
 * accepts only its peer's. */
static int fill_single(struct work *w, size_t i, cairn_error *err)
{
    const json_t *json = description(w, i), *message;
    size_t k;
    struct socket_name to;
    int rc = socket_name_read(json, "name", &to, err);
    int fd = fd_store_description(w->r, (int64_t)i);
    if (rc != 0 || json_array_size(json_object_get(json, "messages")) == 0)
        return rc;
    if (to.len == 0)
        return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "datagrams for a socket without a name");
    if (to.address.sun_path[0] && to.address.sun_path[0] != '/')
        rc = enter_folder_of(json, err);
    ask_for_credentials(fd, json, 1);
    json_array_foreach(json_object_get(json, "messages"), k, message)
    {
        if (rc == 0)
            rc = send_datagram(w, json, &to, message, err);
    }
    return rc;
}

/* The partner is gone. Sends from this socket must fail, as before the checkpoint. */
static int connect_to_the_gone(struct work *w, int fd, const struct socket_name *name,
                               cairn_error *err)
{
    auto_close int gone = new_socket(SOCK_DGRAM, err);
    if (gone < 0)
        return gone;
    struct errand e = {.fd = gone, .name = name, .in_own_root = socket_name_is_path(name)};
    int rc = errand_run(&w->root, ANYONE, errand_bind, &e, err);
    e.fd = fd;
    return rc != 0 ? rc : errand_run(&w->root, ANYONE, errand_connect, &e, err);
}

static int connect_single(struct work *w, size_t i, cairn_error *err)
{
    const json_t *json = description(w, i);
    int fd = fd_store_description(w->r, (int64_t)i);
    struct socket_name name;
    int rc = socket_name_read(json, "peer_name", &name, err);
    if (rc != 0 || name.len == 0 || type_of(json) != SOCK_DGRAM)
        return rc;
    ssize_t peer = find_named(w, json, "peer_name");
    const json_t *other = peer >= 0 ? description(w, (size_t)peer) : json;
    if (socket_name_is_path(&name) && name.address.sun_path[0] != '/')
        rc = enter_folder_of(other, err);
    struct errand e = {
        .fd = fd, .name = &name, .in_own_root = peer >= 0 && leads_nowhere(other, &name)};
    if (rc == 0)
        rc = errand_run(&w->root, ANYONE, errand_connect, &e, peer >= 0 ? err : NULL);
    return rc != 0 && peer < 0 ? connect_to_the_gone(w, fd, &name, err) : rc;
}

static ssize_t find_ino(const struct work *w, const json_t *ino)
{
    size_t i;
    const json_t *json;
    json_array_foreach(w->descriptions, i, json)
    {
        if (is_unix(json) && json_equal(json_object_get(json, "socket"), ino))
            return (ssize_t)i;
    }
    return -1;
}

/* Makes the connections that wait to be accepted, in order. */
static int connect_waiting(struct work *w, size_t i, cairn_error *err)
{
    const json_t *json = description(w, i), *ino;
    struct socket_name name;
    size_t k;
    int rc = socket_name_read(json, "name", &name, err);
    if (rc == 0 && socket_name_is_path(&name) && name.address.sun_path[0] != '/')
        rc = enter_folder_of(json, err);
    json_array_foreach(json_object_get(json, "waiting"), k, ino)
    {
        ssize_t client = find_ino(w, ino);
        if (rc != 0 || client < 0)
            return rc != 0 ? rc
                           : cairn_fail(err, CAIRN_EIMAGE_CORRUPT,
                                        "a connection waits to be accepted that is not there");
        struct errand e = {.fd = fd_store_description(w->r, client),
                           .name = &name,
                           .in_own_root = leads_nowhere(json, &name)};
        struct stand_in who = ANYONE;
        who.pid = json_integer_value(json_object_get(description(w, (size_t)client), "holder"));
        rc = errand_run(&w->root, who, errand_connect, &e, err);
    }
    return rc;
}

/* Whether a connection or socketpair made the socket. Excludes datagram sockets connected by name,
 * for which the kernel records no credentials. A socket whose peer has closed shows no peer. */
static bool is_end(const struct work *w, const json_t *json)
{
    const json_t *ids = json_object_get(json, "credentials");
    bool has_pid = json_integer_value(json_array_get(ids, 0)) > 0;
    bool paired = find_peer(w, json) >= 0;
    if (type_of(json) != SOCK_DGRAM)
        return paired || (!is_true(json, "listening") &&
                          json_integer_value(json_object_get(json, "shutdown")) == 3);
    return (paired && (has_pid || !ids)) ||
           (has_pid && json_integer_value(json_object_get(json, "peer")) == 0);
}

static bool is_made(const struct work *w, size_t i)
{
    return fcntl(fd_store_description(w->r, (int64_t)i), F_GETFD) >= 0;
}

typedef int socket_step(struct work *w, size_t i, cairn_error *err);

static int for_each(struct work *w, bool ends, socket_step *step, cairn_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(w->descriptions); i++) {
        const json_t *json = description(w, i);
        if (is_unix(json) && is_end(w, json) == ends && !(ends && is_made(w, i)))
            rc = step(w, i, err);
    }
    return rc;
}

static int finish_single(struct work *w, size_t i, cairn_error *err)
{
    return finish(fd_store_description(w->r, (int64_t)i), description(w, i), err);
}

static int check_types(const struct work *w, cairn_error *err)
{
    int64_t type;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(w->descriptions); i++)
        if (is_unix(description(w, i)))
            rc = json_need_int(description(w, i), "type", 1, 5, &type, err);
    return rc;
}

int unix_sockets_restore(const struct restoration *r, cairn_error *err)
{
    struct work w = {
        .r = r, .descriptions = json_object_get(r->meta, "descriptions"), .root = OWN_ROOT_NONE};
    int rc = check_types(&w, err);
    if (rc == 0) /* listeners that were closed, so that others may bind the same names afterwards */
        rc = for_each(&w, true, make_connected, err);
    if (rc == 0)
        rc = for_each(&w, false, make_single, err);
    if (rc == 0)
        rc = for_each(&w, false, fill_single, err);
    if (rc == 0)
        rc = for_each(&w, false, connect_single, err);
    if (rc == 0)
        rc = for_each(&w, false, connect_waiting, err);
    if (rc == 0)
        rc = for_each(&w, false, finish_single, err);
    int removed = own_root_remove(&w.root, rc == 0 ? err : NULL);
    return rc != 0 ? rc : removed;
}
