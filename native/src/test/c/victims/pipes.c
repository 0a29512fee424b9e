/* Pipes, fifos, and the descriptors that are events. */
#include "victim.h"

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
#include <time.h>
#include <unistd.h>

static bool readable(int fd)
{
    struct pollfd p = {fd, POLLIN, 0};
    need(poll(&p, 1, 0));
    return p.revents & POLLIN;
}

static void require_bytes(int fd, size_t len, uint32_t seed)
{
    char *bytes = malloc(len);
    for (size_t done = 0; done < len;) {
        ssize_t n = need(read(fd, bytes + done, len - done));
        require(n > 0);
        done += (size_t)n;
    }
    require(has_pattern(bytes, len, seed));
    free(bytes);
}

static void put_bytes(int fd, size_t len, uint32_t seed)
{
    char *bytes = malloc(len);
    fill_pattern(bytes, len, seed);
    require(write(fd, bytes, len) == (ssize_t)len);
    free(bytes);
}

VICTIM(keeps_bytes_in_a_pipe)
{
    int ends[2], waiting;
    need(pipe2(ends, O_CLOEXEC));
    put_bytes(ends[1], 5000, 1);
    put_bytes(ends[1], 3, 2);
    checkpoint_here();
    need(ioctl(ends[0], FIONREAD, &waiting));
    require(waiting == 5003);
    require_bytes(ends[0], 5000, 1);
    require_bytes(ends[0], 3, 2);
    require(!readable(ends[0]));
    require((fcntl(ends[1], F_GETFL) & O_ACCMODE) == O_WRONLY);
    close(ends[1]);
    char byte;
    require(read(ends[0], &byte, 1) == 0);
}

VICTIM(keeps_a_full_pipe_of_an_odd_size)
{
    int ends[2];
    need(pipe2(ends, O_NONBLOCK));
    long size = need(fcntl(ends[1], F_SETPIPE_SZ, 256 << 10));
    put_bytes(ends[1], (size_t)size, 3);
    checkpoint_here();
    char byte = 'x';
    require(write(ends[1], &byte, 1) == -1 && errno == EAGAIN);
    require(fcntl(ends[0], F_GETPIPE_SZ) == size && (fcntl(ends[0], F_GETFL) & O_NONBLOCK));
    require_bytes(ends[0], (size_t)size, 3);
    require(read(ends[0], &byte, 1) == -1 && errno == EAGAIN);
}

/* Writes of odd sizes leave every buffer of a pipe partly used. */
VICTIM(keeps_a_pipe_of_many_small_writes)
{
    int ends[2];
    size_t total = 0;
    need(pipe2(ends, O_NONBLOCK));
    for (size_t len = 3000; len < 3015; len++) {
        put_bytes(ends[1], len, (uint32_t)len);
        total += len;
    }
    checkpoint_here();
    for (size_t len = 3000; len < 3015; len++)
        require_bytes(ends[0], len, (uint32_t)len);
    require(total > 0 && !readable(ends[0]));
}

VICTIM(keeps_packets_apart_in_a_pipe)
{
    int ends[2];
    char packet[4096];
    need(pipe2(ends, O_DIRECT));
    put_bytes(ends[1], 10, 1);
    put_bytes(ends[1], 20, 2);
    put_bytes(ends[1], 4096, 3);
    checkpoint_here();
    require(read(ends[0], packet, sizeof packet) == 10 && has_pattern(packet, 10, 1));
    require(read(ends[0], packet, sizeof packet) == 20 && has_pattern(packet, 20, 2));
    require(read(ends[0], packet, sizeof packet) == 4096 && has_pattern(packet, 4096, 3));
    put_bytes(ends[1], 7, 4);
    put_bytes(ends[1], 7, 5);
    require(read(ends[0], packet, sizeof packet) == 7);
}

VICTIM(keeps_pipes_between_processes)
{
    int to[2], from[2];
    need(pipe(to));
    need(pipe(from));
    pid_t child = (pid_t)need(fork());
    if (child == 0) {
        close(to[1]);
        close(from[0]);
        char byte;
        while (read(to[0], &byte, 1) == 1)
            require(write(from[1], &byte, 1) == 1);
        _exit(0);
    }
    close(to[0]);
    close(from[1]);
    put_bytes(to[1], 10, 6);
    checkpoint_here();
    put_bytes(to[1], 2000, 7);
    require_bytes(from[0], 10, 6);
    require_bytes(from[0], 2000, 7);
    close(to[1]);
    char byte;
    require(read(from[0], &byte, 1) == 0);
    require(waitpid(child, NULL, 0) == child);
}

VICTIM(keeps_a_pipe_whose_reader_is_gone)
{
    int ends[2], other[2];
    char byte = 'x';
    signal(SIGPIPE, SIG_IGN);
    need(pipe(ends));
    need(pipe(other));
    put_bytes(other[1], 5, 9);
    close(ends[0]);
    close(other[1]);
    checkpoint_here();
    require(write(ends[1], &byte, 1) == -1 && errno == EPIPE);
    require_bytes(other[0], 5, 9);
    require(read(other[0], &byte, 1) == 0);
}

VICTIM(keeps_fifos)
{
    need(mkfifo("named", 0600));
    int both = (int)need(open("named", O_RDWR));
    int reading = (int)need(open("named", O_RDONLY | O_NONBLOCK));
    put_bytes(both, 100, 8);
    checkpoint_here();
    int writing = (int)need(open("named", O_WRONLY | O_NONBLOCK));
    put_bytes(writing, 50, 9);
    require_bytes(reading, 100, 8);
    require_bytes(both, 50, 9);
}

VICTIM(keeps_a_fifo_that_never_had_a_writer)
{
    need(mkfifo("quiet", 0600));
    int reading = (int)need(open("quiet", O_RDONLY | O_NONBLOCK));
    need(fcntl(reading, F_SETFL, 0));
    checkpoint_here();
    struct pollfd end = {reading, POLLIN, 0};
    require(fcntl(reading, F_GETFL) == O_RDONLY || fcntl(reading, F_GETFL) == 0100000);
    require(poll(&end, 1, 0) == 0); /* no end yet: it has not begun */
    int writing = (int)need(open("quiet", O_WRONLY | O_NONBLOCK));
    put_bytes(writing, 50, 9);
    close(writing);
    require(poll(&end, 1, 0) == 1 && end.revents == (POLLIN | POLLHUP));
    require_bytes(reading, 50, 9);
}

VICTIM(keeps_event_counters)
{
    int plain = eventfd(5, EFD_NONBLOCK), semaphore = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
    int huge = eventfd(0, EFD_NONBLOCK);
    uint64_t value = UINT64_MAX - 1;
    require(write(huge, &value, 8) == 8);
    checkpoint_here();
    require(read(plain, &value, 8) == 8 && value == 5);
    require(read(plain, &value, 8) == -1 && errno == EAGAIN);
    require(read(semaphore, &value, 8) == 8 && value == 1);
    require(read(semaphore, &value, 8) == 8 && value == 1);
    require(read(semaphore, &value, 8) == -1);
    require(read(huge, &value, 8) == 8 && value == UINT64_MAX - 1);
}

VICTIM(keeps_a_signalfd)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN + 4);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = (int)need(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    need(sigqueue(getpid(), SIGRTMIN + 4, (union sigval){.sival_int = 77}));
    checkpoint_here();
    struct signalfd_siginfo info;
    require(read(fd, &info, sizeof info) == sizeof info);
    require(info.ssi_signo == (uint32_t)SIGRTMIN + 4 && info.ssi_int == 77);
    require(read(fd, &info, sizeof info) == -1 && errno == EAGAIN);
    need(kill(getpid(), SIGUSR1));
    require(read(fd, &info, sizeof info) == sizeof info && info.ssi_signo == SIGUSR1);
}

VICTIM(keeps_timerfds)
{
    int idle = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    int far = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK);
    int fired = timerfd_create(CLOCK_MONOTONIC, 0);
    int periodic = timerfd_create(CLOCK_REALTIME, 0);
    struct itimerspec times = {{100, 0}, {5000, 0}}, once = {{0, 0}, {0, 1}}, now,
                      often = {{0, 10000000}, {0, 10000000}};
    need(timerfd_settime(far, 0, &times, NULL));
    need(timerfd_settime(fired, 0, &once, NULL));
    need(timerfd_settime(periodic, 0, &often, NULL));
    struct pollfd p = {fired, POLLIN, 0};
    need(poll(&p, 1, -1));
    checkpoint_here();
    uint64_t ticks;
    require(read(idle, &ticks, 8) == -1 && errno == EAGAIN);
    need(timerfd_gettime(far, &now));
    require(now.it_interval.tv_sec == 100 && now.it_value.tv_sec > 4900 &&
            now.it_value.tv_sec <= 5000);
    require(readable(fired) && read(fired, &ticks, 8) == 8 && ticks == 1);
    require(!readable(fired));
    for (int i = 0; i < 3; i++)
        require(read(periodic, &ticks, 8) == 8 && ticks >= 1);
}

VICTIM(keeps_epolls_and_what_they_watch)
{
    int ends[2], event = eventfd(1, 0), inner = (int)need(epoll_create1(EPOLL_CLOEXEC)),
                 outer = (int)need(epoll_create1(0));
    need(pipe(ends));
    int copy = (int)need(dup(ends[0]));
    struct epoll_event watch = {.events = EPOLLIN, .data.u64 = 1};
    need(epoll_ctl(inner, EPOLL_CTL_ADD, ends[0], &watch));
    watch = (struct epoll_event){.events = EPOLLIN | EPOLLET, .data.u64 = 2};
    need(epoll_ctl(inner, EPOLL_CTL_ADD, copy, &watch));
    watch = (struct epoll_event){.events = EPOLLIN | EPOLLONESHOT, .data.u64 = 3};
    need(epoll_ctl(inner, EPOLL_CTL_ADD, event, &watch));
    watch = (struct epoll_event){.events = EPOLLIN, .data.u64 = 4};
    need(epoll_ctl(outer, EPOLL_CTL_ADD, inner, &watch));
    checkpoint_here();
    struct epoll_event got[8];
    require(epoll_wait(outer, got, 8, -1) == 1 && got[0].data.u64 == 4);
    require(epoll_wait(inner, got, 8, -1) == 1 && got[0].data.u64 == 3);
    require(epoll_wait(inner, got, 8, 0) == 0); /* one shot */
    require(write(ends[1], "x", 1) == 1);
    require(epoll_wait(inner, got, 8, -1) == 2);
    require(got[0].data.u64 + got[1].data.u64 == 3);
    require(epoll_wait(inner, got, 8, -1) == 1 && got[0].data.u64 == 1);
    need(epoll_ctl(inner, EPOLL_CTL_DEL, copy, NULL));
}

/* An epoll goes on to watch a description whose number has been closed, as long as a copy lives. */
VICTIM(keeps_an_epoll_that_watches_under_a_number_long_closed)
{
    int ends[2], epoll = (int)need(epoll_create1(0));
    need(pipe(ends));
    struct epoll_event watch = {.events = EPOLLIN, .data.u64 = 9}, got;
    need(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &watch));
    int copy = (int)need(dup(ends[0]));
    close(ends[0]);
    int reused = (int)need(open("/dev/null", O_RDONLY));
    require(reused == ends[0]);
    checkpoint_here();
    require(write(ends[1], "x", 1) == 1);
    require(epoll_wait(epoll, &got, 1, 1000) == 1 && got.data.u64 == 9);
    char byte;
    require(read(copy, &byte, 1) == 1);
    require(epoll_wait(epoll, &got, 1, 0) == 0);
}

/* Due at a time of the day, and so at once where that has passed meanwhile. */
VICTIM(keeps_when_a_timer_is_due)
{
    int soon = (int)need(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK)),
        late = (int)need(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK));
    struct timespec now;
    need(clock_gettime(CLOCK_REALTIME, &now));
    struct itimerspec due = {.it_value = {now.tv_sec + 1, 0}}, left;
    need(timerfd_settime(soon, TFD_TIMER_ABSTIME, &due, NULL));
    struct itimerspec later = {.it_value = {now.tv_sec + 1000, 0}};
    need(timerfd_settime(late, TFD_TIMER_ABSTIME, &later, NULL));
    checkpoint_here();
    struct pollfd ready = {soon, POLLIN, 0};
    require(poll(&ready, 1, 10000) == 1);
    need(clock_gettime(CLOCK_REALTIME, &now));
    require(now.tv_sec >= due.it_value.tv_sec);
    need(timerfd_gettime(late, &left));
    need(clock_gettime(CLOCK_REALTIME, &now));
    int64_t off_ms = (now.tv_sec + left.it_value.tv_sec - later.it_value.tv_sec) * 1000 +
                     (now.tv_nsec + left.it_value.tv_nsec) / 1000000;
    require(off_ms > -500 && off_ms < 500);
}

VICTIM(keeps_pidfds_and_who_shares_them)
{
    int status, ready[2];
    char byte;
    pid_t target = (pid_t)need(fork());
    if (target == 0)
        for (;;)
            pause();
    int fd = (int)need(syscall(SYS_pidfd_open, target, 0)), epoll = (int)need(epoll_create1(0));
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = 7};
    need(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
    need(pipe(ready));
    pid_t sharer = (pid_t)need(fork());
    if (sharer == 0) {
        require(read(ready[0], &byte, 1) == 1);
        need(fcntl(fd, F_SETFL, O_NONBLOCK)); /* of the description */
        need(syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0));
        _exit(0);
    }
    pid_t gone = (pid_t)need(fork());
    if (gone == 0)
        _exit(3);
    int ended = (int)need(syscall(SYS_pidfd_open, gone, 0));
    need(waitpid(gone, &status, 0));
    checkpoint_here();
    require(epoll_wait(epoll, &event, 1, 0) == 0);
    require(readable(ended) && !readable(fd));
    require(syscall(SYS_pidfd_send_signal, ended, 0, NULL, 0) == -1 && errno == ESRCH);
    require(write(ready[1], "x", 1) == 1);
    require(epoll_wait(epoll, &event, 1, 10000) == 1 && event.data.u32 == 7);
    need(waitpid(sharer, &status, 0));
    require(status == 0 && fcntl(fd, F_GETFL) & O_NONBLOCK);
    siginfo_t info;
    need(waitid(P_PIDFD, (id_t)fd, &info, WEXITED));
    require(info.si_pid == target && info.si_status == SIGTERM);
}

static void require_event(int fd, int wd, uint32_t mask, const char *name)
{
    char bytes[4096];
    ssize_t n = need(read(fd, bytes, sizeof bytes));
    const struct inotify_event *e = (const void *)bytes;
    require(n == (ssize_t)(sizeof *e + e->len) && e->wd == wd && e->mask == mask);
    require(strcmp(e->len ? e->name : "", name) == 0);
}

VICTIM(keeps_what_inotify_watches)
{
    int fd = (int)need(inotify_init1(IN_NONBLOCK)), epoll = (int)need(epoll_create1(0));
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = 9};
    need(mkdir("folder", 0700));
    need(mkdir("folder/inner", 0700));
    int file = (int)need(open("file", O_CREAT | O_RDWR | O_APPEND, 0600));
    int first = (int)need(inotify_add_watch(fd, "folder", IN_CREATE));
    int second = (int)need(inotify_add_watch(fd, "folder/inner", IN_CREATE | IN_ONLYDIR));
    int third = (int)need(inotify_add_watch(fd, "file", IN_MODIFY | IN_ONESHOT));
    need(inotify_rm_watch(fd, first));
    require_event(fd, first, IN_IGNORED, "");
    need(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
    checkpoint_here();
    require(epoll_wait(epoll, &event, 1, 0) == 0);
    close((int)need(open("folder/new", O_CREAT | O_WRONLY, 0600)));
    close((int)need(open("folder/inner/new", O_CREAT | O_WRONLY, 0600)));
    require(epoll_wait(epoll, &event, 1, 10000) == 1 && event.data.u32 == 9);
    require_event(fd, second, IN_CREATE, "new");
    require(write(file, "x", 1) == 1);
    struct inotify_event events[2];
    require(read(fd, events, sizeof events) == sizeof events);
    require(events[0].wd == third && events[0].mask == IN_MODIFY);
    require(events[1].wd == third && events[1].mask == IN_IGNORED);
}

VICTIM(follows_a_file_with_tail)
{
    int out[2], log = (int)need(open("log", O_CREAT | O_WRONLY | O_APPEND, 0600));
    char text[16];
    need(pipe(out));
    require(write(log, "one\n", 4) == 4);
    pid_t tail = (pid_t)need(fork());
    if (tail == 0) {
        need(dup2(out[1], 1));
        close(out[0]);
        execl("/usr/bin/tail", "tail", "-F", "log", NULL);
        _exit(1);
    }
    require(read(out[0], text, sizeof text) == 4 && memcmp(text, "one\n", 4) == 0);
    checkpoint_here();
    require(write(log, "two\n", 4) == 4);
    require(read(out[0], text, sizeof text) == 4 && memcmp(text, "two\n", 4) == 0);
    need(rename("log", "old"));
    log = (int)need(open("log", O_CREAT | O_WRONLY | O_APPEND, 0600));
    require(write(log, "three\n", 6) == 6);
    require(read(out[0], text, sizeof text) == 6 && memcmp(text, "three\n", 6) == 0);
    need(kill(tail, SIGKILL));
    need(waitpid(tail, NULL, 0));
}

REFUSED(has_an_inotify_with_waiting_events, "events that have not been read")
{
    int fd = (int)need(inotify_init1(0));
    need(inotify_add_watch(fd, ".", IN_CREATE));
    close((int)need(open("new", O_CREAT | O_WRONLY, 0600)));
    checkpoint_here();
}
