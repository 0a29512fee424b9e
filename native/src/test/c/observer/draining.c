/* What waits in objects, by taking it out. */
#include "parts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST_MESSAGES 10000

static void observe_passed(int fd, int i, const struct cmsghdr *c)
{
    const int *fds = (const int *)(const void *)CMSG_DATA(c);
    size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof *fds;
    for (size_t k = 0; k < count; k++) {
        struct stat st = {0};
        fstat(fds[k], &st);
        observe("drain.%d.%d.passed.%zu %s mode-%o flags-%#x", fd, i, k, identity_of(&st),
                st.st_mode, (unsigned)fcntl(fds[k], F_GETFL));
        close(fds[k]);
    }
}

/* One message; false when there is no further one. */
static bool drain_message(int fd, int i, bool stream)
{
    static char bytes[1 << 20];
    char control[1024];
    struct sockaddr_storage from;
    struct iovec vector = {bytes, sizeof bytes};
    struct msghdr message = {.msg_name = &from,
                             .msg_namelen = sizeof from,
                             .msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n < 0) {
        observe("drain.%d.%d %s", fd, i, result_of(n));
        return false;
    }
    observe("drain.%d.%d %zd %s flags-%#x from %s", fd, i, n, hex_of(bytes, (size_t)n),
            (unsigned)(message.msg_flags & ~MSG_CMSG_CLOEXEC),
            address_of(&from, message.msg_namelen));
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
            observe_passed(fd, i, c);
        else if (c->cmsg_type != SCM_TIMESTAMP && c->cmsg_type != SCM_TIMESTAMPNS)
            observe("drain.%d.%d.with %d %d %s", fd, i, c->cmsg_level, c->cmsg_type,
                    hex_of(CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0)));
    }
    /* The end of a stream, or the end of a connection of packets, which looks the same as an empty
     * packet; the shutdown tells them apart. */
    return n > 0 || (!stream && !(recv(fd, bytes, 1, MSG_PEEK | MSG_DONTWAIT) == 0 && i > 64));
}

static void drain_socket(int fd)
{
    int listening = 0, type = 0, error = 0;
    socklen_t len = sizeof(int);
    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len);
    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0)
        observe("drain.%d.error %d", fd, error);
    if (!listening) {
        for (int i = 0; i < MOST_MESSAGES && drain_message(fd, i, type == SOCK_STREAM); i++) {
        }
        return;
    }
    int flags = fcntl(fd, F_GETFL), connection;
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    for (int i = 0; (connection = accept(fd, NULL, NULL)) >= 0; i++) {
        struct sockaddr_storage peer;
        len = sizeof peer;
        int rc = getpeername(connection, (struct sockaddr *)&peer, &len);
        observe("drain.%d.accepted.%d %s", fd, i, rc ? result_of(rc) : address_of(&peer, len));
        while (drain_message(connection, i, type == SOCK_STREAM)) {
        }
        close(connection);
    }
    observe("drain.%d.accepted %s", fd, result_of(connection));
}

static void drain_inotify(int fd, const char *bytes, ssize_t n)
{
    for (const char *at = bytes; at < bytes + n;) {
        const struct inotify_event *e = (const struct inotify_event *)(const void *)at;
        observe("drain.%d.event %d %#x %.*s", fd, e->wd, e->mask, (int)e->len, e->name);
        at += sizeof *e + e->len;
    }
}

static void drain_readable(int fd, const char *target)
{
    static char bytes[65536];
    int flags = fcntl(fd, F_GETFL);
    ssize_t n;
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    for (int i = 0; i < MOST_MESSAGES && (n = read(fd, bytes, sizeof bytes)) > 0; i++) {
        if (strstr(target, "inotify"))
            drain_inotify(fd, bytes, n);
        else if (strstr(target, "timerfd"))
            observe("drain.%d.ticked 1", fd);
        else
            observe("drain.%d.%d %zd %s", fd, i, n, hex_of(bytes, (size_t)n));
        if (strstr(target, "eventfd"))
            break;
    }
    fcntl(fd, F_SETFL, flags);
}

void observe_by_draining(int fd)
{
    struct stat st;
    char path[64], target[256];
    if (fstat(fd, &st) != 0 || fcntl(fd, F_GETFL) & O_PATH)
        return;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(path, target, sizeof target - 1);
    target[n > 0 ? n : 0] = '\0';
    if (S_ISSOCK(st.st_mode))
        drain_socket(fd);
    else if (S_ISFIFO(st.st_mode) || (S_ISCHR(st.st_mode) && isatty(fd)) ||
             (strncmp(target, "anon_inode:", 11) == 0 && !strstr(target, "perf_event")))
        drain_readable(fd, target);
}

void observe_by_draining_signals(void)
{
    sigset_t all;
    siginfo_t info;
    const struct timespec none = {0, 0};
    sigfillset(&all);
    while (sigtimedwait(&all, &info, &none) > 0)
        observe("drain.signal.%d code-%d errno-%d pid-%d value-%lx", info.si_signo, info.si_code,
                info.si_errno, info.si_code == SI_TIMER ? 0 : info.si_pid,
                info.si_code <= 0 ? (unsigned long)info.si_value.sival_ptr : 0);
}
