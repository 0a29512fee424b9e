/* What cannot be saved: the capture says so by name, and the program runs on as if nothing was. */
#include "victim.h"

#include <fcntl.h>
#include <linux/aio_abi.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

REFUSED(has_sent_over_a_tcp_connection_that_is_not_accepted, "not yet accepted")
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof name;
    int server = (int)need(socket(AF_INET, SOCK_STREAM, 0));
    need(bind(server, (struct sockaddr *)&name, len));
    need(listen(server, 1));
    need(getsockname(server, (struct sockaddr *)&name, &len));
    int client = (int)need(socket(AF_INET, SOCK_STREAM, 0));
    need(connect(client, (struct sockaddr *)&name, len));
    require(send(client, "x", 1, 0) == 1);
    checkpoint_here();
    int accepted = (int)need(accept(server, NULL, NULL));
    char byte;
    require(recv(accepted, &byte, 1, 0) == 1);
}

REFUSED(has_a_datagram_of_a_sender_that_is_gone, "datagrams not yet received")
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof name;
    int fd = (int)need(socket(AF_INET, SOCK_DGRAM, 0));
    need(bind(fd, (struct sockaddr *)&name, len));
    need(getsockname(fd, (struct sockaddr *)&name, &len));
    int sender = (int)need(socket(AF_INET, SOCK_DGRAM, 0));
    char byte = 'x';
    require(sendto(sender, &byte, 1, 0, (struct sockaddr *)&name, len) == 1);
    need(close(sender));
    checkpoint_here();
    require(recv(fd, &byte, 1, 0) == 1 && byte == 'x');
}

REFUSED(has_urgent_data_that_is_not_received, "urgent data")
{
    int pair[2];
    char byte;
    need(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    require(send(pair[0], "!", 1, MSG_OOB) == 1);
    checkpoint_here();
    require(recv(pair[1], &byte, 1, MSG_OOB) == 1 && byte == '!');
}

REFUSED(has_descriptors_under_way, "descriptors on their way")
{
    int pair[2], sent = 0;
    need(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    char sent_byte = 'x';
    struct iovec data = {&sent_byte, 1};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr header = {.msg_iov = &data,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof control};
    control.header = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(4)};
    memcpy(CMSG_DATA(&control.header), &sent, sizeof sent);
    require(sendmsg(pair[0], &header, 0) == 1);
    checkpoint_here();
    char byte;
    data.iov_base = &byte;
    header.msg_controllen = sizeof control;
    require(recvmsg(pair[1], &header, 0) == 1 && CMSG_FIRSTHDR(&header) != NULL);
}

REFUSED_TO_USERS(makes_itself_undumpable, "has made itself undumpable")
{
    need(prctl(PR_SET_DUMPABLE, 0));
    checkpoint_here();
    require(prctl(PR_GET_DUMPABLE) == 0);
}

static int wait_for_ever(void *unused)
{
    (void)unused;
    for (;;)
        syscall(SYS_pause);
    return 0;
}

/* A child that shares with its parent what only threads share as a rule. */
static void share_with_child(int flags)
{
    static char stack[65536];
    int status;
    pid_t child = (pid_t)need(clone(wait_for_ever, stack + sizeof stack, flags | SIGCHLD, NULL));
    checkpoint_here();
    need(kill(child, SIGKILL));
    require(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
}

REFUSED(shares_its_memory, "share their memory (CLONE_VM")
{
    share_with_child(CLONE_VM);
}

REFUSED(shares_its_descriptors, "share their descriptors (CLONE_FILES")
{
    share_with_child(CLONE_FILES);
}

REFUSED(shares_its_working_folder, "share their working folder (CLONE_FS")
{
    share_with_child(CLONE_FS);
}

static void *have_own_descriptors(void *started)
{
    need(unshare(CLONE_FILES));
    *(atomic_bool *)started = true;
    for (;;)
        pause();
    return NULL;
}

REFUSED(has_a_thread_with_descriptors_of_its_own, "does not share the descriptors of the others")
{
    pthread_t thread;
    atomic_bool started = false;
    require(pthread_create(&thread, NULL, have_own_descriptors, &started) == 0);
    while (!started)
        sched_yield();
    checkpoint_here();
    require(pthread_kill(thread, 0) == 0);
}

REFUSED(is_in_namespaces_of_its_own, "in a user namespace of its own")
{
    need(unshare(CLONE_NEWUSER | CLONE_NEWUTS));
    checkpoint_here();
    need(sethostname("own", 3));
}

REFUSED(has_a_kernel_aio_context, "a kernel AIO context")
{
    aio_context_t context = 0;
    need(syscall(SYS_io_setup, 4, &context));
    checkpoint_here();
    require(syscall(SYS_io_getevents, context, 0, 1, NULL, NULL) == 0);
}

REFUSED(has_more_files_open_than_a_restore_may, "raise it (ulimit -Hn)")
{
    for (int i = 0; i < 1000; i++)
        need(open("many", O_RDONLY | O_CREAT, 0600));
    checkpoint_here();
    require(lseek(1000, 0, SEEK_CUR) == 0);
}
