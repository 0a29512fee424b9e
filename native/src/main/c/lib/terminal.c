#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/error.h"
#include "lib/connection.h"
#include "lib/step_handle.h"

#define MOST_PER_FRAME 16384

/* Frames in both directions: a little-endian u32 length, then that many bytes. Length 0 says that
 * the terminal is gone. */
struct cairn_terminal {
    int fd;
    uint32_t left; /* of the frame that is being read */
};

int cairn_terminal_open(cairn_step *step, cairn_terminal **out, cairn_error *err)
{
    auto_close int fd = -1;
    auto_free char *answer = NULL;
    int rc = connection_open(step, INT64_MAX, &fd, err);
    if (rc == 0)
        rc = connection_ask(fd, "{\"op\":\"attach\"}", INT64_MAX, &answer, err);
    if (rc != 0)
        return rc;
    cairn_terminal *t = malloc(sizeof *t);
    if (!t)
        return cairn_fail(err, ENOMEM, "out of memory");
    *t = (cairn_terminal){.fd = steal_fd(&fd)};
    *out = t;
    return 0;
}

/* 1 when all bytes came, 0 at the end of the stream. */
static int receive(int fd, void *buf, size_t len, cairn_error *err)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = recv(fd, (char *)buf + done, len - done, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0 || (n < 0 && errno == ECONNRESET))
            return 0;
        if (n < 0)
            return cairn_fail_errno(err, "reading the step's terminal");
        done += (size_t)n;
    }
    return 1;
}

int cairn_terminal_read(cairn_terminal *t, void *buf, int len, cairn_error *err)
{
    if (t->left == 0) {
        uint32_t header;
        int rc = receive(t->fd, &header, sizeof header, err);
        if (rc <= 0)
            return rc;
        t->left = le32toh(header);
        if (t->left == 0)
            return 0;
    }
    size_t portion = t->left < (uint32_t)len ? t->left : (size_t)len;
    int rc = receive(t->fd, buf, portion, err);
    if (rc <= 0)
        return rc;
    t->left -= (uint32_t)portion;
    return (int)portion;
}

static int send_all(int fd, const void *bytes, size_t len, cairn_error *err)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = send(fd, (const char *)bytes + done, len - done, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            return cairn_fail(err, CAIRN_EGONE, "the step's terminal has gone: %s",
                              strerror(errno));
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

int cairn_terminal_write(cairn_terminal *t, const void *buf, int len, cairn_error *err)
{
    for (int done = 0; done < len;) {
        int portion = len - done < MOST_PER_FRAME ? len - done : MOST_PER_FRAME;
        uint32_t header = htole32((uint32_t)portion);
        int rc = send_all(t->fd, &header, sizeof header, err);
        if (rc == 0)
            rc = send_all(t->fd, (const char *)buf + done, (size_t)portion, err);
        if (rc != 0)
            return rc;
        done += portion;
    }
    return 0;
}

void cairn_terminal_close(cairn_terminal *t)
{
    shutdown(t->fd, SHUT_RDWR);
}

void cairn_terminal_free(cairn_terminal *t)
{
    if (!t)
        return;
    cairn_cleanup_close(&t->fd);
    free(t);
}
