#include "sandbox/init.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "journal/filter.h"
#include "sandbox/namespaces.h"
#include "sandbox/temporary.h"
#include "task/descendants.h"

static int send_message(int channel, const struct init_message *message, int fd)
{
    struct iovec data = {(void *)message, sizeof *message};
    char control[CMSG_SPACE(sizeof(int))];
    struct msghdr header = {.msg_iov = &data, .msg_iovlen = 1};
    if (fd >= 0) {
        memset(control, 0, sizeof control);
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(rights), &fd, sizeof fd);
    }
    return sendmsg(channel, &header, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int init_receive(int channel, int flags, struct init_message *out, int *fd, cairn_error *err)
{
    struct iovec data = {out, sizeof *out};
    char control[CMSG_SPACE(sizeof(int))];
    struct msghdr header = {.msg_iov = &data,
                            .msg_iovlen = 1,
                            .msg_control = control,
                            .msg_controllen = sizeof control};
    ssize_t n;
    do {
        n = recvmsg(channel, &header, flags | MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    *fd = -1;
    if (n < 0)
        return cairn_fail_errno(err, "hearing from the step's pid 1");
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
            memcpy(fd, CMSG_DATA(c), sizeof *fd);
    if (n == 0)
        return 0;
    if (n != sizeof *out)
        return cairn_fail(err, CAIRN_EPROTOCOL, "the step's pid 1 sent %zd bytes", n);
    return 1;
}

_Noreturn static void fail_init(int channel, const cairn_error *error)
{
    struct init_message message = {.kind = INIT_FAILED, .error = *error};
    send_message(channel, &message, -1);
    _exit(1);
}

/* Opens a terminal of the private /dev/pts: *master and *slave. */
static int open_terminal(const struct tree_spec *spec, int *master, int *slave, cairn_error *err)
{
    auto_close int m = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (m < 0)
        return cairn_fail_errno(err, "opening the step's /dev/pts/ptmx");
    int unlock = 0;
    if (ioctl(m, TIOCSPTLCK, &unlock) < 0)
        return cairn_fail_errno(err, "unlocking the step's terminal");
    struct winsize size = {.ws_row = spec->rows, .ws_col = spec->cols};
    if (ioctl(m, TIOCSWINSZ, &size) < 0)
        return cairn_fail_errno(err, "sizing the step's terminal");
    int s = open("/dev/pts/0", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (s < 0)
        return cairn_fail_errno(err, "opening the step's terminal");
    *master = steal_fd(&m);
    *slave = s;
    return 0;
}

/* A step starts with every signal at its default: it does not inherit a runner's `trap '' USR1`. */
static void reset_signals(void)
{
    for (int signo = 1; signo < NSIG; signo++)
        signal(signo, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Whether the PATH that execvpe searched holds a program of this name. execvpe reports "permission
 * denied" also for a folder that may not be read. */
static bool is_on_path(const char *name)
{
    const char *path = getenv("PATH");
    auto_free char *folders = strdup(path ? path : "/bin:/usr/bin");
    char *rest = folders, *folder;
    while (rest && (folder = strsep(&rest, ":"))) {
        auto_free char *file = NULL;
        struct stat st;
        if (asprintf(&file, "%s/%s", *folder ? folder : ".", name) < 0)
            return false;
        if (stat(file, &st) == 0 && S_ISREG(st.st_mode) && access(file, X_OK) == 0)
            return true;
    }
    return false;
}

static void fail_to_start(const char *program, cairn_error *err)
{
    int failed = errno;
    if (strchr(program, '/') || is_on_path(program)) {
        errno = failed;
        cairn_fail_errno(err, "starting %s", program);
    } else {
        cairn_fail(err, ENOENT, "%s: no such command on PATH", program);
    }
}

/* Runs in the root process before exec. Errors go to `report`, which closes on exec. */
_Noreturn static void exec_step(const struct tree_spec *spec, int pty_slave, int report)
{
    cairn_error error = {0};
    setsid();
    int in = spec->stdin_fd, out = spec->stdout_fd, errors = spec->stderr_fd;
    if (pty_slave >= 0) {
        if (ioctl(pty_slave, TIOCSCTTY, 0) < 0)
            cairn_fail_errno(&error, "taking the step's terminal");
        in = out = errors = pty_slave;
    }
    /* Uses high copies, so that no dup2 overwrites the source of the next one. */
    in = fcntl(in, F_DUPFD_CLOEXEC, 10);
    out = fcntl(out, F_DUPFD_CLOEXEC, 10);
    errors = fcntl(errors, F_DUPFD_CLOEXEC, 10);
    report = fcntl(report, F_DUPFD_CLOEXEC, 10);
    if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(errors, 2) < 0)
        cairn_fail_errno(&error, "connecting the step's streams");
    syscall(SYS_close_range, 3, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);
    reset_signals();
    if (spec->open_files.rlim_max > 0 && setrlimit(RLIMIT_NOFILE, &spec->open_files) < 0)
        cairn_fail_errno(&error, "setting the step's limit of open files");
    if (chdir(spec->cwd) < 0)
        cairn_fail_errno(&error, "the working folder %s", spec->cwd);
    if (error.code == 0) {
        execvpe(spec->argv[0], spec->argv, spec->envp);
        fail_to_start(spec->argv[0], &error);
    }
    if (write(report, &error, sizeof error) < 0)
        _exit(126);
    _exit(127);
}

/* execvpe searches the PATH of the calling process, but the step's own PATH must count. */
static void adopt_path_of(const struct tree_spec *spec)
{
    unsetenv("PATH");
    for (char *const *e = spec->envp; *e; e++)
        if (strncmp(*e, "PATH=", 5) == 0)
            setenv("PATH", *e + 5, 1);
}

static pid_t start_root(const struct tree_spec *spec, int pty_slave, cairn_error *err)
{
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0)
        return cairn_fail_errno(err, "making a pipe");
    adopt_path_of(spec);
    pid_t root = fork();
    if (root < 0) {
        int rc = cairn_fail_errno(err, "forking the step");
        close(report[0]);
        close(report[1]);
        return rc;
    }
    if (root == 0)
        exec_step(spec, pty_slave, report[1]);
    close(report[1]);
    cairn_error failure;
    ssize_t n;
    do {
        n = read(report[0], &failure, sizeof failure);
    } while (n < 0 && errno == EINTR);
    close(report[0]);
    if (n == sizeof failure) {
        if (err)
            *err = failure;
        return -failure.code;
    }
    return root;
}

/* Reaps every process, and returns the wait status of the root process. Signals stay blocked,
 * because pid 1 reacts to none. */
static int reap_until(pid_t root)
{
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, __WALL);
        if (pid == root)
            return status;
        if (pid < 0 && errno != EINTR)
            return 0; /* cannot happen while the root process lives */
    }
}

static void leave_host_signals(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
}

/* `other` is -1 for none. */
static void close_all_but(int one, int other)
{
    int low = one < other ? one : other, high = one < other ? other : one;
    if (low > 0)
        syscall(SYS_close_range, 0, low - 1, 0);
    if (high > low + 1)
        syscall(SYS_close_range, low + 1, high - 1, 0);
    syscall(SYS_close_range, high + 1, ~0u, 0);
}

/* Runs before any process of the step exists, so that all processes inherit the filter. */
static int take_filter(const struct tree_spec *spec, int channel, cairn_error *err)
{
    const struct filter_spec filter = {.tell_changes = spec->listener,
                                       .deny_io_uring = spec->deny_io_uring};
    if (!spec->namespaces || (!filter.tell_changes && !filter.deny_io_uring))
        return 0;
    struct init_message message = {.kind = INIT_FILTERED};
    auto_close int listener = -1;
    int rc = filter_install(&filter, &listener, message.why_not, sizeof message.why_not, err);
    if (rc == 0 && send_message(channel, &message, listener) != 0)
        rc = cairn_fail_errno(err, "handing over the listener");
    return rc;
}

_Noreturn void init_main(const struct tree_spec *spec, const struct init_restorer *restorer,
                         int channel)
{
    cairn_error error = {0};
    pid_t maker = getppid(); /* 0 when the sender is outside of our pid namespace */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != maker)
        _exit(1);
    leave_host_signals();
    prctl(PR_SET_NAME, "cairn-init");
    if (spec->namespaces && namespaces_mount(spec->pty, &error) != 0)
        fail_init(channel, &error);
    if (!spec->namespaces)
        prctl(PR_SET_CHILD_SUBREAPER, 1);
    int master = -1, slave = -1;
    if (spec->pty && open_terminal(spec, &master, &slave, &error) != 0)
        fail_init(channel, &error);
    if (take_filter(spec, channel, &error) != 0)
        fail_init(channel, &error);
    struct tree_spec own = *spec;
    if (spec->namespaces)
        own.envp = temporary_shorten(spec->envp);
    pid_t root = restorer ? restorer->make_roots(restorer->context, slave, &error)
                          : start_root(&own, slave, &error);
    if (root < 0)
        fail_init(channel, &error);
    /* Closes all descriptors before the restored step runs. A pipe end held here would hide the end
     * of file from its reader, and a held lock would never be released. */
    close_all_but(channel, master);
    struct init_message ready = {.kind = INIT_READY, .root_in_ns = root};
    if (send_message(channel, &ready, master) != 0)
        _exit(1);
    if (master >= 0)
        close(master);
    if (chdir("/") < 0)
        _exit(1);
    struct init_message ended = {.kind = INIT_ENDED, .wait_status = reap_until(root)};
    send_message(channel, &ended, -1);
    if (!spec->namespaces) /* nothing else ends the processes that the root process left behind */
        kill_descendants(getpid());
    _exit(0);
}
