#include "sandbox/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "proc/proc.h"
#include "task/freeze.h"
#include "sandbox/init.h"
#include "sandbox/namespaces.h"
#include "sandbox/spawn.h"

static pid_t clone_init(bool namespaces, int *pidfd)
{
    struct clone_args args = {
        .flags = CLONE_PIDFD | (namespaces ? NAMESPACES_CLONE_FLAGS : 0),
        .pidfd = (uint64_t)(uintptr_t)pidfd,
        .exit_signal = SIGCHLD,
    };
    return (pid_t)syscall(SYS_clone3, &args, sizeof args);
}

int spawn_init(const struct tree_spec *spec, const struct namespace_clocks *clocks,
               const struct init_restorer *restorer, struct tree *out, cairn_error *err)
{
    struct namespace_clocks leads = {0};
    if (spec->namespaces) {
        int rc = namespaces_prepare(clocks, &leads, err);
        if (rc != 0)
            return rc;
    }
    int channel[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0)
        return cairn_fail_errno(err, "making a socket pair");
    int pidfd = -1;
    pid_t init = clone_init(spec->namespaces, &pidfd);
    if (init < 0) {
        int rc = cairn_fail(err, CAIRN_EHOST, "this host refuses the step's namespaces: %s",
                            strerror(errno));
        close(channel[0]);
        close(channel[1]);
        return rc;
    }
    if (init == 0) {
        close(channel[0]);
        init_main(spec, restorer, channel[1]);
    }
    close(channel[1]);
    *out = (struct tree){.init = init,
                         .init_pidfd = pidfd,
                         .status_fd = channel[0],
                         .pty_master = -1,
                         .clock_leads = leads,
                         .namespaces = spec->namespaces,
                         .cpu = {.baseline = spec->baseline_cpu}};
    return 0;
}

int spawn_await_ready(struct tree *t, cairn_error *err)
{
    struct init_message message;
    int rc = init_receive(t->status_fd, 0, &message, &t->pty_master, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return cairn_fail(err, CAIRN_EGONE, "the step's pid 1 died while it started");
    if (message.kind == INIT_FAILED) {
        if (err)
            *err = message.error;
        return -message.error.code;
    }
    t->root_in_ns = message.root_in_ns;
    return 0;
}

int tree_start(const struct tree_spec *spec, struct tree *out, cairn_error *err)
{
    struct tree tree;
    const struct namespace_clocks as_host = {0};
    int rc = spawn_init(spec, &as_host, NULL, &tree, err);
    if (rc != 0)
        return rc;
    rc = spawn_await_ready(&tree, err);
    if (rc != 0) {
        tree_destroy(&tree);
        return rc;
    }
    *out = tree;
    return 0;
}

int tree_status(struct tree *t, struct tree_end *end, cairn_error *err)
{
    struct init_message message;
    int fd;
    cairn_error nothing_yet = {0};
    int rc = init_receive(t->status_fd, MSG_DONTWAIT, &message, &fd, &nothing_yet);
    if (rc < 0 && (nothing_yet.code == EAGAIN || nothing_yet.code == EWOULDBLOCK))
        return 0;
    if (rc <= 0 || message.kind != INIT_ENDED)
        return cairn_fail(err, CAIRN_EGONE, "the step's pid 1 (%d) was killed", t->init);
    end->signalled = WIFSIGNALED(message.wait_status);
    end->code = end->signalled ? WTERMSIG(message.wait_status) : WEXITSTATUS(message.wait_status);
    return 1;
}

void spawn_kill_descendants(pid_t ancestor)
{
    for (int round = 0; round < 100; round++) { /* they may fork while we list them */
        auto_proc_list struct proc_list list = {0};
        if (proc_descendants(ancestor, &list, NULL) != 0 || list.count == 0)
            return;
        for (size_t i = 0; i < list.count; i++)
            kill(list.numbers[i], SIGKILL);
    }
}

int tree_signal(const struct tree *t, int signo, bool everyone, cairn_error *err)
{
    auto_proc_list struct proc_list list = {0};
    int rc = proc_descendants(t->init, &list, err);
    if (rc != 0)
        return rc;
    bool sent = false;
    for (size_t i = 0; i < list.count; i++) {
        struct proc_status status;
        if (!everyone && t->namespaces &&
            (proc_read_status(list.numbers[i], list.numbers[i], &status, NULL) != 0 ||
             status.ns_pid != t->root_in_ns))
            continue;
        if (!everyone && !t->namespaces && list.numbers[i] != t->root_in_ns)
            continue;
        if (kill(list.numbers[i], signo) == 0)
            sent = true;
        else if (errno != ESRCH)
            return cairn_fail_errno(err, "sending signal %d to pid %d", signo, list.numbers[i]);
    }
    return sent ? 0 : cairn_fail(err, CAIRN_EGONE, "no process of the step is left to signal");
}

int tree_freeze(struct tree *t, cairn_error *err)
{
    if (t->frozen)
        return 0;
    struct frozen *frozen = calloc(1, sizeof *frozen);
    if (!frozen)
        return cairn_fail(err, ENOMEM, "out of memory freezing the step");
    int rc = freeze_hold(t->init, &t->waits, frozen, err);
    if (rc != 0)
        free(frozen);
    else
        t->frozen = frozen;
    return rc;
}

void tree_thaw(struct tree *t)
{
    if (!t->frozen)
        return;
    freeze_release(t->frozen);
    free(t->frozen);
    t->frozen = NULL;
}

bool tree_has_stuck(struct tree *t)
{
    if (t->frozen)
        return false;
    freeze_retry(&t->waits);
    return t->waits.stuck_count > 0;
}

void tree_destroy(struct tree *t)
{
    if (t->init > 0) {
        if (!t->namespaces)
            spawn_kill_descendants(t->init);
        kill(t->init, SIGKILL);
        /* Pid 1 ends once everything below it is reaped, and what we still trace is ours to reap.
         */
        for (pid_t ended = 0; ended != t->init;) {
            ended = waitpid(-1, NULL, __WALL);
            if (ended < 0 && errno != EINTR)
                break;
        }
    }
    tree_thaw(t); /* nothing lives to be let go; this frees */
    waits_free(&t->waits);
    json_decref(t->kept.paths);
    json_decref(t->kept.stand_ins);
    json_decref(t->kept.known);
    json_decref(t->kept.contents);
    cairn_cleanup_close(&t->init_pidfd);
    cairn_cleanup_close(&t->status_fd);
    cairn_cleanup_close(&t->pty_master);
    t->init = 0;
    t->init_pidfd = t->status_fd = t->pty_master = -1;
}
