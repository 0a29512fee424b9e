#include "supervisor/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "common/io.h"

#define READ_BYTES 16384

/* Reads one portion; false if there is none now, or never again. */
static bool relay(struct terminal *t)
{
    char bytes[READ_BYTES];
    ssize_t n = read(t->master.fd, bytes, sizeof bytes);
    if (n < 0 && errno == EINTR)
        return true;
    if (n <= 0)
        return false;
    cairn_error error;
    /* A full disk must not block the step, so the terminal is drained even if its log cannot be
     * written. */
    if (io_write_full(t->log_fd, bytes, (size_t)n, "the terminal's log", &error) != 0)
        t->log_failed = true;
    control_broadcast(t->control, bytes, (size_t)n);
    return true;
}

static void on_ready(void *context, uint32_t events)
{
    struct terminal *t = context;
    if (events & EPOLLOUT) {
        loop_change(t->loop, &t->master, EPOLLIN);
        control_input_again(t->control);
    }
    if (events & EPOLLIN)
        relay(t);
    else if (events & (EPOLLHUP | EPOLLERR))
        loop_remove(t->loop, &t->master);
}

int terminal_open(struct terminal *t, struct loop *loop, int master, int log_fd,
                  struct control *control, cairn_error *err)
{
    *t = (struct terminal){
        .loop = loop,
        .master = {.fd = master, .ready = on_ready, .context = t},
        .peer_fd = -1,
        .log_fd = log_fd,
        .control = control,
    };
    if (master < 0)
        return 0;
    t->peer_fd = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
        return cairn_fail_errno(err, "the step's terminal");
    return loop_add(loop, &t->master, EPOLLIN, err);
}

size_t terminal_type(struct terminal *t, const char *bytes, size_t len)
{
    if (t->master.fd < 0)
        return len;
    ssize_t n = write(t->master.fd, bytes, len);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        return len; /* it will never be read */
    size_t taken = n < 0 ? 0 : (size_t)n;
    if (taken < len)
        loop_change(t->loop, &t->master, EPOLLIN | EPOLLOUT);
    return taken;
}

static bool has_size(const struct terminal *t, const struct winsize *size)
{
    struct winsize now;
    return ioctl(t->master.fd, TIOCGWINSZ, &now) == 0 && now.ws_row == size->ws_row &&
           now.ws_col == size->ws_col;
}

/* A client that attaches sends its size, and may have an empty screen. The kernel sends SIGWINCH
 * only when the size changes, so for an equal size we send it. */
static void ask_to_redraw(const struct terminal *t)
{
    pid_t foreground;
    if (ioctl(t->master.fd, TIOCGPGRP, &foreground) == 0 && foreground > 1)
        kill(-foreground, SIGWINCH);
}

int terminal_resize(struct terminal *t, unsigned short rows, unsigned short cols, cairn_error *err)
{
    struct winsize size = {.ws_row = rows, .ws_col = cols};
    if (t->master.fd < 0)
        return cairn_fail(err, CAIRN_EUNSUPPORTED, "the step was started without a terminal");
    bool unchanged = has_size(t, &size);
    if (ioctl(t->master.fd, TIOCSWINSZ, &size) < 0)
        return cairn_fail_errno(err, "resizing the step's terminal");
    if (unchanged)
        ask_to_redraw(t);
    return 0;
}

bool terminal_is_raw(const struct terminal *t)
{
    struct termios modes;
    return t->master.fd >= 0 && tcgetattr(t->master.fd, &modes) == 0 && !(modes.c_lflag & ISIG);
}

void terminal_drain(struct terminal *t)
{
    while (t->master.fd >= 0 && relay(t)) {
    }
}
