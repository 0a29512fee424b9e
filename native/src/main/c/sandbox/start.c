#include "sandbox/start.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"

static pid_t clone_init(bool namespaces, int *pidfd)
{
    struct clone_args args = {
        .flags = CLONE_PIDFD | (namespaces ? NAMESPACES_CLONE_FLAGS : 0),
        .pidfd = (uint64_t)(uintptr_t)pidfd,
        .exit_signal = SIGCHLD,
    };
    return (pid_t)syscall(SYS_clone3, &args, sizeof args);
}

int start_init(const struct tree_spec *spec, const struct namespace_clocks *clocks,
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

/* The next process that pid 1 forks may already wait for an answer. */
static int take_listener(struct tree *t, const struct tree_listener *to,
                         const struct init_message *message, int fd, cairn_error *err)
{
    if (to)
        return to->listen(to->context, fd, t->init, message->why_not, err);
    cairn_cleanup_close(&fd);
    return 0;
}

int start_await_ready(struct tree *t, const struct tree_listener *listener, cairn_error *err)
{
    struct init_message message;
    int rc = init_receive(t->status_fd, 0, &message, &t->pty_master, err);
    if (rc > 0 && message.kind == INIT_FILTERED) {
        int fd = steal_fd(&t->pty_master);
        rc = take_listener(t, listener, &message, fd, err);
        if (rc == 0)
            rc = init_receive(t->status_fd, 0, &message, &t->pty_master, err);
    }
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
    int rc = start_init(spec, &as_host, NULL, &tree, err);
    if (rc != 0)
        return rc;
    if (spec->listener)
        spec->listener->begin(spec->listener->context);
    rc = start_await_ready(&tree, spec->listener, err);
    if (rc != 0) {
        tree_destroy(&tree);
        return rc;
    }
    *out = tree;
    return 0;
}
