/* A step of the test: started or restored, captured, and continued, each life under a separate
 * process that acts as its supervisor. Header-only, as each test program is one file. */
#ifndef CAIRN_TEST_CAPTURE_FIXTURE_H
#define CAIRN_TEST_CAPTURE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/capture.h"
#include "common/cleanup.h"
#include "common/io.h"
#include "common/tree_removal.h"
#include "restore/restore.h"
#include "sandbox/start.h"

#define LIFE_SECONDS 60 /* after which a life counts as stuck */

/* Where one victim lives: checkpoints/, and work/ with its fifos `ready` and `go` and its log. */
struct home {
    char path[64];
    int checkpoints, work;
    uid_t uid;
};

static inline void home_open(struct home *h, uid_t uid)
{
    strcpy(h->path, "/tmp/cairn-state-test.XXXXXX");
    assert_non_null(mkdtemp(h->path));
    int dir = open(h->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(mkdirat(dir, "checkpoints", 0700) == 0 && mkdirat(dir, "work", 0700) == 0);
    h->checkpoints = openat(dir, "checkpoints", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    h->work = openat(dir, "work", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(h->checkpoints >= 0 && h->work >= 0);
    assert_true(mkfifoat(h->work, "ready", 0600) == 0 && mkfifoat(h->work, "go", 0600) == 0);
    h->uid = uid;
    if (uid != geteuid()) {
        static const char *const mine[] = {"", "ready", "go"};
        assert_int_equal(0, fchown(dir, uid, uid) | fchown(h->checkpoints, uid, uid));
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(0, fchownat(h->work, mine[i], uid, uid, AT_EMPTY_PATH));
    }
    close(dir);
}

static inline void home_close(struct home *h)
{
    close(h->checkpoints);
    close(h->work);
    assert_int_equal(0, cairn_remove_tree(AT_FDCWD, h->path, NULL));
}

static char reachable_path[64];

static inline void reachable_remove(void)
{
    unlink(reachable_path);
}

/* A path of the program by which every user can start it: of a copy, which is removed at exit,
 * since the folder where it was built may be root's own. */
static inline char *reachable(const char *program)
{
    if (reachable_path[0])
        return reachable_path;
    strcpy(reachable_path, "/tmp/cairn-test-program.XXXXXX");
    auto_close int from = open(program, O_RDONLY | O_CLOEXEC);
    auto_close int to = mkostemp(reachable_path, O_CLOEXEC);
    assert_true(from >= 0 && to >= 0);
    atexit(reachable_remove);
    ssize_t n;
    while ((n = copy_file_range(from, NULL, to, NULL, 1 << 30, 0)) > 0) {
    }
    assert_int_equal(0, n);
    assert_int_equal(0, fchmod(to, 0755));
    return reachable_path;
}

/* In a life: a running step and how to speak to it. */
struct life {
    const struct home *home;
    struct tree tree;
    struct tree_spec spec;
    int ready; /* read end of the fifo */
};

static inline int life_check(int rc, const cairn_error *err, const char *what)
{
    if (rc < 0)
        fprintf(stderr, "%s: %s\n", what, err->message);
    return rc;
}
#define LIVE(call, err)                           \
    do {                                          \
        if (life_check((call), (err), #call) < 0) \
            return -1;                            \
    } while (0)

/* The streams and the folder of a step; ready's read end stands open before anybody writes. */
static inline int life_prepare(struct life *l, const struct home *home, char *const *argv)
{
    static char path[] = "PATH=/usr/bin:/bin",
                temporary[200], *const environment[] = {path, temporary, NULL};
    snprintf(temporary, sizeof temporary, "TMPDIR=%s/a-folder-with-a-name-that-leaves-little-room",
             home->path);
    static char cwd[96];
    snprintf(cwd, sizeof cwd, "%s/work", home->path);
    *l = (struct life){.home = home};
    l->spec = (struct tree_spec){
        .argv = argv, .envp = environment, .cwd = cwd, .namespaces = true, .rows = 24, .cols = 80};
    l->spec.stdin_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    l->spec.stdout_fd = l->spec.stderr_fd =
        openat(home->work, "log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    l->ready = openat(home->work, "ready", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (l->ready < 0 || l->spec.stdout_fd < 0) {
        perror("preparing a life");
        return -1;
    }
    return 0;
}

static inline void life_show_log(const struct life *l)
{
    auto_free char *log = NULL;
    if (io_read_file(l->home->work, "log", 1 << 20, &log, NULL, NULL) == 0)
        fprintf(stderr, "%s", log);
}

/* Waits until the victim has said that it is ready, and has closed the fifo again. */
static inline int life_await_ready(struct life *l)
{
    struct pollfd fds[2] = {{l->ready, POLLIN, 0}, {l->tree.status_fd, POLLIN, 0}};
    for (bool said = false;;) {
        char byte;
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            break;
        if (!fds[0].revents && fds[1].revents)
            break;
        ssize_t n = fds[0].revents ? read(l->ready, &byte, 1) : -1;
        said |= n == 1;
        if (n == 0 && said)
            return 0;
    }
    fprintf(stderr, "the victim ended before it was ready\n");
    life_show_log(l);
    return -1;
}

/* Runs what life_prepare has prepared, until it is ready. */
static inline int life_begin(struct life *l, cairn_error *err)
{
    int rc = tree_start(&l->spec, &l->tree, err);
    return rc == 0 ? life_await_ready(l) : rc;
}

static inline int life_start(struct life *l, const struct home *home, char *const *argv,
                             cairn_error *err)
{
    int rc = life_prepare(l, home, argv);
    return rc == 0 ? life_begin(l, err) : rc;
}

static bool life_keeps_binaries; /* in captures from now on */
static bool life_stays_stopped;  /* once captured, until its tree is destroyed */

static inline int life_capture_with(struct life *l, uint32_t sequence,
                                    const struct rollback_options *rollback, cairn_error *err)
{
    const struct image_options image_options = {.compression = 1};
    const struct capture_options options = {.threads = 2,
                                            .rollback = rollback,
                                            .keep_binaries = life_keeps_binaries,
                                            .stay_stopped = life_stays_stopped};
    image_writer *writer = NULL;
    capture *c = NULL;
    struct image_summary summary;
    int rc = image_writer_open(l->home->checkpoints, sequence, &image_options, &writer, err);
    if (rc == 0)
        rc = capture_begin(&l->tree, &options, writer, &c, err);
    if (rc == 0) {
        rc = capture_write(c, writer, err);
        if (rc != 0 || !life_stays_stopped)
            capture_release(c);
        if (rc == 0)
            rc = image_writer_publish(writer, &summary, err);
        capture_end(c);
    }
    image_writer_close(writer);
    return rc;
}

static inline int life_capture(struct life *l, uint32_t sequence, cairn_error *err)
{
    static const char *const no_trees[] = {NULL};
    const struct rollback_options rollback = {.trees = no_trees,
                                              .open_files = true,
                                              .checkpoints_fd = l->home->checkpoints,
                                              .previous = -1};
    return life_capture_with(l, sequence, &rollback, err);
}

/* A vfork or an exec may be under way again and again, and a busy host may keep a connection from
 * coming to rest in time; trying again is what a supervisor does. */
static inline int life_capture_patiently(struct life *l, uint32_t sequence, cairn_error *err)
{
    int rc;
    do
        rc = life_capture(l, sequence, err);
    while (rc == -CAIRN_EBUSY_TREE);
    return rc;
}

static inline int life_restore(struct life *l, uint32_t sequence, cairn_error *err)
{
    char name[16];
    image_reader *reader = NULL;
    snprintf(name, sizeof name, "%06u", sequence);
    int rc = image_reader_open(l->home->checkpoints, name, &reader, err);
    if (rc == 0)
        rc = tree_restore(&l->spec, reader, &l->tree, err);
    if (reader)
        image_reader_close(reader);
    return rc;
}

static inline int life_resume(struct life *l, const struct home *home, uint32_t sequence,
                              cairn_error *err)
{
    int rc = life_prepare(l, home, NULL);
    return rc == 0 ? life_restore(l, sequence, err) : rc;
}

/* Lets the victim run to its end, which must be a success. */
static inline int life_finish(struct life *l)
{
    cairn_error err = {0};
    auto_close int go = openat(l->home->work, "go", O_RDWR | O_CLOEXEC);
    if (go < 0 || write(go, "g", 1) != 1) {
        perror("letting the victim go on");
        return -1;
    }
    struct pollfd ended = {l->tree.status_fd, POLLIN, 0};
    while (poll(&ended, 1, -1) < 0 && errno == EINTR) {
    }
    struct tree_end end;
    LIVE(tree_status(&l->tree, &end, &err), &err);
    if (!end.signalled && end.code == 0)
        return 0;
    fprintf(stderr, "the victim ended with %s %d:\n", end.signalled ? "signal" : "exit code",
            end.code);
    life_show_log(l);
    return -1;
}

/* Whole lives: the first, which leaves image 1; one that resumes from an image and leaves the next;
 * and the last. */
static inline int live_first(const struct home *home, char *const *argv)
{
    cairn_error err = {0};
    struct life l;
    LIVE(life_start(&l, home, argv, &err), &err);
    LIVE(life_capture(&l, 1, &err), &err);
    tree_destroy(&l.tree);
    return 0;
}

static inline int live_next(const struct home *home, uint32_t sequence)
{
    cairn_error err = {0};
    struct life l;
    LIVE(life_resume(&l, home, sequence, &err), &err);
    LIVE(life_capture(&l, sequence + 1, &err), &err);
    tree_destroy(&l.tree);
    return 0;
}

static inline int live_last(const struct home *home, uint32_t sequence)
{
    cairn_error err = {0};
    struct life l;
    LIVE(life_resume(&l, home, sequence, &err), &err);
    int rc = life_finish(&l);
    tree_destroy(&l.tree);
    return rc;
}

/* Runs `live` in a process of the home's user, which a supervisor would be. */
static inline int live(const struct home *home, int (*body)(const struct home *, const void *),
                       const void *argument)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGPIPE, SIG_IGN);
        if (home->uid != geteuid() &&
            (setresgid(home->uid, home->uid, home->uid) < 0 ||
             setresuid(home->uid, home->uid, home->uid) < 0 || prctl(PR_SET_DUMPABLE, 1) < 0))
            _exit(3);
        alarm(LIFE_SECONDS);
        int rc = body(home, argument);
        fflush(NULL);
        _exit(rc >= 0 ? rc : 1);
    }
    int status = -1;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status))
        fprintf(stderr, "a life ended with signal %d%s\n", WTERMSIG(status),
                WTERMSIG(status) == SIGALRM ? ": it was stuck" : "");
    return status;
}

#endif
