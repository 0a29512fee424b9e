/* What cannot be saved: the capture says so by name, and the program runs on as if nothing was. */
#include "victim.h"

#include <netinet/in.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <unistd.h>

REFUSED(has_a_tcp_connection_that_is_not_accepted, "not yet accepted")
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof name;
    int server = (int)need(socket(AF_INET, SOCK_STREAM, 0));
    need(bind(server, (struct sockaddr *)&name, len));
    need(listen(server, 1));
    need(getsockname(server, (struct sockaddr *)&name, &len));
    int client = (int)need(socket(AF_INET, SOCK_STREAM, 0));
    need(connect(client, (struct sockaddr *)&name, len));
    checkpoint_here();
    int accepted = (int)need(accept(server, NULL, NULL));
    char byte;
    require(send(client, "x", 1, 0) == 1 && recv(accepted, &byte, 1, 0) == 1);
}

REFUSED(has_a_datagram_that_is_not_received, "datagrams not yet received")
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof name;
    int fd = (int)need(socket(AF_INET, SOCK_DGRAM, 0));
    need(bind(fd, (struct sockaddr *)&name, len));
    need(getsockname(fd, (struct sockaddr *)&name, &len));
    need(connect(fd, (struct sockaddr *)&name, len));
    char byte = 'x';
    require(send(fd, &byte, 1, 0) == 1);
    checkpoint_here();
    require(recv(fd, &byte, 1, 0) == 1 && byte == 'x');
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

REFUSED(has_a_sysv_semaphore, "SysV semaphore")
{
    int id = (int)need(semget(IPC_PRIVATE, 1, 0600));
    need(semctl(id, 0, SETVAL, 3));
    checkpoint_here();
    require(semctl(id, 0, GETVAL) == 3);
    need(semctl(id, 0, IPC_RMID));
}

REFUSED_TO_USERS(makes_itself_undumpable, "has made itself undumpable")
{
    need(prctl(PR_SET_DUMPABLE, 0));
    checkpoint_here();
    require(prctl(PR_GET_DUMPABLE) == 0);
}
