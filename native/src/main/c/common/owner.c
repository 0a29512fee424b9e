#include "common/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/id_map.h"
#include "common/io.h"

/* A question to the witness. Passed with it: the descriptor in question (JUDGE) and one for the
 * answer. */
enum question { JUDGE, MAP };

struct answer {
    int failed; /* errno, or 0 */
    struct owner owner;
    struct owner_map map;
};

static int witness = -1; /* the channel to the witness; -1 while this process is in no namespace of
                          * its own */

/* If some ids are not mapped, the overflow id may stand for any of them. */
static int is_certain(uid_t uid, bool *out, cairn_error *err)
{
    auto_free char *overflow = NULL, *map = NULL;
    unsigned first, outside, count;
    *out = true;
    if (uid == 0)
        return 0;
    int rc = io_read_file(AT_FDCWD, "/proc/sys/kernel/overflowuid", 64, &overflow, NULL, err);
    if (rc != 0 || strtoul(overflow, NULL, 10) != uid)
        return rc;
    rc = io_read_file(AT_FDCWD, "/proc/self/uid_map", 65536, &map, NULL, err);
    *out = rc == 0 && sscanf(map, "%u %u %u", &first, &outside, &count) == 3 && first == 0 &&
           count == UINT32_MAX;
    return rc;
}

/* Judges the ids as they show inside the namespace. */
static int judge(int fd, struct owner *out, cairn_error *err)
{
    struct stat st;
    struct ucred peer = {0};
    socklen_t len = sizeof peer;
    if (fstat(fd, &st) < 0)
        return cairn_fail_errno(err, "asking for an owner");
    if (S_ISSOCK(st.st_mode) && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
        return cairn_fail_errno(err, "asking for the peer of a socket");
    out->uid = S_ISSOCK(st.st_mode) ? peer.uid : st.st_uid;
    out->trusted = false;
    return out->uid == geteuid() || out->uid == 0 ? is_certain(out->uid, &out->trusted, err) : 0;
}

static void attach(struct msghdr *header, char *control, size_t room, const int *fds, size_t count)
{
    memset(control, 0, room);
    header->msg_control = control;
    header->msg_controllen = CMSG_SPACE(count * sizeof *fds);
    struct cmsghdr *rights = CMSG_FIRSTHDR(header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(count * sizeof *fds);
    memcpy(CMSG_DATA(rights), fds, count * sizeof *fds);
}

/* Each question carries a socket of its own for the answer, so that several threads and forked
 * processes can ask at the same time. */
static int ask(enum question question, int fd, struct answer *out, cairn_error *err)
{
    auto_close int ours = -1, its = -1;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return cairn_fail_errno(err, "making a socket pair");
    ours = pair[0];
    its = pair[1];
    const int fds[] = {its, fd};
    char control[CMSG_SPACE(sizeof fds)];
    struct iovec data = {&question, sizeof question};
    struct msghdr header = {.msg_iov = &data, .msg_iovlen = 1};
    attach(&header, control, sizeof control, fds, fd < 0 ? 1 : 2);
    if (sendmsg(witness, &header, MSG_NOSIGNAL) < 0)
        return cairn_fail_errno(err, "asking outside of the user namespace");
    cairn_cleanup_close(&its);
    its = -1;
    int rc =
        io_read_full(ours, out, sizeof *out, "the answer from outside the user namespace", err);
    if (rc == 0 && out->failed)
        rc = cairn_fail(err, out->failed, "outside the user namespace: %s", strerror(out->failed));
    return rc;
}

static bool receive(int channel, enum question *question, int *back, int *fd)
{
    struct iovec data = {question, sizeof *question};
    char control[CMSG_SPACE(2 * sizeof(int))];
    struct msghdr header = {.msg_iov = &data,
                            .msg_iovlen = 1,
                            .msg_control = control,
                            .msg_controllen = sizeof control};
    ssize_t n;
    do {
        n = recvmsg(channel, &header, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    *back = *fd = -1;
    for (struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&header) : NULL; c;
         c = CMSG_NXTHDR(&header, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        memcpy(back, CMSG_DATA(c), sizeof *back);
        if (c->cmsg_len >= CMSG_LEN(2 * sizeof(int)))
            memcpy(fd, CMSG_DATA(c) + sizeof(int), sizeof *fd);
    }
    return n > 0;
}

/* Serves until no process is left that could ask. */
_Noreturn static void be_witness(int channel, pid_t maker)
{
    prctl(PR_SET_NAME, "cairn-witness");
    setsid();
    sigset_t all; /* a batch system's notice is for the supervisor alone */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    channel = dup2(channel, 0);
    syscall(SYS_close_range, 1, ~0u, 0);
    if (chdir("/") < 0)
        _exit(1);
    enum question question;
    int back, fd;
    while (receive(channel, &question, &back, &fd)) {
        struct answer answer = {0};
        cairn_error error = {0};
        if (question == MAP)
            id_map_outside(maker, &answer.map.uids, &answer.map.gids);
        else if (judge(fd, &answer.owner, &error) != 0)
            answer.failed = error.code;
        if (send(back, &answer, sizeof answer, MSG_NOSIGNAL) < 0)
            answer.failed = errno; /* the process that asked has ended */
        cairn_cleanup_close(&back);
        cairn_cleanup_close(&fd);
    }
    _exit(0);
}

/* The witness is not a child of its creator, which therefore need not reap it. */
static int leave_witness(int *out, cairn_error *err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return cairn_fail_errno(err, "making a socket pair");
    pid_t maker = getpid();
    pid_t starter = fork();
    if (starter == 0) {
        close(pair[0]);
        pid_t child = fork();
        if (child == 0)
            be_witness(pair[1], maker);
        _exit(child < 0 ? errno : 0);
    }
    int failed = starter < 0 ? errno : 0, status = 0;
    close(pair[1]);
    while (starter > 0 && waitpid(starter, &status, 0) < 0 && errno == EINTR) {
    }
    if (failed == 0 && status != 0)
        failed = WIFEXITED(status) ? WEXITSTATUS(status) : ECHILD;
    if (failed) {
        close(pair[0]);
        return cairn_fail(err, failed, "forking: %s", strerror(failed));
    }
    *out = pair[0];
    return 0;
}

int owner_enter_namespace(struct owner_map *map, cairn_error *err)
{
    auto_close int channel = -1;
    struct answer answer = {0};
    int rc = leave_witness(&channel, err);
    if (rc != 0)
        return rc;
    if (unshare(CLONE_NEWUSER) < 0)
        return cairn_fail_errno(err, "unshare");
    int outermost = witness;
    witness = channel;
    rc = ask(MAP, -1, &answer, err);
    *map = answer.map;
    if (outermost >= 0)
        witness = outermost;
    else
        steal_fd(&channel);
    return rc;
}

int owner_of(int fd, struct owner *out, cairn_error *err)
{
    if (witness < 0)
        return judge(fd, out, err);
    struct answer answer;
    int rc = ask(JUDGE, fd, &answer, err);
    if (rc == 0)
        *out = answer.owner;
    return rc;
}
