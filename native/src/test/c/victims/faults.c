/* One of each, small: for captures that are made to fail somewhere (capture_faults_test.c). */
#include "victim.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static int wake[2];
static pid_t waiter;

static void *wait_in_epoll(void *unused)
{
    struct epoll_event event = {.events = EPOLLIN};
    int epoll = (int)need(epoll_create1(0));
    need(epoll_ctl(epoll, EPOLL_CTL_ADD, wake[0], &event));
    __atomic_store_n(&waiter, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
    require(epoll_wait(epoll, &event, 1, 3600 * 1000) == 1);
    return unused;
}

static pid_t start_child(int from, int to)
{
    pid_t child = (pid_t)need(fork());
    char byte;
    if (child == 0)
        _exit(read(from, &byte, 1) == 1 && write(to, &byte, 1) == 1 ? 5 : 6);
    await_syscall(child, SYS_read);
    return child;
}

VICTIM(holds_one_of_each)
{
    enum { BYTES = 300000 };
    int to[2], from[2], pair[2], status;
    char byte;
    pthread_t thread;
    need(pipe(wake));
    need(pipe(to));
    need(pipe(from));
    need(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    require(write(pair[0], "q", 1) == 1);
    pid_t child = start_child(to[0], from[1]);
    require(pthread_create(&thread, NULL, wait_in_epoll, NULL) == 0);
    while (__atomic_load_n(&waiter, __ATOMIC_ACQUIRE) == 0)
        sched_yield();
    await_syscall(waiter, SYS_epoll_wait);
    /* The lowest memory is what a capture makes its calls with. */
    char *lowest = mmap((void *)0x10000, 4096, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    require(lowest != MAP_FAILED);
    fill_pattern(lowest, 4096, 3);
    char *own = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *shared = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    require(own != MAP_FAILED && shared != MAP_FAILED);
    fill_pattern(own, BYTES, 1);
    fill_pattern(shared, BYTES, 2);
    int file = (int)need(open("written", O_RDWR | O_CREAT | O_TRUNC, 0644));
    need(flock(file, LOCK_EX));
    require(write(file, "abc", 3) == 3);
    const struct itimerval later = {.it_value = {3600, 0}};
    need(setitimer(ITIMER_REAL, &later, NULL));
    checkpoint_here();
    struct itimerval left;
    need(getitimer(ITIMER_REAL, &left));
    require(left.it_value.tv_sec > 0);
    require(has_pattern(lowest, 4096, 3) && has_pattern(own, BYTES, 1) &&
            has_pattern(shared, BYTES, 2));
    require(read(pair[1], &byte, 1) == 1 && byte == 'q');
    require(write(wake[1], "w", 1) == 1 && pthread_join(thread, NULL) == 0);
    require(write(to[1], "x", 1) == 1 && read(from[0], &byte, 1) == 1 && byte == 'x');
    require(waitpid(-1, &status, __WALL) == child && WIFEXITED(status) && WEXITSTATUS(status) == 5);
    require(waitpid(-1, &status, __WALL) == -1 && errno == ECHILD); /* nothing of ours is left */
    require(write(file, "d", 1) == 1 && lseek(file, 0, SEEK_CUR) == 4);
}
