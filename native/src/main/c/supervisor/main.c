/* cairn-supervisor ATTEMPT_DIR: supervises one running step (native/docs/supervisor.md).
 *
 * Descriptors: 3 the step's environment, 4 the report, 5 the lifeline (only if the step may not
 * outlive its starter). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/process.h"
#include "supervisor/launch.h"
#include "supervisor/requests.h"
#include "supervisor/supervisor.h"

#define ENVIRONMENT_FD 3
#define REPORT_FD 4
#define LIFELINE_FD 5
#define ENVIRONMENT_LIMIT (64u << 20)
#define END_WRITTEN_AGAIN_US 500000
#define UNSTARTED_WRITTEN_WITHIN_MS 60000

static void ignore(int signo)
{
    (void)signo;
}

/* Becomes a child of init in a new session, without a terminal, a working folder or streams. */
static void become_daemon(void)
{
    pid_t child = fork();
    if (child != 0)
        _exit(child < 0 ? 1 : 0);
    setsid();
    umask(0077);
    for (int fd = ENVIRONMENT_FD; fd <= LIFELINE_FD; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    syscall(SYS_close_range, LIFELINE_FD + 1, ~0u, 0);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd <= 2; fd++)
        dup2(null, fd);
    close(null);
    /* Handlers rather than SIG_IGN, which the step would inherit. */
    signal(SIGHUP, ignore);
    signal(SIGPIPE, ignore);
    signal(SIGXFSZ,
           ignore); /* `ulimit -f`: an image beyond the limit becomes a failed checkpoint */
    clearenv();
    prctl(PR_SET_NAME, "cairn-supervisor");
}

/* Raises the limit of open files: images and roll-back need many. The step keeps the caller's
 * limit. */
static void raise_open_files(struct rlimit *callers)
{
    if (getrlimit(RLIMIT_NOFILE, callers) < 0) {
        *callers = (struct rlimit){0};
        return;
    }
    const struct rlimit raised = {callers->rlim_max, callers->rlim_max};
    setrlimit(RLIMIT_NOFILE, &raised);
}

/* Reads the entries of descriptor 3, each ended by NUL, as an envp that points into *block. An
 * empty entry ends the list. If it is missing, the starter died while writing, and the step must
 * not run with half an environment. */
static int read_environment(char **block, char ***envp, cairn_error *err)
{
    size_t len, n = 0;
    int rc = io_read_stream(ENVIRONMENT_FD, "the environment", ENVIRONMENT_LIMIT, block, &len, err);
    if (rc != 0)
        return rc;
    close(ENVIRONMENT_FD);
    if (len == 0 || (*block)[len - 1] != '\0' || (len > 1 && (*block)[len - 2] != '\0'))
        return cairn_fail(err, ECANCELED, "its starter ended before it had passed the environment");
    len--;
    for (size_t i = 0; i < len; i++)
        n += (*block)[i] == '\0';
    *envp = calloc(n + 2, sizeof **envp);
    if (!*envp)
        return cairn_fail(err, ENOMEM, "out of memory reading the environment");
    char *entry = *block;
    for (size_t i = 0; entry < *block + len; i++, entry += strlen(entry) + 1)
        (*envp)[i] = entry;
    return 0;
}

static void report(json_t *line)
{
    auto_free char *text = json_dumps(line, JSON_COMPACT);
    json_decref(line);
    /* The starter may be gone; the step runs without it. */
    if (text)
        dprintf(REPORT_FD, "%s\n", text);
    close(REPORT_FD);
}

static void report_failure(const cairn_error *error)
{
    json_t *message = json_string(error->message);
    report(json_pack("{s:b, s:i, s:o}", "ok", 0, "code", error->code, "message",
                     message ? message : json_string("")));
}

static int report_success(cairn_error *err)
{
    struct process_identity self;
    int rc = process_identify(getpid(), &self, err);
    if (rc == 0)
        report(json_pack("{s:b, s:i, s:I}", "ok", 1, "pid", self.pid, "start_time",
                         (json_int_t)self.start_time));
    return rc;
}

/* A batch system's notice: checkpoint and stop. A second one kills the step at once. */
static void on_signal(void *context, uint32_t events)
{
    (void)events;
    struct supervisor *s = context;
    struct signalfd_siginfo info;
    if (read(s->signals.fd, &info, sizeof info) != sizeof info || s->step.root_ended)
        return;
    if (s->preempted) {
        step_end(&s->step, CAUSE_PREEMPTED, 0, "terminated twice");
        return;
    }
    s->preempted = true;
    struct checkpoint_order order = checkpoint_order("preemption");
    order.stop = order.force = true;
    order.cause = CAUSE_PREEMPTED;
    checkpoint_want(&s->checkpointing, &order);
}

static void on_lifeline(void *context, uint32_t events)
{
    (void)events;
    struct supervisor *s = context;
    loop_remove(&s->loop, &s->lifeline);
    if (!s->step.root_ended)
        step_end(&s->step, CAUSE_INTERRUPTED, s->spec.grace_ms,
                 "the process that started this step has ended, and the step may not outlive it");
}

static int watch_signals(struct supervisor *s, cairn_error *err)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    s->signals = (struct loop_source){
        .fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), .ready = on_signal, .context = s};
    return s->signals.fd < 0 ? cairn_fail_errno(err, "signalfd")
                             : loop_add(&s->loop, &s->signals, EPOLLIN, err);
}

static int watch_lifeline(struct supervisor *s, cairn_error *err)
{
    if (s->spec.detach)
        return 0;
    s->lifeline = (struct loop_source){.fd = LIFELINE_FD, .ready = on_lifeline, .context = s};
    int rc = loop_add(&s->loop, &s->lifeline, EPOLLIN, err);
    return rc == 0 ? 0
                   : cairn_fail_within(err, rc, "`detach: false` needs a lifeline on descriptor 5");
}

/* Protects the supervisor from the kernel's out-of-memory killer, because only it can end the step
 * properly. The step itself stays as likely a victim as before. Needs a privilege, and does nothing
 * without it. */
static void become_unlikely_oom_victim(void)
{
    auto_close int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0 && write(fd, "-500", 4) < 0)
        return;
}

static size_t on_input(void *context, const char *bytes, size_t len)
{
    struct supervisor *s = context;
    return terminal_type(&s->terminal, bytes, len);
}

static void on_request(void *context, uint64_t client, const char *line)
{
    request_handle(context, client, line);
}

/* The main loop answers clients even while the step is being restored, which may take long. The
 * user namespace comes first: a process with threads cannot enter one any more. */
static int keep_lease(struct supervisor *s, cairn_error *err)
{
    if (!s->lease.times)
        return 0;
    int rc = namespaces_take_user(err);
    return rc == 0 || !launch_needs_namespaces(s) ? lease_start_renewing(&s->lease, err) : rc;
}

/* Everything up to the running step. */
static int begin(struct supervisor *s, char *const *envp, cairn_error *err)
{
    const struct control_handlers handlers = {s, on_request, on_input};
    int rc = spec_read(s->attempt.fd, &s->spec, err);
    if (rc != 0)
        return rc;
    s->lease.times = s->spec.has_lease ? &s->spec.lease : NULL;
    s->engine = s->checkpointing.engine = engine_named(s->spec.engine);
    if (!s->engine)
        return cairn_fail(err, EINVAL, "spec.json: there is no engine `%s`", s->spec.engine);
    rc = loop_open(&s->loop, err);
    if (rc == 0)
        rc = watch_signals(s, err);
    if (rc == 0)
        rc = watch_lifeline(s, err);
    if (rc == 0)
        rc = image_folder_open(s->spec.checkpoints, &s->lease, &s->images, err);
    if (rc == 0)
        rc = keep_lease(s, err);
    if (rc == 0)
        rc = control_open(&s->control, s->attempt.fd, &s->loop, &handlers, err);
    if (rc != 0)
        return rc;
    oom_watch_start(&s->oom);
    int64_t image;
    rc = launch(s, envp, &image, err);
    if (rc != 0)
        return rc;
    running_start(&s->step.clock);
    rc = checkpoint_open(&s->checkpointing, &s->loop, image, err);
    if (rc == 0)
        rc = lease_guard_open(&s->guard, &s->lease, &s->step.tree, &s->loop, err);
    if (rc != 0)
        tree_destroy(&s->step.tree);
    return rc;
}

/* Whether the error is one that no waiting mends. */
static bool lasts(const cairn_error *error)
{
    return error->code == ENOENT || error->code == ENOTDIR || error->code == EACCES ||
           error->code == EPERM;
}

/* Tries again for a while: a full disk may have room later. Without exit.json the attempt would
 * count as lost, and its work would be repeated. */
static void publish_end(const struct supervisor *s, const struct attempt_end *end, int64_t within)
{
    int64_t deadline = within == NEVER ? NEVER : clock_now_ms() + within;
    cairn_error error;
    while (attempt_publish_end(&s->attempt, end, &error) != 0 && !lasts(&error) &&
           clock_now_ms() < deadline)
        usleep(END_WRITTEN_AGAIN_US);
}

/* No process of the step is left. Gives the folder of images to the next supervisor. */
static void release_images(struct supervisor *s)
{
    if (s->images.path && lease_is_ours(&s->lease))
        image_folder_forget_tree(&s->images);
    lease_release(&s->lease);
}

/* Whether neither the command nor the image is to blame: the starter is gone, another program uses
 * a port of the step at the moment, or the host lacks a resource that it may have at the next try.
 */
static bool is_blameless(const cairn_error *error)
{
    static const int passing[] = {ECANCELED, EADDRINUSE, ENOSPC, EDQUOT, EMFILE, ENFILE,
                                  ENOMEM,    EAGAIN,     EINTR,  EIO,    ESTALE};
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        if (error->code == passing[i])
            return true;
    return false;
}

static void end_unstarted(struct supervisor *s, const cairn_error *error)
{
    struct attempt_end end = {.cause = is_blameless(error)             ? CAUSE_LOST
                                       : error->code == CAIRN_ECHANGED ? CAUSE_FILES_CHANGED
                                       : s->spec.restore_image         ? CAUSE_RESTORE_FAILED
                                       : error->code == CAIRN_EGONE    ? CAUSE_KILLED
                                                                       : CAUSE_FAILURE,
                              .exit_code = -1,
                              .image = -1};
    snprintf(end.message, sizeof end.message, "%s", error->message);
    cairn_error unwritten;
    bool written = attempt_publish_end(&s->attempt, &end, &unwritten) == 0;
    release_images(s);
    if (s->images.path)
        close(s->images.fd);
    unlinkat(s->attempt.fd, SOCKET_NAME, 0);
    report_failure(error);
    if (!written) /* written for a reader that did not get the report */
        publish_end(s, &end, UNSTARTED_WRITTEN_WITHIN_MS);
}

static void end_attempt(struct supervisor *s, int rc, const cairn_error *error)
{
    struct attempt_end end;
    terminal_drain(&s->terminal);
    tree_destroy(&s->step.tree);
    supervisor_judge(s, &end);
    if (rc != 0) {
        end.cause = CAUSE_LOST;
        snprintf(end.message, sizeof end.message, "the supervisor failed: %s", error->message);
    }
    if (s->step.journal)
        journal_end(s->step.journal);
    cairn_error ignored; /* then a start from the beginning undoes the step's changes */
    if (s->step.journal && end.cause == CAUSE_FAILURE &&
        journal_settle(s->step.journal, &ignored) != 0)
        snprintf(end.message, sizeof end.message, "%s", ignored.message);
    publish_end(s, &end, NEVER);
    release_images(s);
    checkpoint_answer_stop(&s->checkpointing);
    control_close(&s->control, s->attempt.fd);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: cairn-supervisor ATTEMPT_DIR (started by libcairn, not by hand)\n");
        return 2;
    }
    become_daemon();
    struct supervisor s = {
        .step = {.tree = {.init_pidfd = -1, .status_fd = -1, .pty_master = -1}},
        .terminal = {.master = {.fd = -1}},
        .checkpointing = {.spec = &s.spec,
                          .attempt = &s.attempt,
                          .images = &s.images,
                          .lease = &s.lease,
                          .step = &s.step,
                          .control = &s.control},
        .lease = {.attempt = argv[1], .folder = -1},
    };
    raise_open_files(&s.open_files);
    cairn_error error = {0};
    if (attempt_open(argv[1], &s.attempt, &error) != 0) {
        report_failure(&error);
        return 1;
    }
    if (chdir("/") < 0)
        return 1;
    char *block = NULL, **envp = NULL;
    int rc = read_environment(&block, &envp, &error);
    if (rc == 0)
        rc = begin(&s, envp, &error);
    if (rc == 0)
        rc = report_success(&error);
    if (rc != 0) {
        end_unstarted(&s, &error);
        return 1;
    }
    become_unlikely_oom_victim();
    rc = supervisor_run(&s, &error);
    end_attempt(&s, rc, &error);
    return 0;
}
