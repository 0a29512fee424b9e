/* Pseudo-terminals, by themselves and of sessions. */
#include "generator.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { MASTER, SLAVE };

static void open_both(struct object *o)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | (chance(o, 50) ? O_CLOEXEC : 0));
    note(o, "posix_openpt", master);
    note(o, "unlockpt", unlockpt(master));
    keep(o, master);
    keep(o, ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_NONBLOCK));
}

static void set_by_chance(struct object *o)
{
    static const tcflag_t inputs[] = {ICRNL, INLCR, IGNCR, IXON, IXANY, ISTRIP, IUTF8},
                          outputs[] = {OPOST, ONLCR, OCRNL, ONLRET, XTABS},
                          locals[] = {ICANON, ISIG, ECHO, ECHOE, ECHONL, IEXTEN, NOFLSH, TOSTOP};
    struct termios modes;
    note(o, "tcgetattr", tcgetattr(o->fds[SLAVE], &modes));
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        modes.c_iflag ^= chance(o, 20) ? inputs[i] : 0;
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
        modes.c_oflag ^= chance(o, 20) ? outputs[i] : 0;
    for (size_t i = 0; i < sizeof locals / sizeof *locals; i++)
        modes.c_lflag ^= chance(o, 20) ? locals[i] : 0;
    modes.c_cc[VERASE] = (cc_t)(1 + pick(o, 127));
    modes.c_cc[VMIN] = (cc_t)pick(o, 3);
    cfsetspeed(&modes, chance(o, 50) ? B9600 : B115200);
    note(o, "tcsetattr", tcsetattr(o->fds[SLAVE], TCSANOW, &modes));
    struct winsize size = {(uint16_t)pick(o, 99), (uint16_t)pick(o, 99), (uint16_t)pick(o, 9), 1};
    note(o, "TIOCSWINSZ", ioctl(o->fds[MASTER], TIOCSWINSZ, &size));
}

/* Text that no terminal takes for more than a line. */
static size_t text_of_line(struct object *o, char *line)
{
    size_t len = pick(o, 40);
    for (size_t i = 0; i < len; i++)
        line[i] = (char)(' ' + pick(o, 95));
    return len;
}

/* A write meets the line discipline in the kernel's own time; a poll waits for that only where
 * nothing can be read before it. */
static bool settle(const struct object *o, int end)
{
    struct pollfd ready = {o->fds[end], POLLIN, 0};
    return poll(&ready, 1, 0) == 1;
}

/* In whatever portions it comes. */
static void read_all(const struct object *o, int end)
{
    static const char *const names[] = {"master", "slave"};
    uint8_t bytes[512];
    uint64_t sum = 0, total = 0;
    ssize_t n = 0;
    while (settle(o, end) && (n = read(o->fds[end], bytes, sizeof bytes)) >= 0)
        for (ssize_t i = 0; i < n; i++, total++)
            sum = sum * 31 + bytes[i];
    say(o, "%s %lu %lx", names[end], total, sum);
}

/* Of what is written by several pieces, as an end of a line and an echo are, none is left. */
static void type_and_print(struct object *o)
{
    char line[64];
    size_t len = text_of_line(o, line);
    if (chance(o, 70))
        line[len++] = chance(o, 80) ? '\n' : CEOF;
    note(o, "type", write(o->fds[MASTER], line, len));
    settle(o, SLAVE);
    read_all(o, MASTER);
    len = text_of_line(o, line);
    note(o, "print", write(o->fds[SLAVE], line, len));
    settle(o, MASTER);
}

static void act_terminal_with_text(struct object *o)
{
    read_all(o, MASTER);
    read_all(o, SLAVE);
    type_and_print(o);
}
ACTING_KIND(terminal_with_text)
{
    open_both(o);
    set_by_chance(o);
    type_and_print(o);
    if (chance(o, 20))
        note(o, "TIOCPKT", ioctl(o->fds[MASTER], TIOCPKT, &(int){1}));
    if (chance(o, 10))
        note(o, "TIOCEXCL", ioctl(o->fds[SLAVE], TIOCEXCL));
}

KIND(terminal_of_bytes)
{
    open_both(o);
    struct termios modes = {.c_cflag = CS8 | CREAD};
    cfmakeraw(&modes);
    note(o, "tcsetattr", tcsetattr(o->fds[SLAVE], TCSANOW, &modes));
    for (int end = MASTER; end <= SLAVE; end++) {
        size_t len = 1 + pick(o, 3500);
        note(o, "write", write(o->fds[end], bytes_of(o, (uint32_t)end, len), len));
        settle(o, !end);
    }
}

KIND(terminal_with_one_end)
{
    open_both(o);
    int gone = (int)pick(o, 2);
    if (chance(o, 50))
        note(o, "write", write(o->fds[gone], "last\n", 5));
    settle(o, !gone);
    close(o->fds[gone]);
    o->fds[0] = o->fds[!gone];
    o->fd_count = 1;
}

KIND(terminal_that_is_stopped)
{
    open_both(o);
    note(o, "print", write(o->fds[SLAVE], "before", 6));
    if (chance(o, 50))
        note(o, "tcflow", tcflow(o->fds[SLAVE], TCOOFF));
    else
        note(o, "type", write(o->fds[MASTER], "\23", 1));
    struct pollfd ready = {o->fds[SLAVE], POLLOUT, 0};
    while (poll(&ready, 1, 0) == 1) {
    }
}

/* A session that has it, its leader's child in the foreground. */
static void drain_terminal_of_a_session(struct object *o)
{
    int status = 0;
    pid_t session = 0, group = 0;
    note(o, "TIOCGSID", ioctl(o->fds[MASTER], TIOCGSID, &session));
    note(o, "TIOCGPGRP", ioctl(o->fds[MASTER], TIOCGPGRP, &group));
    say(o, "session %d foreground %d", session == o->child, group - o->child);
    note(o, "type", write(o->fds[MASTER], "\3", 1));
    pid_t got = waitpid(o->child, &status, 0);
    say(o, "waited %d status %#x", got == o->child, (unsigned)status);
}
ENDING_KIND(terminal_of_a_session)
{
    int ready[2];
    open_both(o);
    note(o, "pipe2", pipe2(ready, O_CLOEXEC));
    o->child = fork();
    if (o->child == 0) {
        setsid();
        ioctl(o->fds[SLAVE], TIOCSCTTY, 0);
        for (int fd = 3; fd < 1024; fd++)
            if (fd != ready[1])
                close(fd);
        int status, tty = open("/dev/tty", O_RDWR);
        pid_t child = fork();
        if (child == 0) {
            signal(SIGTTOU, SIG_IGN);
            setpgid(0, 0);
            tcsetpgrp(tty, getpid());
            signal(SIGINT, SIG_DFL);
            close(ready[1]);
            for (;;)
                pause();
        }
        close(ready[1]);
        waitpid(child, &status, 0);
        _exit(WIFSIGNALED(status) ? WTERMSIG(status) : 99);
    }
    close(ready[1]);
    char nothing;
    while (read(ready[0], &nothing, 1) < 0 && errno == EINTR) {
    }
    close(ready[0]);
}
