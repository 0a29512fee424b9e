/* Records the content of pipes and fifos, and finds out who else has an end. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "capture/objects.h"
#include "common/cleanup.h"
#include "common/hex.h"
#include "common/io.h"

#define BUFFER 4096

struct pipe {
    int from, to;
};

static void close_pipe(struct pipe *p)
{
    close(p->from);
    close(p->to);
}
#define auto_pipe __attribute__((cleanup(close_pipe)))

static int make_pipe(struct pipe *out, int size, cairn_error *err)
{
    int ends[2] = {-1, -1};
    int rc = pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0 ? cairn_fail_errno(err, "making a pipe") : 0;
    *out = (struct pipe){ends[0], ends[1]};
    return rc != 0 || fcntl(out->to, F_SETPIPE_SZ, size) >= 0
               ? rc
               : cairn_fail_errno(err, "making a pipe of %d bytes", size);
}

/* Reads the first buffer of the copy through a pipe that has room for only one buffer. A
 * byte written behind a packet is not read together with the packet. */
static int read_buffer(const struct pipe *copy, const struct pipe *one, const struct pipe *two,
                       uint8_t *bytes, size_t room, json_t *buffers, ssize_t *n, cairn_error *err)
{
    *n = splice(copy->from, NULL, one->to, NULL, room, SPLICE_F_NONBLOCK);
    if (*n <= 0 || splice(one->from, NULL, two->to, NULL, (size_t)*n, SPLICE_F_NONBLOCK) != *n ||
        write(two->to, "", 1) != 1)
        return cairn_fail_errno(err, "taking a copy of a pipe apart");
    ssize_t got = read(two->from, bytes, (size_t)*n + 1);
    bool packet = got == *n;
    if (got < *n || (packet && read(two->from, bytes + *n, 1) != 1))
        return cairn_fail_errno(err, "reading a copy of a pipe");
    json_array_append_new(buffers,
                          packet ? json_pack("{s:I}", "packet", (json_int_t)*n) : json_integer(*n));
    return 0;
}

/* Returns how much more fits into a pipe, which depends on how its bytes lie in the kernel's
 * buffers. */
static int read_buffers(const struct pipe *copy, uint8_t *bytes, size_t waiting, json_t *buffers,
                        cairn_error *err)
{
    auto_pipe struct pipe one = {-1, -1}, two = {-1, -1};
    int rc = make_pipe(&one, BUFFER, err);
    if (rc == 0)
        rc = make_pipe(&two, 2 * BUFFER, err);
    for (size_t at = 0; rc == 0 && at < waiting;) {
        ssize_t n;
        rc = read_buffer(copy, &one, &two, bytes + at, waiting - at, buffers, &n, err);
        at += rc == 0 ? (size_t)n : 0;
    }
    return rc;
}

/* Returns the bytes in a pipe without removing them: tee makes a second reference to each. */
static int peek_pipe(int read_end, json_t *json, cairn_error *err)
{
    int waiting = 0;
    if (ioctl(read_end, FIONREAD, &waiting) < 0)
        return cairn_fail_errno(err, "asking how full a pipe is");
    int size = fcntl(read_end, F_GETPIPE_SZ);
    json_object_set_new(json, "size", json_integer(size));
    if (waiting == 0)
        return 0;
    auto_pipe struct pipe copy = {-1, -1};
    int rc = make_pipe(&copy, size, err);
    auto_free uint8_t *bytes = malloc((size_t)waiting + 1);
    if (rc == 0 && !bytes)
        rc = cairn_fail(err, ENOMEM, "out of memory copying a pipe");
    if (rc != 0)
        return rc;
    ssize_t teed = tee(read_end, copy.to, (size_t)waiting, SPLICE_F_NONBLOCK);
    if (teed != waiting)
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "a pipe with %d bytes in it gave only %zd of them", waiting, teed);
    json_t *buffers = json_array();
    json_object_set_new(json, "buffers", buffers);
    rc = read_buffers(&copy, bytes, (size_t)waiting, buffers, err);
    if (rc != 0)
        return rc;
    auto_free char *hex = hex_encode(bytes, (size_t)waiting);
    json_object_set_new(json, "content", json_string(hex ? hex : ""));
    return 0;
}

/* Whether the tree holds a reading (or writing) end of this pipe. */
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

/* Whether the pipe has any writer. For an empty pipe, tee tells this and removes nothing. poll
 * cannot tell it if no process has written to the pipe since it was opened. */
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

/* Data that nobody can read any more still fills the pipe. */
static int peek_unread(int write_end, json_t *json, cairn_error *err)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", write_end);
    auto_close int read_end = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    return read_end < 0 ? cairn_fail_errno(err, "looking into a pipe")
                        : peek_pipe(read_end, json, err);
}

static int capture_pipe(const struct objects *o, const struct open_description *d, cairn_error *err)
{
    auto_close int end = -1;
    int rc = description_borrow(d->pid, d->fd, &end, err);
    if (rc != 0)
        return rc;
    bool reads = (d->flags & O_ACCMODE) != O_WRONLY, hung_up = true;
    if (!pipe_end(o, d, !reads)) {
        /* No process of the tree has the other end. Checks whether any other process has it. */
        if (reads ? has_writer(end, &hung_up) : has_reader(end))
            return cairn_fail(
                err, CAIRN_EUNSUPPORTED,
                "fd %d: a pipe whose other end is held by a process outside of the step", d->fd);
        if (!hung_up)
            json_object_set_new(d->json, "unwritten", json_true());
    }
    if (reads)
        return peek_pipe(end, d->json, err);
    return pipe_end(o, d, true) ? 0 : peek_unread(end, d->json, err);
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
