/* Pipes, fifos and the small descriptors of the kernel's. */
#include "generator.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

static void fill(struct object *o, int fd, uint32_t writes, uint32_t most)
{
    for (uint32_t i = 0; i < writes; i++) {
        size_t len = 1 + pick(o, most);
        o->counts[0] += (uint64_t)note(o, "write", write(fd, bytes_of(o, i, len), len));
    }
}

/* Passes some bytes through. */
static void pass(struct object *o, int from, int to)
{
    uint8_t bytes[4096];
    size_t len = 1 + pick(o, 3000);
    ssize_t in = write(to, bytes_of(o, (uint32_t)o->counts[1]++, len), len);
    ssize_t out = read(from, bytes, 1 + pick(o, sizeof bytes));
    say(o, "wrote %zd read %zd %d", in, out, out > 0 ? bytes[0] * 256 + bytes[out - 1] : 0);
}

/* Far from full. */
static void act_pipe_with_bytes(struct object *o)
{
    int waiting = 0;
    ioctl(o->fds[0], FIONREAD, &waiting);
    if (waiting * 8 < fcntl(o->fds[0], F_GETPIPE_SZ))
        pass(o, o->fds[0], o->fds[1]);
    else
        say(o, "read %zd", read(o->fds[0], (uint8_t[4096]){0}, 1 + pick(o, 4000)));
}
ACTING_KIND(pipe_with_bytes)
{
    int ends[2];
    note(o, "pipe2", pipe2(ends, O_NONBLOCK | (chance(o, 30) ? O_CLOEXEC : 0)));
    keep(o, ends[0]);
    keep(o, ends[1]);
    if (chance(o, 30))
        note(o, "F_SETPIPE_SZ", fcntl(ends[0], F_SETPIPE_SZ, 4096 << pick(o, 6)));
    fill(o, ends[1], pick(o, 8), 6000);
}

/* How much more goes in depends on how the bytes lie in the pipe's buffers. Those that are read are
 * read whole: nothing tells how much room is behind the rest of one. */
static void act_pipe_that_fills_up(struct object *o)
{
    uint8_t bytes[8192];
    size_t len = 1 + pick(o, 3000);
    ssize_t in = write(o->fds[1], bytes_of(o, (uint32_t)o->counts[1]++, len), len);
    ssize_t out = chance(o, 30) ? read(o->fds[0], bytes, sizeof bytes) : 0;
    say(o, "wrote %zd read %zd %d", in, out, out > 0 ? bytes[0] * 256 + bytes[out - 1] : 0);
}
ACTING_KIND(pipe_that_fills_up)
{
    int ends[2];
    note(o, "pipe2", pipe2(ends, O_NONBLOCK));
    keep(o, ends[0]);
    keep(o, ends[1]);
    note(o, "F_SETPIPE_SZ", fcntl(ends[0], F_SETPIPE_SZ, 8192));
    fill(o, ends[1], 8, 2000);
}

static void act_pipe_of_packets(struct object *o)
{
    pass(o, o->fds[0], o->fds[1]);
}
ACTING_KIND(pipe_of_packets)
{
    int ends[2];
    note(o, "pipe2", pipe2(ends, O_NONBLOCK | O_DIRECT));
    keep(o, ends[0]);
    keep(o, ends[1]);
    fill(o, ends[1], pick(o, 6), 4096);
    if (chance(o, 30)) /* bytes behind packets, or packets behind bytes */
        note(o, "F_SETFL", fcntl(ends[1], F_SETFL, O_NONBLOCK));
    fill(o, ends[1], pick(o, 3), 500);
}

KIND(pipe_with_one_end)
{
    int ends[2], gone = (int)pick(o, 2);
    note(o, "pipe2", pipe2(ends, O_NONBLOCK));
    fill(o, ends[1], pick(o, 4), 5000);
    close(ends[gone]);
    keep(o, ends[!gone]);
}

static void act_fifo_by_name(struct object *o)
{
    pass(o, o->fds[0], o->fds[0]);
}
ACTING_KIND(fifo_by_name)
{
    note(o, "mkfifo", mkfifo(name_of(o, "fifo"), 0600));
    int both = keep(o, open(name_of(o, "fifo"), O_RDWR | O_NONBLOCK));
    if (chance(o, 50))
        keep(o, open(name_of(o, "fifo"), O_RDONLY | O_NONBLOCK));
    if (chance(o, 50))
        keep(o, open(name_of(o, "fifo"), O_WRONLY | O_NONBLOCK));
    fill(o, both, pick(o, 5), 3000);
}

KIND(fifo_without_a_name)
{
    note(o, "mkfifo", mkfifo(name_of(o, "fifo"), 0600));
    int both = keep(o, open(name_of(o, "fifo"), O_RDWR | O_NONBLOCK));
    fill(o, both, pick(o, 5), 3000);
    note(o, "unlink", unlink(name_of(o, "fifo")));
}

KIND(fifo_that_never_had_a_writer)
{
    note(o, "mkfifo", mkfifo(name_of(o, "fifo"), 0600));
    keep(o, open(name_of(o, "fifo"), O_RDONLY | O_NONBLOCK));
}

static void act_event_counter(struct object *o)
{
    uint64_t value = pick(o, 100);
    ssize_t in = write(o->fds[0], &value, 8), out = chance(o, 60) ? read(o->fds[0], &value, 8) : 0;
    say(o, "wrote %zd read %zd %lu", in, out, value);
}
ACTING_KIND(event_counter)
{
    uint64_t value = chance(o, 20) ? UINT64_MAX - 1 : pick(o, 1000);
    int fd = keep(o, eventfd(0, EFD_NONBLOCK | (chance(o, 40) ? EFD_SEMAPHORE : 0)));
    note(o, "write", write(fd, &value, 8));
}

KIND(timer_descriptor)
{
    static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME};
    clockid_t clock = clocks[pick(o, 3)];
    int fd = keep(o, timerfd_create(clock, TFD_NONBLOCK | (chance(o, 30) ? TFD_CLOEXEC : 0)));
    struct itimerspec times = {{pick(o, 2) * 1000, 0}, {5000 + pick(o, 1000), 0}};
    int flags = 0;
    struct timespec now;
    switch (pick(o, 5)) {
    case 0:
        return; /* off */
    case 1:     /* expired */
        times = (struct itimerspec){{0, 0}, {0, 1}};
        break;
    case 2: /* expired, and goes on to be so */
        times = (struct itimerspec){{10000, 0}, {0, 1}};
        break;
    case 3:
        clock_gettime(clock, &now);
        times.it_value.tv_sec += now.tv_sec;
        flags = TFD_TIMER_ABSTIME |
                (clock == CLOCK_REALTIME && chance(o, 50) ? TFD_TIMER_CANCEL_ON_SET : 0);
        break;
    }
    note(o, "timerfd_settime", timerfd_settime(fd, flags, &times, NULL));
    struct pollfd expired = {fd, POLLIN, 0};
    if (times.it_value.tv_nsec == 1)
        poll(&expired, 1, 1000);
}

KIND(signal_descriptor)
{
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < 3; i++)
        sigaddset(&set, 1 + (int)pick(o, 64));
    keep(o, signalfd(-1, &set, SFD_NONBLOCK));
}

KIND(epoll_of_earlier_ones)
{
    int fd = keep(o, epoll_create1(chance(o, 50) ? EPOLL_CLOEXEC : 0));
    for (uint32_t i = pick(o, 5); i > 0; i--) {
        const struct object *other = earlier_object(o);
        if (!other || other == o || other->fd_count == 0)
            continue;
        static const uint32_t modes[] = {
            0, EPOLLET, EPOLLONESHOT, EPOLLET | EPOLLRDHUP, EPOLLEXCLUSIVE, EPOLLWAKEUP};
        struct epoll_event watch = {.events = EPOLLIN | modes[pick(o, 6)]};
        watch.data.u64 = random_of(&o->random);
        note(o, "epoll_ctl",
             epoll_ctl(fd, EPOLL_CTL_ADD, other->fds[pick(o, (uint32_t)other->fd_count)], &watch));
    }
}

/* What it watches under a number that is closed, or under another's. */
KIND(epoll_of_a_closed_number)
{
    int ends[2], fd = keep(o, epoll_create1(0));
    note(o, "pipe2", pipe2(ends, O_NONBLOCK));
    struct epoll_event watch = {.events = EPOLLIN, .data.u64 = random_of(&o->random)};
    note(o, "epoll_ctl", epoll_ctl(fd, EPOLL_CTL_ADD, ends[0], &watch));
    int copy = keep(o, dup(ends[0]));
    keep(o, ends[1]);
    close(ends[0]);
    if (chance(o, 50))
        note(o, "epoll_ctl", epoll_ctl(fd, EPOLL_CTL_ADD, copy, &watch));
}

KIND(epoll_of_an_epoll)
{
    int inner = keep(o, epoll_create1(0)), outer = keep(o, epoll_create1(0));
    int event = keep(o, eventfd(pick(o, 2), 0));
    struct epoll_event watch = {.events = EPOLLIN, .data.u64 = 5};
    note(o, "epoll_ctl", epoll_ctl(inner, EPOLL_CTL_ADD, event, &watch));
    watch.events |= chance(o, 50) ? EPOLLET : 0;
    note(o, "epoll_ctl", epoll_ctl(outer, EPOLL_CTL_ADD, inner, &watch));
}

static void touch(const struct object *o)
{
    static const char *const files[] = {"watched/file", "outside"};
    for (int i = 0; i < 2; i++)
        close(open(name_of(o, files[i]), O_CREAT | O_WRONLY | O_APPEND, 0600));
}

/* Nothing waits in it but while it acts. */
static void act_inotify_descriptor(struct object *o)
{
    char events[4096];
    unlink(name_of(o, "watched/file"));
    touch(o);
    say(o, "read %zd", read(o->fds[0], events, sizeof events));
}
static void drain_inotify_descriptor(struct object *o)
{
    touch(o);
}
KIND_(inotify_descriptor, act_inotify_descriptor, drain_inotify_descriptor)
{
    static const uint32_t masks[] = {IN_CREATE | IN_DELETE, IN_CLOSE_WRITE | IN_MOVE_SELF,
                                     IN_MODIFY | IN_CREATE | IN_EXCL_UNLINK, IN_DELETE_SELF};
    int fd = keep(o, inotify_init1(IN_NONBLOCK));
    note(o, "mkdir", mkdir(name_of(o, "watched"), 0700));
    touch(o);
    static const char *const names[] = {"watched", "outside", "watched/file"};
    for (int i = 0; i < 3; i++) {
        int wd = inotify_add_watch(fd, name_of(o, names[i]), masks[pick(o, 4)]);
        if (chance(o, 30)) /* its number stays unused */
            note(o, "inotify_rm_watch", inotify_rm_watch(fd, wd));
    }
    char events[4096];
    say(o, "read %zd", read(fd, events, sizeof events));
}

KIND(inotify_with_waiting_events)
{
    int fd = keep(o, inotify_init1(IN_NONBLOCK));
    note(o, "mkdir", mkdir(name_of(o, "watched"), 0700));
    note(o, "inotify_add_watch", inotify_add_watch(fd, name_of(o, "watched"), IN_CREATE));
    close(open(name_of(o, "watched/file"), O_CREAT | O_WRONLY, 0600));
}

/* A child that lives, has ended, or has been waited for too, watched as an event loop does. */
static void drain_pid_descriptor(struct object *o)
{
    siginfo_t info = {0};
    struct epoll_event event = {0};
    say(o, "watched %d", epoll_wait(o->fds[1], &event, 1, 0));
    note(o, "pidfd_send_signal",
         syscall(SYS_pidfd_send_signal, o->fds[0], o->child == getpid() ? 0 : SIGTERM, NULL, 0));
    struct pollfd ended = {o->fds[0], POLLIN, 0};
    poll(&ended, 1, o->child == getpid() ? 0 : 10000);
    note(o, "waitid", waitid(P_PIDFD, (id_t)o->fds[0], &info, WEXITED));
    say(o, "ended %d %d", info.si_code, info.si_status);
}
ENDING_KIND(pid_descriptor)
{
    uint32_t how = pick(o, 4);
    o->child = how == 0 ? getpid() : fork();
    if (o->child == 0) {
        while (how == 1)
            pause();
        _exit(7);
    }
    int fd = keep(o, (int)syscall(SYS_pidfd_open, o->child, chance(o, 50) ? O_NONBLOCK : 0));
    int epoll = keep(o, epoll_create1(0));
    struct epoll_event watch = {.events = EPOLLIN, .data.u64 = random_of(&o->random)};
    note(o, "epoll_ctl", epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &watch));
    if (chance(o, 50))
        keep(o, (int)syscall(SYS_pidfd_open, o->child, 0));
    siginfo_t info;
    if (how > 1)
        waitid(P_PID, (id_t)o->child, &info, WEXITED | (how == 2 ? WNOWAIT : 0));
}

KIND(copies_of_a_descriptor)
{
    struct object *other = earlier_object(o);
    if (!other || other->fd_count == 0)
        return;
    int fd = other->fds[pick(o, (uint32_t)other->fd_count)];
    keep(o, fcntl(fd, chance(o, 50) ? F_DUPFD : F_DUPFD_CLOEXEC, 100 + (int)pick(o, 300)));
    if (chance(o, 50))
        keep(o, dup(fd));
}

KIND(signal_driven_descriptor)
{
    int ends[2];
    note(o, "pipe2", pipe2(ends, O_NONBLOCK));
    keep(o, ends[0]);
    keep(o, ends[1]);
    note(o, "F_SETOWN", fcntl(ends[0], F_SETOWN, getpid()));
    note(o, "F_SETSIG", fcntl(ends[0], F_SETSIG, SIGRTMIN + 3));
    if (chance(o, 50))
        note(o, "F_SETFL", fcntl(ends[0], F_SETFL, O_NONBLOCK | O_ASYNC));
}
