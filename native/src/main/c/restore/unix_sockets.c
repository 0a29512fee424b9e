/* Unix sockets. Two that were connected are made as a pair, and what was queued in one is sent
 * again by the other. */
#include "restore/unix_sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/hex.h"
#include "common/json.h"
#include "restore/fd_store.h"

#define MESSAGE_LIMIT (1u << 20)

static int read_name(const json_t *json, const char *key, struct sockaddr_un *out, socklen_t *len,
                     cairn_error *err)
{
    auto_free void *bytes = NULL;
    size_t size;
    int rc =
        hex_decode(json_string_value(json_object_get(json, key)), sizeof *out, &bytes, &size, err);
    if (rc != 0)
        return rc;
    *out = (struct sockaddr_un){0};
    memcpy(out, bytes, size);
    *len = (socklen_t)size;
    return out->sun_family == AF_UNIX
               ? 0
               : cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "a unix socket with a foreign name");
}

/* A socket file that an earlier attempt bound is in the way. */
static int bind_again(int fd, const json_t *json, cairn_error *err)
{
    struct sockaddr_un name;
    socklen_t len;
    int rc = read_name(json, "name", &name, &len, err);
    if (rc != 0)
        return rc;
    struct stat st;
    if (name.sun_path[0] && lstat(name.sun_path, &st) == 0 && S_ISSOCK(st.st_mode))
        unlink(name.sun_path);
    if (bind(fd, (struct sockaddr *)&name, len) < 0)
        return cairn_fail_errno(err, "binding a unix socket to %s",
                                name.sun_path[0] ? name.sun_path : name.sun_path + 1);
    return 0;
}

/* Sizes are given back halved: the kernel doubles them. What it refuses changes speed, not truth.
 */
static void set_options(int fd, const json_t *json)
{
    static const int options[] = {SO_SNDBUF, SO_RCVBUF, SO_PASSCRED};
    static const int timeouts[] = {SO_RCVTIMEO, SO_SNDTIMEO};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        int value = (int)json_integer_value(json_array_get(json_object_get(json, "options"), i));
        value = options[i] == SO_PASSCRED ? value : value / 2;
        setsockopt(fd, SOL_SOCKET, options[i], &value, sizeof value);
    }
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
        const json_t *pair = json_array_get(json_object_get(json, "timeouts"), i);
        struct timeval value = {json_integer_value(json_array_get(pair, 0)),
                                json_integer_value(json_array_get(pair, 1))};
        setsockopt(fd, SOL_SOCKET, timeouts[i], &value, sizeof value);
    }
}

/* What `json`'s socket had queued, sent by its peer. */
static int send_again(int peer, const json_t *json, cairn_error *err)
{
    size_t i;
    json_t *item;
    int room = 2 * MESSAGE_LIMIT;
    setsockopt(peer, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    json_array_foreach(json_object_get(json, "messages"), i, item)
    {
        auto_free void *bytes = NULL;
        size_t len;
        int rc = hex_decode(json_string_value(item), MESSAGE_LIMIT, &bytes, &len, err);
        if (rc != 0)
            return rc;
        for (size_t done = 0; done < len;) {
            ssize_t n = send(peer, (char *)bytes + done, len - done, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (n < 0)
                return cairn_fail_errno(err, "refilling a unix socket");
            done += (size_t)n;
        }
    }
    return 0;
}

static int finish_socket(int fd, const json_t *json, int number, cairn_error *err)
{
    int64_t flags, shut;
    int rc = json_need_int(json, "flags", 0, INT32_MAX, &flags, err);
    if (rc == 0)
        rc = json_need_int(json, "shutdown", 0, 3, &shut, err);
    if (rc != 0)
        return rc;
    if (shut) /* 1 receiving, 2 sending, 3 both; shutdown() counts from 0 */
        shutdown(fd, (int)shut - 1);
    if (fcntl(fd, F_SETFL, (int)flags & (O_NONBLOCK | O_ASYNC)) < 0)
        return cairn_fail_errno(err, "setting the flags of a socket");
    return fd_store_place(fd, number, err);
}

static ssize_t find_peer(const json_t *descriptions, const json_t *json)
{
    json_int_t peer = json_integer_value(json_object_get(json, "peer"));
    size_t i;
    const json_t *other;
    json_array_foreach(descriptions, i, other)
    {
        if (peer && description_is_kind(other, "socket") &&
            json_integer_value(json_object_get(other, "socket")) == peer &&
            json_equal(json_object_get(other, "peer"), json_object_get(json, "socket")))
            return (ssize_t)i;
    }
    return -1;
}

/* A pair; the other end is closed again when no process has it. */
static int make_pair(const struct restoration *r, size_t i, int type, cairn_error *err)
{
    const json_t *descriptions = json_object_get(r->meta, "descriptions");
    const json_t *json = json_array_get(descriptions, i);
    ssize_t k = find_peer(descriptions, json);
    const json_t *other = k >= 0 ? json_array_get(descriptions, (size_t)k) : NULL;
    int ends[2];
    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) < 0)
        return cairn_fail_errno(err, "making a pair of sockets");
    auto_close int own = ends[0];
    auto_close int theirs = ends[1];
    int rc = send_again(theirs, json, err);
    if (rc == 0 && other)
        rc = send_again(own, other, err);
    set_options(own, json);
    if (!other)
        close(steal_fd(&theirs));
    else
        set_options(theirs, other);
    if (rc == 0)
        rc = finish_socket(own, json, fd_store_description(r, (int64_t)i), err);
    if (rc == 0 && other)
        rc = finish_socket(theirs, other, fd_store_description(r, k), err);
    return rc;
}

/* Not connected, or to a name: nobody of the step is its peer. */
static int make_single(const json_t *json, int type, int number, cairn_error *err)
{
    bool listening = false;
    int64_t backlog = 0;
    int rc = json_may_bool(json, "listening", &listening, err);
    if (rc == 0)
        rc = json_may_int(json, "backlog", 0, UINT32_MAX, &backlog, err);
    if (rc != 0)
        return rc;
    const char *folder = json_string_value(json_object_get(json, "folder"));
    if (folder && chdir(folder) < 0) /* names may be relative; pid 1 goes to / when all is made */
        return cairn_fail_errno(err, "entering %s, to which a socket's name is relative", folder);
    auto_close int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return cairn_fail_errno(err, "making a unix socket");
    if (json_object_get(json, "name"))
        rc = bind_again(fd, json, err);
    if (rc == 0 && listening && listen(fd, (int)backlog) < 0)
        rc = cairn_fail_errno(err, "listening on a unix socket");
    set_options(fd, json);
    if (rc == 0 && json_object_get(json, "peer_name")) {
        struct sockaddr_un name;
        socklen_t len;
        rc = read_name(json, "peer_name", &name, &len, err);
        if (rc == 0) /* nobody there is what a program that logs has to live with anyway */
            (void)!connect(fd, (struct sockaddr *)&name, len);
    }
    return rc != 0 ? rc : finish_socket(fd, json, number, err);
}

int unix_socket_restore(const struct restoration *r, size_t i, cairn_error *err)
{
    const json_t *descriptions = json_object_get(r->meta, "descriptions");
    const json_t *json = json_array_get(descriptions, i);
    int64_t type;
    int rc = json_need_int(json, "type", 1, 5, &type, err);
    if (rc != 0)
        return rc;
    /* One whose peer has closed shows no peer, but can send and receive no more. */
    bool paired = find_peer(descriptions, json) >= 0;
    bool abandoned = type != SOCK_DGRAM && !json_is_true(json_object_get(json, "listening")) &&
                     json_integer_value(json_object_get(json, "shutdown")) == 3;
    return paired || abandoned
               ? make_pair(r, i, (int)type, err)
               : make_single(json, (int)type, fd_store_description(r, (int64_t)i), err);
}
