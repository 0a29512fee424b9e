#include "sandbox/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/process.h"
#include "proc/proc.h"
#include "sandbox/init.h"
#include "task/descendants.h"
#include "task/freeze.h"

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
        if (process_signal(list.numbers[i], signo) == 0)
            sent = true;
        else if (errno != ESRCH)
            return cairn_fail_errno(err, "sending signal %d to pid %d", signo, list.numbers[i]);
    }
    return sent ? 0 : cairn_fail(err, CAIRN_EGONE, "no process of the step is left to signal");
}

int64_t tree_private_bytes(const struct tree *t)
{
    auto_proc_list struct proc_list list = {0};
    int64_t bytes = 0;
    if (proc_descendants(t->init, &list, NULL) != 0)
        return 0;
    for (size_t i = 0; i < list.count; i++) {
        char path[64];
        long long resident, shared;
        auto_free char *text = NULL;
        snprintf(path, sizeof path, "/proc/%d/statm", list.numbers[i]);
        if (io_read_file(AT_FDCWD, path, 4096, &text, NULL, NULL) == 0 &&
            sscanf(text, "%*d %lld %lld", &resident, &shared) == 2)
            bytes += (resident - shared) * sysconf(_SC_PAGESIZE);
    }
    return bytes;
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
            kill_descendants(t->init);
        process_signal(t->init, SIGKILL);
        /* Pid 1 ends only when every process below it is reaped, and a traced process is reaped by
         * its tracer.
         */
        for (pid_t ended = 0; ended != t->init;) {
            ended = waitpid(-1, NULL, __WALL);
            if (ended < 0 && errno != EINTR)
                break;
        }
    }
    tree_thaw(t); /* no live process is left to release; this only frees memory */
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
