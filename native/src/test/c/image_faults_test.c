/* An image is whole or absent, whichever of its system calls fails or is the writer's last.
 *
 * The linker puts the functions below in the place of the C library's (CMakeLists.txt: --wrap), so
 * that every call by which a writer touches the disk is a numbered fault point, also those that are
 * added later.
 */
#include "image_fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>

enum fault {
    FAULT_NONE,
    FAULT_ERROR,       /* the call fails */
    FAULT_KILL_BEFORE, /* the process dies instead of the call */
    FAULT_KILL_AFTER,  /* the process dies when the call is done */
    FAULT_HALF,        /* half of the bytes are written, then the disk is full */
};

static struct {
    bool on;
    int calls; /* so far */
    int at;    /* the call that is hit */
    enum fault fault;
    int error;
    char trace[4000]; /* "mkdirat pwrite fsync:image.cairn ..." */
} faults;

static bool hit(const char *name, int fd)
{
    if (!faults.on)
        return false;
    char link[64], target[256] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (fd >= 0 && readlink(link, target, sizeof target - 1) < 0)
        target[0] = '\0';
    const char *base = strrchr(target, '/');
    size_t used = strlen(faults.trace);
    snprintf(faults.trace + used, sizeof faults.trace - used, "%s%s%s ", name, base ? ":" : "",
             base ? base + 1 : "");
    return ++faults.calls == faults.at && faults.fault != FAULT_NONE;
}

static void die(void)
{
    kill(getpid(), SIGKILL);
}

#define FAULTY(name, fd, call)                             \
    do {                                                   \
        bool hit_here = hit(name, fd);                     \
        if (hit_here && faults.fault == FAULT_KILL_BEFORE) \
            die();                                         \
        if (hit_here && faults.fault == FAULT_ERROR) {     \
            errno = faults.error;                          \
            return -1;                                     \
        }                                                  \
        __typeof__(call) result = call;                    \
        if (hit_here && faults.fault == FAULT_KILL_AFTER)  \
            die();                                         \
        return result;                                     \
    } while (0)

int __real_mkdirat(int dirfd, const char *path, mode_t mode);
int __wrap_mkdirat(int dirfd, const char *path, mode_t mode);
int __wrap_mkdirat(int dirfd, const char *path, mode_t mode)
{
    FAULTY("mkdirat", -1, __real_mkdirat(dirfd, path, mode));
}

int __real_openat(int dirfd, const char *path, int flags, ...);
int __wrap_openat(int dirfd, const char *path, int flags, ...);
int __wrap_openat(int dirfd, const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    FAULTY("openat", -1, __real_openat(dirfd, path, flags, mode));
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    FAULTY("fsync", fd, __real_fsync(fd));
}

int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    FAULTY("renameat", -1, __real_renameat(from_fd, from, to_fd, to));
}

ssize_t __real_pwrite(int fd, const void *buf, size_t len, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t offset)
{
    if (faults.on && faults.fault == FAULT_HALF && faults.calls + 1 == faults.at) {
        faults.at++; /* the rest of these bytes finds the disk full */
        faults.fault = FAULT_ERROR;
        hit("pwrite", fd);
        return __real_pwrite(fd, buf, len / 2, offset);
    }
    FAULTY("pwrite", fd, __real_pwrite(fd, buf, len, offset));
}

static void arm(int at, enum fault fault, int error)
{
    memset(&faults, 0, sizeof faults);
    faults.at = at;
    faults.fault = fault;
    faults.error = error;
    faults.on = true;
}

static void disarm(void)
{
    faults.on = false;
}

static bool exists(int dirfd, const char *name)
{
    return faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void becomes_durable_in_this_order(void **state)
{
    struct fixture *f = *state;
    struct image_summary summary;
    cairn_error err;
    arm(0, FAULT_NONE, 0);
    assert_ok(write_small_image(f->fd, 1, &summary, &err), &err);
    disarm();
    char expected[600];
    snprintf(
        expected, sizeof expected,
        "mkdirat openat openat pwrite:image.cairn pwrite:image.cairn pwrite:image.cairn "
        "pwrite:image.cairn pwrite:image.cairn fsync:image.cairn fsync:.000001.partial renameat "
        "fsync:%s ",
        strrchr(f->path, '/') + 1);
    assert_string_equal(faults.trace, expected);
}

/* Fails call after call until one run needs no more of them. */
static void fail_each_call(struct fixture *f, enum fault fault, int error)
{
    cairn_error err;
    struct image_summary summary;
    assert_ok(write_small_image(f->fd, 1, &summary, &err), &err);
    for (int at = 1;; at++) {
        arm(at, fault, error);
        int rc = write_small_image(f->fd, 2, &summary, &err);
        bool done = faults.calls < faults.at;
        disarm();
        if (done)
            break;
        /* What fails while cleaning up after a success is no failure; there is no such call today.
         */
        if (rc != -error)
            fail_msg("call %d (%s) failed, but: %d %s", at, faults.trace, rc, err.message);
        assert_true(strlen(err.message) > 0);
        if (exists(f->fd, "000002") || exists(f->fd, ".000002.partial"))
            fail_msg("call %d (%s) failed and left something", at, faults.trace);
        assert_ok(check_image(f->fd, "000001", &err), &err);
    }
    assert_true(exists(f->fd, "000002"));
    assert_ok(check_image(f->fd, "000002", &err), &err);
}

static void is_absent_when_any_call_fails(void **state)
{
    fail_each_call(*state, FAULT_ERROR, EIO);
}

static void is_absent_when_the_disk_is_full(void **state)
{
    fail_each_call(*state, FAULT_ERROR, ENOSPC);
}

/* Only pwrite can be done in half; the other calls are left alone by FAULT_HALF. */
static void is_absent_when_the_disk_fills_up_within_a_write(void **state)
{
    struct fixture *f = *state;
    cairn_error err;
    struct image_summary summary;
    int failed = 0;
    for (int at = 1; at <= 20; at++) {
        arm(at, FAULT_HALF, ENOSPC);
        int rc = write_small_image(f->fd, 2, &summary, &err);
        disarm();
        if (rc == 0) {
            assert_ok(check_image(f->fd, "000002", &err), &err);
            assert_ok(cairn_remove_tree(f->fd, "000002", &err), &err);
            continue;
        }
        failed++;
        assert_int_equal(rc, -ENOSPC);
        assert_false(exists(f->fd, "000002") || exists(f->fd, ".000002.partial"));
    }
    assert_int_equal(failed, 5); /* header, two chunks with bytes, META, index and end */
}

/* Runs in a child: the parent then finds what a dead writer leaves. */
static bool killed_at(struct fixture *f, int at, enum fault fault)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct image_summary summary;
        arm(at, fault, 0);
        _exit(write_small_image(f->fd, 2, &summary, NULL) == 0 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

static void kill_at_each_call(struct fixture *f, enum fault fault)
{
    cairn_error err;
    struct image_summary summary;
    int absent = 0, whole = 0;
    assert_ok(write_small_image(f->fd, 1, &summary, &err), &err);
    for (int at = 1; killed_at(f, at, fault); at++) {
        if (exists(f->fd, "000002")) {
            whole++;
            assert_false(exists(f->fd, ".000002.partial"));
            assert_ok(check_image(f->fd, "000002", &err), &err);
            assert_ok(cairn_remove_tree(f->fd, "000002", &err), &err);
        } else {
            absent++;
        }
        assert_ok(check_image(f->fd, "000001", &err), &err);
    }
    assert_true(absent > 0 && whole > 0);
    assert_ok(check_image(f->fd, "000002", &err), &err); /* despite every partial before it */
}

static void is_whole_or_absent_when_killed_before_any_call(void **state)
{
    kill_at_each_call(*state, FAULT_KILL_BEFORE);
}

static void is_whole_or_absent_when_killed_after_any_call(void **state)
{
    kill_at_each_call(*state, FAULT_KILL_AFTER);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(becomes_durable_in_this_order),
        IN_FOLDER(is_absent_when_any_call_fails),
        IN_FOLDER(is_absent_when_the_disk_is_full),
        IN_FOLDER(is_absent_when_the_disk_fills_up_within_a_write),
        IN_FOLDER(is_whole_or_absent_when_killed_before_any_call),
        IN_FOLDER(is_whole_or_absent_when_killed_after_any_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
