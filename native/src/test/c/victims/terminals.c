/* Pseudo-terminals, and the sessions that they belong to. */
#include "victim.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

struct pty {
    int master, slave;
    char path[32];
};

static struct pty open_pty(void)
{
    struct pty p;
    p.master = (int)need(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    need(grantpt(p.master));
    need(unlockpt(p.master));
    require(ptsname_r(p.master, p.path, sizeof p.path) == 0);
    p.slave = (int)need(open(p.path, O_RDWR | O_NOCTTY));
    return p;
}

static void set_local(struct pty p, tcflag_t on, tcflag_t off)
{
    struct termios modes;
    need(tcgetattr(p.slave, &modes));
    modes.c_lflag = (modes.c_lflag | on) & ~off;
    need(tcsetattr(p.slave, TCSANOW, &modes));
}

static void type(struct pty p, const void *bytes, size_t len)
{
    require(write(p.master, bytes, len) == (ssize_t)len);
}

/* Exactly these bytes, in one read. */
static void require_read(int fd, const void *bytes, size_t len)
{
    char got[512];
    struct pollfd ready = {fd, POLLIN, 0};
    need(poll(&ready, 1, 10000));
    ssize_t n = need(read(fd, got, sizeof got));
    require(n == (ssize_t)len && memcmp(got, bytes, len) == 0);
}

/* The same where there are no lines, in as many reads as it takes. */
static void require_bytes(int fd, const void *bytes, size_t len)
{
    char got[65536];
    for (size_t at = 0; at < len;) {
        struct pollfd ready = {fd, POLLIN, 0};
        require(poll(&ready, 1, 10000) == 1);
        ssize_t n = need(read(fd, got + at, len - at));
        require(n > 0);
        at += (size_t)n;
    }
    require(memcmp(got, bytes, len) == 0);
}

static void require_nothing(int fd)
{
    struct pollfd ready = {fd, POLLIN | POLLPRI, 0};
    require(poll(&ready, 1, 0) == 0);
}

VICTIM(keeps_how_a_terminal_is_set)
{
    struct pty p = open_pty(), unused = open_pty(), other = open_pty();
    struct termios modes, now;
    memset(&modes, 0, sizeof modes); /* padding too */
    memset(&now, 0, sizeof now);
    need(tcgetattr(other.slave, &modes));
    modes.c_iflag = IXANY | INLCR;
    modes.c_lflag = ICANON | ECHOK | NOFLSH;
    modes.c_cc[VERASE] = 'x';
    cfsetspeed(&modes, B4800);
    need(tcsetattr(other.slave, TCSANOW, &modes));
    need(tcgetattr(other.slave, &modes));
    struct winsize size = {7, 11, 13, 17}, size_now;
    need(ioctl(other.slave, TIOCSWINSZ, &size));
    need(fchmod(other.slave, 0600));
    int one = 1, value;
    need(ioctl(p.slave, TIOCEXCL));
    need(ioctl(other.master, TIOCPKT, &one));
    need(ioctl(other.master, TIOCSPTLCK, &one));
    close(unused.master);
    close(unused.slave);
    checkpoint_here();
    unsigned index;
    struct stat st;
    need(ioctl(other.master, TIOCGPTN, &index));
    char path[32];
    snprintf(path, sizeof path, "/dev/pts/%u", index);
    require(strcmp(path, other.path) == 0);
    need(tcgetattr(other.master, &now));
    require(memcmp(&modes, &now, sizeof now) == 0);
    need(ioctl(other.master, TIOCGWINSZ, &size_now));
    require(memcmp(&size, &size_now, sizeof size) == 0);
    need(stat(other.path, &st));
    require((st.st_mode & 07777) == 0600);
    need(ioctl(p.slave, TIOCGEXCL, &value));
    require(value == 1);
    need(ioctl(other.master, TIOCGPKT, &value));
    require(value == 1);
    need(ioctl(other.master, TIOCGPTLCK, &value));
    require(value == 1);
    require(write(other.slave, "out", 3) == 3);
    require_read(other.master, "\0out", 4);
    require(open(other.path, O_RDWR | O_NOCTTY) == -1 && errno == EIO);
    require(access(unused.path, F_OK) == -1);
    struct pty again = open_pty();
    require(strcmp(again.path, unused.path) == 0);
}

VICTIM(keeps_lines_that_were_typed_and_not_read)
{
    struct pty p = open_pty();
    set_local(p, 0, ECHO);
    static const char typed[] = "one\ntwo\4\4a\26\4b\26\26c\n\npart";
    type(p, typed, sizeof typed - 1);
    checkpoint_here();
    require_read(p.slave, "one\n", 4);
    require_read(p.slave, "two", 3);
    require_read(p.slave, "", 0);
    require_read(p.slave, "a\4b\26c\n", 6);
    require_read(p.slave, "\n", 1);
    require_nothing(p.slave);
    type(p, "\177ly\n", 4); /* rubs out the last character from before */
    require_read(p.slave, "parly\n", 6);
    require_nothing(p.slave);
    require_nothing(p.master);
}

VICTIM(keeps_bytes_in_both_directions_of_a_terminal)
{
    struct pty cooked = open_pty(), raw = open_pty();
    struct termios modes;
    uint8_t bytes[256];
    cfmakeraw(memset(&modes, 0, sizeof modes));
    modes.c_cc[VMIN] = 1;
    need(tcsetattr(raw.slave, TCSANOW, &modes));
    for (int i = 0; i < 256; i++)
        bytes[i] = (uint8_t)i;
    type(raw, bytes, 256);
    require(write(raw.slave, bytes, 256) == 256);
    require(write(cooked.slave, "a\nb", 3) == 3);
    type(cooked, "x\n", 2); /* echoed */
    struct pollfd ready = {cooked.slave, POLLIN, 0};
    need(poll(&ready, 1, 10000));
    checkpoint_here();
    require_bytes(raw.slave, bytes, 256);
    require_bytes(raw.master, bytes, 256);
    require_bytes(cooked.master, "a\r\nbx\r\n", 7);
    require_read(cooked.slave, "x\n", 2);
    type(cooked, "y", 1);
    require_read(cooked.master, "y", 1);
}

/* More than the line discipline holds of it. */
VICTIM(keeps_much_output_of_a_terminal)
{
    struct pty p = open_pty();
    char bytes[9000];
    fill_pattern(bytes, sizeof bytes, 5);
    struct termios modes;
    cfmakeraw(memset(&modes, 0, sizeof modes));
    need(tcsetattr(p.slave, TCSANOW, &modes));
    require(write(p.slave, bytes, sizeof bytes) == sizeof bytes);
    checkpoint_here();
    require_bytes(p.master, bytes, sizeof bytes);
    require_nothing(p.master);
}

VICTIM(keeps_terminals_whose_other_end_is_closed)
{
    struct pty gone = open_pty(), left = open_pty();
    close(gone.master);
    require(write(left.slave, "last", 4) == 4);
    close(left.slave);
    checkpoint_here();
    char byte;
    require(read(gone.slave, &byte, 1) == 0);
    require(write(gone.slave, "x", 1) == -1 && errno == EIO);
    require(access(gone.path, F_OK) == -1);
    require_read(left.master, "last", 4);
    require(read(left.master, &byte, 1) == -1 && errno == EIO);
    int slave = (int)need(open(left.path, O_RDWR | O_NOCTTY));
    type(left, "a\n", 2);
    require_read(slave, "a\n", 2);
}

static volatile sig_atomic_t interrupted;

static void note_interrupt(int signo)
{
    (void)signo;
    interrupted = 1;
}

/* A shell's part: the session's leader, whose child is in the foreground. */
static void lead_session(struct pty p, int ready)
{
    int report[2], status;
    char byte = 'x';
    need(setsid());
    need(ioctl(p.slave, TIOCSCTTY, 0));
    close(p.master);
    signal(SIGTTOU, SIG_IGN);
    need(pipe(report));
    pid_t child = (pid_t)need(fork());
    if (child == 0) {
        int tty = (int)need(open("/dev/tty", O_RDWR));
        need(setpgid(0, 0));
        need(tcsetpgrp(tty, getpid()));
        signal(SIGINT, note_interrupt);
        signal(SIGTTOU, SIG_DFL);
        require(write(ready, &byte, 1) == 1);
        while (!interrupted)
            pause();
        require(tcgetpgrp(tty) == getpid() && tcgetsid(tty) == getppid());
        require(write(tty, "interrupted", 11) == 11);
        _exit(5);
    }
    need(waitpid(child, &status, 0));
    require(WIFEXITED(status) && WEXITSTATUS(status) == 5);
    int tty = (int)need(open("/dev/tty", O_RDWR));
    need(tcsetpgrp(tty, getpid()));
    signal(SIGTTOU, SIG_DFL);
    require(tcgetpgrp(p.slave) == getpid());
    _exit(6);
}

VICTIM(keeps_the_terminal_of_a_session_and_its_foreground)
{
    struct pty p = open_pty();
    int ready[2], status;
    char byte;
    need(pipe(ready));
    set_local(p, 0, ECHO);
    pid_t leader = (pid_t)need(fork());
    if (leader == 0)
        lead_session(p, ready[1]);
    close(p.slave);
    require(read(ready[0], &byte, 1) == 1);
    checkpoint_here();
    type(p, "\3", 1);
    require_read(p.master, "interrupted", 11);
    need(waitpid(leader, &status, 0));
    require(WIFEXITED(status) && WEXITSTATUS(status) == 6);
    require(read(p.master, &byte, 1) == -1 && errno == EIO);
    require(open("/dev/tty", O_RDWR) == -1 && errno == ENXIO);
}

static bool takes_output(struct pty p)
{
    struct pollfd ready = {p.slave, POLLOUT, 0};
    return need(poll(&ready, 1, 0)) == 1;
}

VICTIM(keeps_terminals_that_are_stopped)
{
    struct pty by_call = open_pty(), typed = open_pty();
    need(tcflow(by_call.slave, TCOOFF));
    require(write(typed.slave, "before", 6) == 6);
    type(typed, "\23", 1);
    while (takes_output(typed)) {
    }
    set_local(typed, 0, ECHO);
    type(typed, "ab\n", 3);
    struct pollfd ready = {typed.slave, POLLIN, 0};
    need(poll(&ready, 1, 10000));
    checkpoint_here();
    require(!takes_output(by_call) && !takes_output(typed));
    type(by_call, "\21", 1);
    require_read(typed.master, "before", 6);
    require_nothing(typed.master);
    require(!takes_output(by_call));
    need(tcflow(typed.slave, TCOON));
    require(!takes_output(typed));
    type(typed, "\21", 1);
    need(tcflow(by_call.slave, TCOON));
    while (!takes_output(typed)) {
    }
    require(takes_output(by_call));
    require_read(typed.slave, "ab\n", 3);
}

static void *write_all(void *p)
{
    char bytes[40000];
    fill_pattern(bytes, sizeof bytes, 6);
    for (size_t at = 0; at < sizeof bytes;)
        at += (size_t)need(write(((struct pty *)p)->slave, bytes + at, sizeof bytes - at));
    return NULL;
}

VICTIM(keeps_a_terminal_that_is_full)
{
    struct pty p = open_pty();
    struct termios modes;
    char bytes[40000];
    pthread_t writer;
    fill_pattern(bytes, sizeof bytes, 6);
    cfmakeraw(memset(&modes, 0, sizeof modes));
    need(tcsetattr(p.slave, TCSANOW, &modes));
    require(pthread_create(&writer, NULL, write_all, &p) == 0);
    while (takes_output(p)) {
    }
    checkpoint_here();
    require_bytes(p.master, bytes, sizeof bytes);
    require(pthread_join(writer, NULL) == 0);
    require_nothing(p.master);
}
