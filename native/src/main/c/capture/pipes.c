/* Pipes and fifos: what is in them, and who else has an end. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "capture/objects.h"
#include "common/cleanup.h"
#include "common/hex.h"
#include "common/io.h"

/* The bytes in a pipe, without taking them out: tee gives a second reference to each. */
static int peek_pipe(int read_end, bool in_packets, json_t *json, cairn_error *err)
{
    int waiting = 0;
    if (ioctl(read_end, FIONREAD, &waiting) < 0)
        return cairn_fail_errno(err, "asking how full a pipe is");
    int size = fcntl(read_end, F_GETPIPE_SZ);
    json_object_set_new(json, "size", json_integer(size));
    if (waiting == 0)
        return 0;
    int copy[2];
    if (pipe2(copy, O_CLOEXEC | O_NONBLOCK) < 0)
        return cairn_fail_errno(err, "making a pipe");
    auto_close int from = copy[0];
    auto_close int to = copy[1];
    if (fcntl(to, F_SETPIPE_SZ, size) < 0)
        return cairn_fail_errno(err, "making a pipe of %d bytes", size);
    auto_free uint8_t *bytes = malloc((size_t)waiting);
    if (!bytes)
        return cairn_fail(err, ENOMEM, "out of memory copying a pipe");
    ssize_t teed = tee(read_end, to, (size_t)waiting, SPLICE_F_NONBLOCK);
    if (teed != waiting)
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "a pipe with %d bytes in it gave only %zd of them", waiting, teed);
    json_t *packets = json_array();
    if (in_packets)
        json_object_set(json, "packets", packets);
    int rc = 0;
    for (size_t at = 0; rc == 0 && at < (size_t)waiting;) {
        /* Where writes are packets, each read gives one of them. */
        ssize_t n = read(from, bytes + at, (size_t)waiting - at);
        if (n <= 0)
            rc = cairn_fail_errno(err, "reading a copy of a pipe");
        json_array_append_new(packets, json_integer(n));
        at += (size_t)n;
    }
    json_decref(packets);
    if (rc != 0)
        return rc;
    auto_free char *hex = hex_encode(bytes, (size_t)waiting);
    json_object_set_new(json, "content", json_string(hex ? hex : ""));
    return 0;
}

/* Does the tree hold an end of this pipe that reads (or writes)? */
static const struct open_description *pipe_end(const struct objects *o,
                                               const struct open_description *of, bool reading)
{
    for (size_t i = 0; i < o->description_count; i++) {
        const struct open_description *d = &o->descriptions[i];
        unsigned access = d->flags & O_ACCMODE;
        if (d->dev == of->dev && d->ino == of->ino &&
            (access == O_RDWR || access == (reading ? O_RDONLY : O_WRONLY)))
            return d;
    }
    return NULL;
}

/* O_DIRECT on an end that writes. */
static bool is_of_packets(const struct objects *o, const struct open_description *of)
{
    for (size_t i = 0; i < o->description_count; i++)
        if (o->descriptions[i].dev == of->dev && o->descriptions[i].ino == of->ino &&
            (o->descriptions[i].flags & O_DIRECT))
            return true;
    return false;
}

/* Is there a writer at all? Of an empty pipe tee tells, without taking anything, also where none
 * has been there since it was opened, of which poll does not. */
static bool has_writer(int read_end, bool *hung_up)
{
    struct pollfd poll_end = {read_end, POLLIN, 0};
    poll(&poll_end, 1, 0);
    *hung_up = poll_end.revents & POLLHUP;
    int copy[2];
    if (*hung_up || pipe2(copy, O_CLOEXEC) < 0)
        return !*hung_up;
    bool none = tee(read_end, copy[1], 1, SPLICE_F_NONBLOCK) == 0;
    close(copy[0]);
    close(copy[1]);
    return !none;
}

static bool has_reader(int write_end)
{
    struct pollfd poll_end = {write_end, POLLOUT, 0};
    poll(&poll_end, 1, 0);
    return !(poll_end.revents & POLLERR);
}

static int capture_pipe(const struct objects *o, const struct open_description *d, cairn_error *err)
{
    auto_close int end = -1;
    int rc = description_borrow(d->pid, d->fd, &end, err);
    if (rc != 0)
        return rc;
    bool reads = (d->flags & O_ACCMODE) != O_WRONLY, hung_up = true;
    if (!pipe_end(o, d, !reads)) {
        /* Nobody of the tree has the other end: has anybody else? */
        if (reads ? has_writer(end, &hung_up) : has_reader(end))
            return cairn_fail(
                err, CAIRN_EUNSUPPORTED,
                "fd %d: a pipe whose other end is held by a process outside of the step", d->fd);
        if (!hung_up)
            json_object_set_new(d->json, "unwritten", json_true());
    }
    return reads ? peek_pipe(end, is_of_packets(o, d), d->json, err) : 0;
}

int capture_pipes(struct objects *o, cairn_error *err)
{
    for (size_t i = 0; i < o->description_count; i++)
        if (description_is(&o->descriptions[i], "pipe")) {
            int rc = capture_pipe(o, &o->descriptions[i], err);
            if (rc != 0)
                return rc;
        }
    return 0;
}
