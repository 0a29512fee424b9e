#include "restore/roots.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "restore/descriptions.h"
#include "restore/epoll.h"
#include "restore/locks.h"
#include "restore/mapped_files.h"
#include "restore/mqueues.h"
#include "restore/objects.h"
#include "restore/restoration.h"
#include "restore/sysv.h"
#include "restore/terminals.h"

static int open_everything(const struct restoration *r, int pty_slave, cairn_error *err)
{
    int rc = objects_make(r, err);
    if (rc == 0)
        rc = sysv_make(r, err);
    if (rc == 0)
        rc = mqueues_make(r, err);
    if (rc == 0)
        rc = terminals_make(r, pty_slave, err);
    if (rc == 0)
        rc = descriptions_open(r, err);
    if (rc == 0)
        rc = terminals_fill(r, err);
    if (rc == 0)
        rc = mapped_files_open(r, err);
    if (rc == 0)
        rc = locks_restore_of_descriptions(r, err);
    return rc != 0 ? rc : epoll_restore_watches(r, err);
}

/* A stub waits to be taken over. It never returns to C code on which anything relies. */
_Noreturn static void wait_as_stub(const struct restoration *r, const struct restored_process *p,
                                   int ready)
{
    if (p->session == p->ns_pid) {
        setsid();
        terminal_take_as_stub(r, p);
    }
    close(ready);
    for (;;)
        pause();
}

static int make_stub(const struct restoration *r, const struct restored_process *p,
                     cairn_error *err)
{
    pid_t wanted = p->ns_pid;
    struct clone_args args = {
        .exit_signal = SIGCHLD, .set_tid = (uint64_t)(uintptr_t)&wanted, .set_tid_size = 1};
    int ready[2];
    if (pipe2(ready, O_CLOEXEC) < 0)
        return cairn_fail_errno(err, "making a pipe");
    auto_close int leads = ready[0];
    long pid = syscall(SYS_clone3, &args, sizeof args);
    int failed = errno;
    if (pid == 0) {
        close(ready[0]);
        wait_as_stub(r, p, ready[1]);
    }
    close(ready[1]);
    errno = failed;
    if (pid < 0)
        return cairn_fail_errno(err, "making process %d again", wanted);
    /* The process that takes over the stub makes its children there, so they belong to its session.
     */
    char nothing;
    while (read(leads, &nothing, 1) < 0 && errno == EINTR) {
    }
    return 0;
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

pid_t roots_make(void *context, int pty_slave, cairn_error *err)
{
    const struct restoration *r = context;
    raise_descriptor_limit();
    umask(0);
    int rc = open_everything(r, pty_slave, err);
    for (size_t i = 0; rc == 0 && i < r->process_count; i++) {
        const struct restored_process *p = &r->processes[i];
        if (p->ns_ppid != 1 || (p->zombie && !p->vanished) || p->session != p->ns_pid)
            continue;
        rc = make_stub(r, p, err);
    }
    return rc != 0 ? rc : (pid_t)json_integer_value(json_object_get(r->meta, "root"));
}
