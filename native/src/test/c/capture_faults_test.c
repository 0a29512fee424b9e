/* A capture that fails, wherever it fails, leaves the step as it was and no image; one that loses
 * its step midway comes to an end itself.
 *
 * As in image_faults_test.c, the linker puts the functions below in the place of the C library's.
 * Of ptrace only what asks can be made to fail: what sets a thread going or gives it its registers
 * back fails for one reason alone, that the thread is no more, and for that threads are killed. */
#include "capture_fixture.h"

#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "common/json.h"
#include "proc/proc.h"
#include "restore/binaries.h"

enum fault {
    FAULT_NONE,
    FAULT_ERROR,        /* the call fails */
    FAULT_KILL_STEP,    /* the step's root process is killed before the call */
    FAULT_WAIT,         /* every other wait fails, and has to be repeated */
    FAULT_KILL_STRANGER /* the thread that is asked, if it is one of ours: a snapshot or its helper
                         */
};

static struct {
    bool on;
    int calls, at, error;
    enum fault fault;
    char hit[256]; /* the call that was hit */
    pid_t root;
    struct proc_list known; /* threads of the step */
    struct {
        char memory[64]; /* /proc/PID/mem */
        off_t at;
        size_t len;
    } read[256]; /* of the step's memory, in this capture */
    size_t read_count;
    char unread[256]; /* what was written there without */
} faults;

static bool is_known(pid_t pid)
{
    for (size_t i = 0; i < faults.known.count; i++)
        if (faults.known.numbers[i] == pid)
            return true;
    return false;
}

/* /proc is looked through for the step's processes; the others are not its business. */
static bool is_of_others(const char *path)
{
    int pid;
    return sscanf(path, "/proc/%d/", &pid) == 1 && !is_known(pid);
}

static bool hit(const char *name, const char *detail)
{
    if (!faults.on || is_of_others(detail) || ++faults.calls != faults.at)
        return false;
    snprintf(faults.hit, sizeof faults.hit, "%s %.200s", name, detail);
    return true;
}

static bool fails(const char *name, const char *detail)
{
    if (faults.fault != FAULT_ERROR || !hit(name, detail))
        return false;
    errno = strcmp(name, "pread") == 0 ? EIO : faults.error;
    return true;
}

long __real_ptrace(enum __ptrace_request request, pid_t pid, void *address, void *data);
long __wrap_ptrace(enum __ptrace_request request, pid_t pid, void *address, void *data);
long __wrap_ptrace(enum __ptrace_request request, pid_t pid, void *address, void *data)
{
    bool asks = request == PTRACE_GETREGSET || request == PTRACE_PEEKSIGINFO ||
                request == PTRACE_GETSIGMASK || request == PTRACE_SEIZE;
    char number[32];
    snprintf(number, sizeof number, "request %#x", request);
    if (asks && fails("ptrace", number))
        return -1;
    if (faults.fault == FAULT_KILL_STEP && hit("ptrace", number))
        kill(faults.root, SIGKILL);
    if (faults.fault == FAULT_KILL_STRANGER && !is_known(pid) && hit("ptrace", number))
        kill(pid, SIGKILL);
    return __real_ptrace(request, pid, address, data);
}

pid_t __real_waitpid(pid_t pid, int *status, int options);
pid_t __wrap_waitpid(pid_t pid, int *status, int options);
pid_t __wrap_waitpid(pid_t pid, int *status, int options)
{
    if (faults.on && faults.fault == FAULT_WAIT && faults.calls++ % 2 == 0) {
        errno = faults.error;
        return -1;
    }
    return __real_waitpid(pid, status, options);
}

int __real_openat(int dirfd, const char *path, int flags, ...);
int __wrap_openat(int dirfd, const char *path, int flags, ...);
int __wrap_openat(int dirfd, const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    return fails("open", path) ? -1 : __real_openat(dirfd, path, flags, mode);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    return fails("open", path) ? -1 : __real_open(path, flags, mode);
}

#define FAULTY(type, name, parameters, arguments)                     \
    type __real_##name parameters;                                    \
    type __wrap_##name parameters;                                    \
    type __wrap_##name parameters                                     \
    {                                                                 \
        return fails(#name, "") ? (type)-1 : __real_##name arguments; \
    }
FAULTY(int, stat, (const char *path, struct stat *st), (path, st))
FAULTY(int, fsync, (int fd), (fd))
FAULTY(int, mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode))
FAULTY(int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to))

static const char *name_of(int fd)
{
    static _Thread_local char path[256];
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    return path;
}

static bool is_of_step(const char *name)
{
    return strncmp(name, "/proc/", 6) == 0 && strstr(name, "/mem");
}

static void note_read(const char *memory, size_t len, off_t at)
{
    size_t i = faults.read_count++ % (sizeof faults.read / sizeof *faults.read);
    snprintf(faults.read[i].memory, sizeof faults.read[i].memory, "%.60s", memory);
    faults.read[i].at = at;
    faults.read[i].len = len;
}

static bool was_read(const char *memory, size_t len, off_t at)
{
    for (size_t i = 0; i < sizeof faults.read / sizeof *faults.read; i++)
        if (strcmp(faults.read[i].memory, memory) == 0 && faults.read[i].at <= at &&
            at + (off_t)len <= faults.read[i].at + (off_t)faults.read[i].len)
            return true;
    return false;
}

ssize_t __real_pread(int fd, void *buf, size_t len, off_t at);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t at);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t at)
{
    if (!faults.on)
        return __real_pread(fd, buf, len, at);
    const char *name = name_of(fd);
    ssize_t n = fails("pread", name) ? -1 : __real_pread(fd, buf, len, at);
    if (n > 0 && is_of_step(name))
        note_read(name, (size_t)n, at);
    return n;
}

/* Of the image; the step's memory can be written for as long as there is a step, but nothing is put
 * where nothing was read. */
ssize_t __real_pwrite(int fd, const void *buf, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t at)
{
    if (!faults.on)
        return __real_pwrite(fd, buf, len, at);
    const char *name = name_of(fd);
    if (is_of_step(name)) {
        if (!was_read(name, len, at))
            snprintf(faults.unread, sizeof faults.unread, "%zu bytes at 0x%llx of %.60s", len,
                     (unsigned long long)at, name);
    } else if (strncmp(name, "/proc/", 6) != 0 && fails("pwrite", name)) {
        return -1;
    }
    return __real_pwrite(fd, buf, len, at);
}

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size)
{
    return fails("calloc", "") ? NULL : __real_calloc(n, size);
}

/* With sanitizers a capture takes long. */
#ifdef __SANITIZE_ADDRESS__
#define STRIDE 5
#else
#define STRIDE 1
#endif

static void arm(enum fault fault, int at, int error)
{
    faults.fault = fault;
    faults.calls = 0;
    faults.at = at;
    faults.error = error;
    faults.hit[0] = '\0';
    faults.unread[0] = '\0';
    memset(faults.read, 0, sizeof faults.read);
    faults.on = true;
}

static int start_victim(struct life *l, const struct home *home, cairn_error *err)
{
    static char name[] = "holds_one_of_each", *argv[3];
    argv[0] = reachable(CAIRN_VICTIM);
    argv[1] = name;
    return life_start(l, home, argv, err);
}

static int list_threads(pid_t init, struct proc_list *out)
{
    struct proc_list processes = {0};
    if (proc_descendants(init, &processes, NULL) != 0)
        return -1;
    *out = (struct proc_list){.numbers = calloc(256, sizeof(int))};
    for (size_t i = 0; i < processes.count; i++) {
        struct proc_list threads = {0};
        if (proc_threads(processes.numbers[i], &threads, NULL) != 0)
            return -1;
        for (size_t k = 0; k < threads.count && out->count < 256; k++)
            out->numbers[out->count++] = threads.numbers[k];
        proc_list_free(&threads);
    }
    proc_list_free(&processes);
    return 0;
}

/* Nobody is traced or stopped any more, and nobody has been added; a snapshot may take a moment to
 * be reaped. */
static int is_untouched(const struct life *l)
{
    for (int tries = 0; tries < 1000; tries++) {
        struct proc_list now = {0};
        bool same = list_threads(l->tree.init, &now) == 0 && now.count == faults.known.count;
        for (size_t i = 0; same && i < now.count; i++) {
            struct proc_status status;
            struct proc_stat stat;
            same = now.numbers[i] == faults.known.numbers[i] &&
                   proc_read_status(now.numbers[i], now.numbers[i], &status, NULL) == 0 &&
                   proc_read_stat(now.numbers[i], &stat, NULL) == 0 && status.tracer == 0 &&
                   stat.state != 'T' && stat.state != 't';
        }
        proc_list_free(&now);
        if (same)
            return 0;
        poll(NULL, 0, 2);
    }
    fprintf(stderr, "the step is not as it was\n");
    return -1;
}

static bool exists(const struct life *l, const char *name)
{
    return faccessat(l->home->checkpoints, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int check_kept(const image_reader *reader, cairn_error *err)
{
    size_t len;
    const char *text = image_reader_meta(reader, &len);
    json_auto_t *meta = NULL;
    int rc = json_parse_object(text, len, "META", &meta, err);
    return rc == 0 ? binaries_verify(image_reader_dirfd(reader), meta, err) : rc;
}

static int check_image(const struct life *l, const char *name)
{
    cairn_error err = {0};
    image_reader *reader = NULL;
    int rc = image_reader_open(l->home->checkpoints, name, &reader, &err);
    if (rc == 0)
        rc = image_reader_verify(reader, &err);
    if (rc == 0 && life_keeps_binaries)
        rc = check_kept(reader, &err);
    image_reader_close(reader);
    return life_check(rc, &err, name);
}

/* A kept file that cannot be looked at is kept anew. */
static bool is_of_kept_file(const char *call)
{
    const char *name = strrchr(call, call[0] == 'o' ? ' ' : '/');
    return name && strspn(name + 1, "0123456789abcdef") == 32 && name[33] == '\0';
}

/* Calls whose failure a capture does without: what they would tell is asked again, or is of no
 * consequence to the image. */
static bool may_be_missed(const char *call)
{
    static const char *const harmless[] = {
        "oom_score_adj",       /* of the snapshot */
        "/cairn-test-program", /* what tells this file and the next from others on another host: */
        "/lib/",               /* without, their times have to be the same */
        "/smaps",              /* what it would have told of forks is checked again later */
        "/stat",               /* who is there is asked until the answer stays the same */
        "../attempts",         /* to be left out of a tree, and there is none */
        "pread /proc/",        /* the end of shared memory is looked for twice */
    };
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (strstr(call, harmless[i]))
            return true;
    return is_of_kept_file(call);
}

/* The disk that is full is that of the copies. */
static bool blames_the_copies(const char *call, const char *message)
{
    return strncmp(call, "pwrite", 6) != 0 || !strstr(call, "/" BINARIES_FOLDER "/") ||
           strstr(message, "/checkpoints/" BINARIES_FOLDER "/: writing it: ");
}

/* As if this were the first image that keeps anything. */
static void forget_kept(struct life *l)
{
    cairn_error ignored;
    json_object_clear(l->tree.kept.known);
    (void)!cairn_remove_tree(l->home->checkpoints, BINARIES_FOLDER, &ignored);
}

/* One capture with a fault: 1 when no call was left to be hit, 0 when all is well. */
static int fail_once(struct life *l, int at, int error)
{
    cairn_error err = {0};
    if (life_keeps_binaries)
        forget_kept(l);
    arm(FAULT_ERROR, at, error);
    int rc = life_capture(l, 2, &err);
    faults.on = false;
    if (!faults.hit[0])
        return 1;
    if (faults.unread[0]) {
        fprintf(stderr, "call %d failed (%s), and %s were written without having been read\n", at,
                faults.hit, faults.unread);
        return -1;
    }
    if (rc == 0 && !may_be_missed(faults.hit)) {
        fprintf(stderr, "call %d failed (%s), and the capture did not\n", at, faults.hit);
        return -1;
    }
    if (rc == 0) {
        cairn_error ignored;
        if (check_image(l, "000002") != 0 ||
            cairn_remove_tree(l->home->checkpoints, "000002", &ignored) != 0)
            return -1;
    } else if (rc != -err.code || err.message[0] == '\0' || exists(l, "000002") ||
               exists(l, ".000002.partial") || !blames_the_copies(faults.hit, err.message)) {
        fprintf(stderr, "call %d failed (%s): %d, \"%s\", or it left something\n", at, faults.hit,
                rc, err.message);
        return -1;
    }
    return is_untouched(l);
}

static int fail_each_call(const struct home *home, const void *argument)
{
    cairn_error err = {0};
    struct life l;
    LIVE(start_victim(&l, home, &err), &err);
    if (list_threads(l.tree.init, &faults.known) != 0)
        return -1;
    LIVE(life_capture(&l, 1, &err), &err);
    int rc = is_untouched(&l);
    for (int at = 1; rc == 0; at += STRIDE)
        rc = fail_once(&l, at, *(const int *)argument);
    if (rc < 0 || (!life_keeps_binaries && check_image(&l, "000001") != 0))
        return -1;
    LIVE(life_capture(&l, 3, &err), &err);
    rc = life_finish(&l);
    tree_destroy(&l.tree);
    return rc;
}

static int fail_each_call_while_keeping(const struct home *home, const void *error)
{
    life_keeps_binaries = true;
    return fail_each_call(home, error);
}

#define NO_CALL_LEFT 2

/* Kills the step before ptrace call number `at`. */
static int lose_the_step(const struct home *home, const void *argument)
{
    cairn_error err = {0};
    struct life l;
    LIVE(start_victim(&l, home, &err), &err);
    if (list_threads(l.tree.init, &faults.known) != 0)
        return -1;
    faults.root = faults.known.numbers[0];
    arm(FAULT_KILL_STEP, *(const int *)argument, 0);
    int rc = life_capture(&l, 1, &err);
    faults.on = false;
    bool was_hit = faults.hit[0];
    if (rc == 0 ? check_image(&l, "000001") != 0 : exists(&l, "000001") || !err.message[0])
        return -1;
    struct pollfd ended = {l.tree.status_fd, POLLIN, 0};
    if (was_hit && poll(&ended, 1, LIFE_SECONDS * 1000) != 1)
        return -1;
    struct tree_end end;
    if (was_hit && (tree_status(&l.tree, &end, &err) != 1 || !end.signalled || end.code != SIGKILL))
        return -1;
    tree_destroy(&l.tree);
    return was_hit ? 0 : NO_CALL_LEFT;
}

/* Kills the snapshots and their helpers, at every moment of their short lives. */
static int lose_the_snapshots(const struct home *home, const void *unused)
{
    (void)unused;
    cairn_error err = {0};
    struct life l;
    LIVE(start_victim(&l, home, &err), &err);
    if (list_threads(l.tree.init, &faults.known) != 0)
        return -1;
    for (int at = 1;; at++) {
        arm(FAULT_KILL_STRANGER, at, 0);
        int rc = life_capture(&l, 2, &err);
        faults.on = false;
        if (!faults.hit[0])
            break;
        if (rc == 0 && (check_image(&l, "000002") != 0 ||
                        cairn_remove_tree(l.home->checkpoints, "000002", &err) != 0))
            return -1;
        if (is_untouched(&l) != 0) {
            fprintf(stderr, "after call %d (%s): %s\n", at, faults.hit, err.message);
            return -1;
        }
    }
    LIVE(life_capture(&l, 3, &err), &err);
    int rc = life_finish(&l);
    tree_destroy(&l.tree);
    return rc;
}

/* A thread whose stop was not seen would run on in the step's memory. */
static int repeat_the_waits(const struct home *home, const void *unused)
{
    (void)unused;
    cairn_error err = {0};
    struct life l;
    LIVE(start_victim(&l, home, &err), &err);
    if (list_threads(l.tree.init, &faults.known) != 0)
        return -1;
    arm(FAULT_WAIT, 0, EMFILE);
    int rc = life_capture(&l, 1, &err);
    faults.on = false;
    LIVE(rc, &err);
    if (faults.calls < 2 || is_untouched(&l) != 0 || check_image(&l, "000001") != 0)
        return -1;
    rc = life_finish(&l);
    tree_destroy(&l.tree);
    return rc;
}

static int capture_standing(struct life *l, uint32_t sequence, bool *standing, cairn_error *err)
{
    static const char *const no_trees[] = {NULL};
    const struct rollback_options rollback = {.trees = no_trees,
                                              .open_files = true,
                                              .checkpoints_fd = l->home->checkpoints,
                                              .previous = -1};
    const struct capture_options options = {.threads = 1, .rollback = &rollback};
    const struct image_options image_options = {.compression = 1};
    struct capture_figures figures = {0};
    struct image_summary summary;
    image_writer *writer = NULL;
    capture *c = NULL;
    int rc = image_writer_open(l->home->checkpoints, sequence, &image_options, &writer, err);
    if (rc == 0)
        rc = capture_begin(&l->tree, &options, writer, &c, err);
    if (rc == 0) {
        rc = capture_write(c, writer, err);
        capture_release(c);
        if (rc == 0)
            rc = image_writer_publish(writer, &summary, err);
        capture_figures_of(c, &figures);
        capture_end(c);
    }
    image_writer_close(writer);
    *standing = figures.copied_standing;
    return rc;
}

/* A user who may have no more processes: the memory is copied while the step stands still. */
static int refuse_the_clone(const struct home *home, const void *unused)
{
    (void)unused;
    cairn_error err = {0};
    struct life l;
    bool standing;
    LIVE(start_victim(&l, home, &err), &err);
    if (list_threads(l.tree.init, &faults.known) != 0)
        return -1;
    for (int limited = 1; limited >= 0; limited--) {
        struct rlimit limit;
        for (size_t i = 0; i < faults.known.count; i++) {
            if (prlimit(faults.known.numbers[i], RLIMIT_NPROC, NULL, &limit) != 0)
                return -1;
            limit.rlim_cur = limited ? 1 : limit.rlim_max;
            if (prlimit(faults.known.numbers[i], RLIMIT_NPROC, &limit, NULL) != 0)
                return -1;
        }
        LIVE(capture_standing(&l, limited ? 1 : 2, &standing, &err), &err);
        if (standing != limited || is_untouched(&l) != 0 ||
            check_image(&l, limited ? "000001" : "000002") != 0) {
            fprintf(stderr, "limited %d, standing %d\n", limited, standing);
            return -1;
        }
    }
    int rc = life_finish(&l);
    tree_destroy(&l.tree);
    return rc;
}

static int in_a_home(uid_t uid, int (*body)(const struct home *, const void *),
                     const void *argument)
{
    struct home home;
    home_open(&home, uid);
    int status = live(&home, body, argument);
    home_close(&home);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void leaves_the_step_alone_when_any_call_fails(void **state)
{
    (void)state;
    const int error = EMFILE;
    assert_int_equal(0, in_a_home(geteuid(), fail_each_call, &error));
}

static void leaves_the_step_alone_when_nothing_can_be_kept(void **state)
{
    (void)state;
    const int error = ENOSPC;
    assert_int_equal(0, in_a_home(geteuid(), fail_each_call_while_keeping, &error));
}

static void comes_to_an_end_when_the_step_is_killed(void **state)
{
    (void)state;
    int done = 0;
    for (int at = 1; done == 0; at += at < 20 ? 1 : 37)
        done = in_a_home(geteuid(), lose_the_step, &at);
    assert_int_equal(NO_CALL_LEFT, done);
}

static void does_without_snapshots_that_are_killed(void **state)
{
    (void)state;
    assert_int_equal(0, in_a_home(geteuid(), lose_the_snapshots, NULL));
}

static void repeats_waits_that_fail(void **state)
{
    (void)state;
    assert_int_equal(0, in_a_home(geteuid(), repeat_the_waits, NULL));
}

static void copies_while_standing_when_the_clone_is_refused(void **state)
{
    (void)state;
    assert_int_equal(0, in_a_home(geteuid() ? geteuid() : 60124, refuse_the_clone, NULL));
}

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    reachable(CAIRN_VICTIM);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_the_step_alone_when_any_call_fails),
        cmocka_unit_test(leaves_the_step_alone_when_nothing_can_be_kept),
        cmocka_unit_test(comes_to_an_end_when_the_step_is_killed),
        cmocka_unit_test(does_without_snapshots_that_are_killed),
        cmocka_unit_test(repeats_waits_that_fail),
        cmocka_unit_test(copies_while_standing_when_the_clone_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
