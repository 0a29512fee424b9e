/* The descriptors of a process and what is behind them. */
#include "parts.h"

#include "newer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <linux/magic.h>
#include <sys/timerfd.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <linux/sockios.h>

static int fd; /* that is observed */

static void observe_call(const char *name, long rc, const void *out, size_t bytes)
{
    observe("fd.%d.%s %s %s", fd, name, result_of(rc), rc == -1 ? "" : hex_of(out, bytes));
}

static bool is_inet(void)
{
    int domain = 0;
    socklen_t len = sizeof domain;
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
           (domain == AF_INET || domain == AF_INET6);
}

static void observe_plain_getters(const struct stat *st, bool terminal, bool namespace)
{
    static uint8_t buffer[256];
#define PRCTL(option, bytes)
#define PRCTL_OF(option, argument)
#define ARCH_PRCTL(option, bytes)
#define SYSCALL(name, bytes, ...)
#define FCNTL(command, bytes)         \
    memset(buffer, 0, sizeof buffer); \
    observe_call(#command, fcntl(fd, command, buffer), buffer, bytes);
#define IOCTL_IF(condition, name, request, bytes)                      \
    if (condition) {                                                   \
        memset(buffer, 0, sizeof buffer);                              \
        observe_call(name, ioctl(fd, request, buffer), buffer, bytes); \
    }
#define IOCTL(request, bytes) IOCTL_IF(true, #request, request, bytes)
#define TTY_IOCTL(request, bytes) IOCTL_IF(terminal, #request, request, bytes)
#define SOCKET_IOCTL(request, bytes) IOCTL_IF(S_ISSOCK(st->st_mode), #request, request, bytes)
#define INET_IOCTL(request, bytes) IOCTL_IF(is_inet(), #request, request, bytes)
#define NS_IOCTL(request, bytes) IOCTL_IF(namespace, #request, request, bytes)
#include "getters.def"
}

/* Of a process that has been waited for, its end is all that is left. */
static void observe_pidfd(void)
{
    struct pidfd_answer a = {.mask =
                                 PIDFD_ANSWER_PID | PIDFD_ANSWER_CREDENTIALS | PIDFD_ANSWER_EXIT};
    if (ioctl(fd, PIDFD_ANSWER, &a) != 0)
        return; /* no pidfd, an old kernel, or the process has ended */
    observe("fd.%d.PIDFD_GET_INFO mask-%lx pid-%u tgid-%u ppid-%u ids-%s end-%#x", fd,
            (unsigned long)a.mask, a.pid, a.tgid, a.ppid, hex_of(a.ids, sizeof a.ids),
            (unsigned)a.exit_code);
}

/* Without what an epoll or inotify tells of inodes. */
static void observe_info_line(char *line)
{
    char *value = strchr(line, ':'), *cut;
    if (strncmp(line, "inotify ", 8) == 0)
        value = line + 7;
    if (!value)
        return;
    *value++ = '\0';
    value += strspn(value, " \t");
    if (ignored("fdinfo", line))
        return;
    if (strcmp(line, "flags") == 0) {
        /* Whether a 64-bit kernel was asked for files that are large means nothing. */
        observe("fd.%d.info.flags %#lo", fd, strtoul(value, NULL, 8) & ~0100000ul);
        return;
    }
    if (strcmp(line, "tfd") == 0 && (cut = strstr(value, " pos:")))
        *cut = '\0';
    if (strcmp(line, "inotify") == 0) {
        char *mask = strstr(value, "mask:"), *inode = strstr(value, " ino:");
        if (inode)
            *inode = '\0';
        observe("fd.%d.info.inotify %s %.*s", fd, text_of(value, strlen(value)),
                mask ? (int)strcspn(mask, " ") : 0, mask ? mask : "");
        return;
    }
    if (strcmp(line, "lock") == 0) { /* "1: POSIX  ADVISORY  WRITE PID DEVICE:INODE START END" */
        char kind[16], how[16], mode[16], device[64], start[32], end[32];
        int pid;
        if (sscanf(value, "%*d: %15s %15s %15s %d %63s %31s %31s", kind, how, mode, &pid, device,
                   start, end) == 7)
            observe("fd.%d.info.lock %s %s %s by-%d %s-%s", fd, kind, how, mode, pid, start, end);
        return;
    }
    observe("fd.%d.info.%s %s", fd, line, text_of(value, strlen(value)));
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted: the kernel keeps the targets of an epoll in the order of its own addresses. */
static void observe_info(void)
{
    char path[64], *lines[512], *line;
    size_t count = 0;
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    char *at = slurp(path, NULL);
    while (at && (line = strsep(&at, "\n")) && count < 512)
        lines[count++] = line;
    qsort(lines, count, sizeof *lines, by_text);
    for (size_t i = 0; i < count; i++)
        observe_info_line(lines[i]);
}

static void observe_attributes(void)
{
    char names[1024], value[256];
    ssize_t len = flistxattr(fd, names, sizeof names);
    for (char *name = names; len > 0 && name < names + len; name += strlen(name) + 1) {
        ssize_t n = fgetxattr(fd, name, value, sizeof value);
        observe("fd.%d.attribute.%s %s", fd, name,
                n < 0 ? result_of(-1) : hex_of(value, (size_t)n));
    }
}

static void observe_file_content(void)
{
    static char bytes[65536];
    uint64_t hash = 0;
    off_t at = 0;
    ssize_t n;
    struct statfs on;
    if (fstatfs(fd, &on) != 0 || on.f_type == PROC_SUPER_MAGIC || on.f_type == SYSFS_MAGIC)
        return; /* of its own accord it says something else each time */
    while ((n = pread(fd, bytes, sizeof bytes, at)) > 0) {
        hash = hash_of(bytes, (size_t)n, hash);
        at += n;
    }
    observe("fd.%d.content %s %#lx", fd, n < 0 ? result_of(n) : "read", hash);
}

/* Copied by tee(2) into a pipe of our own, which takes nothing out. */
static void observe_pipe_content(void)
{
    static char bytes[65536];
    int scratch[2], size = fcntl(fd, F_GETPIPE_SZ);
    if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY || pipe2(scratch, O_CLOEXEC | O_NONBLOCK) != 0)
        return;
    fcntl(scratch[1], F_SETPIPE_SZ, size);
    tee(fd, scratch[1], (size_t)size, SPLICE_F_NONBLOCK);
    ssize_t n;
    for (int i = 0; (n = read(scratch[0], bytes, sizeof bytes)) > 0; i++)
        observe("fd.%d.waiting.%d %zd %s", fd, i, n, hex_of(bytes, (size_t)n));
    close(scratch[0]);
    close(scratch[1]);
}

static void observe_timer(void)
{
    struct itimerspec now;
    if (timerfd_gettime(fd, &now) != 0)
        return;
    if (now.it_value.tv_sec || now.it_value.tv_nsec)
        observe("fd.%d.timer ~%ld every-%ld.%09ld", fd, now.it_value.tv_sec, now.it_interval.tv_sec,
                now.it_interval.tv_nsec);
    else
        observe("fd.%d.timer off", fd);
}

/* Whether it is a namespace. */
static bool observe_link(struct stat *st)
{
    char path[64], target[4200];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(path, target, sizeof target - 1);
    target[n > 0 ? n : 0] = '\0';
    char *inode = strstr(target, ":[");
    char *nameless = strstr(target, "/#");
    if (nameless && strspn(nameless + 2, "0123456789") == strcspn(nameless + 2, " "))
        observe("fd.%d.link %.*s{nameless:%s}", fd, (int)(nameless - target), target, nameless);
    else
        observe("fd.%d.link %s", fd,
                text_of(target, inode ? (size_t)(inode - target) : strlen(target)));
    if (fstat(fd, st) != 0)
        return false;
    observe("fd.%d.is %s mode-%o links-%lu owner-%u:%u device-%lx size-%ld", fd, identity_of(st),
            st->st_mode, (unsigned long)st->st_nlink, st->st_uid, st->st_gid,
            (unsigned long)st->st_rdev, S_ISDIR(st->st_mode) ? 0 : (long)st->st_size);
    /* Whether the name still leads there. */
    struct stat named;
    if (target[0] == '/')
        observe("fd.%d.name-leads-to-it %d", fd,
                stat(target, &named) == 0 && named.st_ino == st->st_ino &&
                    named.st_dev == st->st_dev);
    return inode && S_ISREG(st->st_mode);
}

static void observe_descriptor(const char *folder, const char *name)
{
    (void)folder;
    struct stat st = {0};
    fd = atoi(name);
    if (fd >= OBSERVER_OWN_FDS)
        return;
    int flags = fcntl(fd, F_GETFL);
    bool namespace = observe_link(&st);
    struct pollfd ready = {fd,
                           POLLIN | POLLPRI | POLLOUT | POLLRDHUP | POLLRDNORM | POLLRDBAND |
                               POLLWRNORM | POLLWRBAND | POLLMSG,
                           0};
    if (poll(&ready, 1, 0) >= 0)
        observe("fd.%d.ready %#x", fd, (unsigned)ready.revents);
    observe_info();
    observe_pidfd();
    if (flags & O_PATH) {
        observe("fd.%d.F_GETFD %s", fd, result_of(fcntl(fd, F_GETFD)));
        return;
    }
    observe_plain_getters(&st, S_ISCHR(st.st_mode) && isatty(fd), namespace);
    observe_attributes();
    observe_timer();
    if (S_ISREG(st.st_mode))
        observe_file_content();
    if (S_ISFIFO(st.st_mode))
        observe_pipe_content();
    if (S_ISSOCK(st.st_mode))
        observe_socket(fd);
}

void observe_descriptors(void)
{
    each_name("/proc/self/fd", observe_descriptor);
}
