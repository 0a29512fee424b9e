/* Whose a file or a peer is, told rightly also from within a user namespace. Root plays every user;
 * an ordinary user tests with what is its own and root's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/json.h"
#include "common/owner.h"
#include "image/image.h"
#include "sandbox/host_report.h"
#include "sandbox/namespaces.h"

#define NOBODY 65534
#define SOMEBODY 12345
#define STRANGER 54321
#define PROJECT 5000
#define REFUSED 77 /* this host has no user namespaces */

/* Like a program started by this user, with its own /proc. */
static bool become(uid_t uid)
{
    return setresgid(uid, uid, uid) == 0 && setresuid(uid, uid, uid) == 0 &&
           prctl(PR_SET_DUMPABLE, 1) == 0;
}

static int file_of(uid_t uid)
{
    int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fchown(fd, uid, uid), 0);
    return fd;
}

/* Our end of a connection that a process of this user made. */
static int peer_of(uid_t uid)
{
    auto_close int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t len = sizeof address;
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    pid_t child = fork();
    if (child == 0) {
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        _exit(setresuid(uid, uid, uid) == 0 && connect(fd, (struct sockaddr *)&address, len) == 0
                  ? 0
                  : 1);
    }
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC), status;
    assert_true(fd >= 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    return fd;
}

static bool is_judged(int fd, uid_t uid, bool trusted)
{
    struct owner owner;
    cairn_error err = {0};
    if (owner_of(fd, &owner, &err) != 0)
        fprintf(stderr, "%s\n", err.message);
    else if (owner.uid != uid || owner.trusted != trusted)
        fprintf(stderr, "user %u, not %u, is %s\n", owner.uid, uid,
                owner.trusted ? "trusted" : "not trusted");
    else
        return true;
    return false;
}

static bool image_is_judged(int fd, bool trusted)
{
    struct stat st;
    cairn_error err = {0};
    return fstat(fd, &st) == 0 &&
           image_check_trust("it", fd, &st, &err) == (trusted ? 0 : -CAIRN_EIMAGE_UNTRUSTED);
}

/* The exit code of a child that is `uid` and, as under a lease, in its user namespace. */
static int judge_as(uid_t uid, bool namespace, const int *fds, const uid_t *owners, size_t count)
{
    if (geteuid() == 0 && (setgroups(0, NULL) < 0 || !become(uid)))
        return 1;
    cairn_error err = {0};
    if (namespace && namespaces_take_user(&err) != 0) {
        fprintf(stderr, "%s\n", err.message);
        return REFUSED;
    }
    for (size_t i = 0; i < count; i++)
        if (!is_judged(fds[i], owners[i], owners[i] == uid || owners[i] == 0))
            return 1;
    return image_is_judged(fds[0], owners[0] == uid || owners[0] == 0) ? 0 : 1;
}

static void expect_as(uid_t uid, bool namespace, const int *fds, const uid_t *owners, size_t count)
{
    pid_t child = fork();
    if (child == 0)
        _exit(judge_as(uid, namespace, fds, owners, count));
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == REFUSED)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void knows_owners_and_peers_in_and_out_of_a_namespace(void **state)
{
    (void)state;
    const uid_t users[] = {0, NOBODY, SOMEBODY, STRANGER};
    if (geteuid() != 0) {
        const int fds[] = {open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600),
                           open("/etc/passwd", O_RDONLY | O_CLOEXEC)};
        const uid_t owners[] = {geteuid(), 0};
        for (int namespace = 0; namespace <= 1; namespace ++)
            expect_as(geteuid(), namespace, fds, owners, 2);
        return;
    }
    for (size_t owner = 0; owner < 4; owner++) {
        const int fds[] = {file_of(users[owner]), peer_of(users[owner])};
        const uid_t owners[] = {users[owner], users[owner]};
        for (size_t user = 0; user < 4; user++)
            for (int namespace = 0; namespace <= 1; namespace ++)
                expect_as(users[user], namespace, fds, owners, 2);
        close(fds[0]);
        close(fds[1]);
    }
}

/* Another user's namespace maps one user, and shows all others as nobody. */
static void does_not_take_an_unmapped_owner_for_nobody(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip(); /* plays two users */
    int fd = file_of(STRANGER);
    int up[2], down[2];
    assert_int_equal(pipe(up) | pipe(down), 0);
    pid_t child = fork();
    if (child == 0) {
        char byte;
        bool entered = become(NOBODY) && unshare(CLONE_NEWUSER) == 0;
        if (write(up[1], &entered, 1) != 1 || read(down[0], &byte, 1) != 1 || !entered)
            _exit(REFUSED);
        _exit(geteuid() == NOBODY && is_judged(fd, NOBODY, false) ? 0 : 1);
    }
    bool entered;
    char path[40], map[] = "65534 65534 1";
    assert_int_equal(read(up[0], &entered, 1), 1);
    snprintf(path, sizeof path, "/proc/%d/uid_map", child);
    auto_close int map_fd = open(path, O_WRONLY | O_CLOEXEC);
    if (entered)
        assert_int_equal(write(map_fd, map, strlen(map)), strlen(map));
    assert_int_equal(write(down[1], "", 1), 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    close(fd);
    if (WEXITSTATUS(status) == REFUSED)
        skip();
    assert_int_equal(status, 0);
}

static bool drop_capability(int capability)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) < 0)
        return false;
    data[0].effective &= ~(1u << capability);
    data[0].permitted &= ~(1u << capability);
    return syscall(SYS_capset, &header, data) == 0;
}

/* Every group is root's to use, also where root is without the privilege that makes namespaces. */
static void root_keeps_every_id(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    int fd = file_of(0);
    pid_t child = fork();
    if (child == 0) {
        if (!drop_capability(CAP_SYS_PTRACE) || namespaces_take_user(NULL) != 0)
            _exit(REFUSED);
        _exit(fchown(fd, SOMEBODY, PROJECT) == 0 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    close(fd);
    if (WEXITSTATUS(status) == REFUSED)
        skip();
    assert_int_equal(status, 0);
}

/* In mounts of its own: what the administrator would write to /etc/subgid. */
static bool grant(const char *line)
{
    char path[40];
    snprintf(path, sizeof path, "/tmp/cairn-subgid.%d", getpid());
    auto_close int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    bool done = write(file, line, strlen(line)) == (ssize_t)strlen(line) &&
                unshare(CLONE_NEWNS) == 0 &&
                mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                mount(path, "/etc/subgid", NULL, MS_BIND, NULL) == 0;
    unlink(path);
    return done;
}

/* 0 when the step of a user that is in PROJECT can give it a file, 1 when not. */
static int use_group(const char *subgid)
{
    const gid_t groups[] = {PROJECT};
    pid_t child = fork();
    if (child == 0) {
        if (!grant(subgid) || setgroups(1, groups) < 0 || !become(NOBODY) ||
            namespaces_take_user(NULL) != 0)
            _exit(REFUSED);
        int own = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        _exit(fchown(own, (uid_t)-1, PROJECT) == 0 ? 0 : errno == EINVAL ? 1 : 2);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void supplementary_groups_are_used_where_the_host_grants_them(void **state)
{
    (void)state;
    if (geteuid() != 0 || access("/usr/bin/newgidmap", X_OK) != 0 ||
        access("/etc/subgid", F_OK) != 0)
        skip(); /* mounts, and the package uidmap */
    char granted[40];
    snprintf(granted, sizeof granted, "%d:%d:1\n", NOBODY, PROJECT);
    int without = use_group("nobody:100000:65536\n");
    if (without == REFUSED)
        skip();
    assert_int_equal(without, 1);
    assert_int_equal(use_group(granted), 0);
}

/* Of `cairn check`, for a user that is in these groups. */
static int groups_finding(const gid_t *groups, size_t count)
{
    pid_t child = fork();
    if (child == 0) {
        auto_free char *json = NULL;
        if (setgroups(count, groups) < 0 || !become(NOBODY) || tree_host_report(&json, NULL) != 0)
            _exit(REFUSED);
        json_t *findings = json_loads(json, 0, NULL), *finding;
        size_t i;
        json_array_foreach(findings, i, finding)
        {
            if (strcmp(json_string_value(json_object_get(finding, "name")), "groups") == 0)
                _exit(json_is_true(json_object_get(finding, "ok")) ? 0
                      : strstr(json_string_value(json_object_get(finding, "detail")), "group 5000")
                          ? 1
                          : 2);
        }
        _exit(3);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static bool has_namespaces(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(become(NOBODY) && namespaces_take_user(NULL) == 0 ? 0 : REFUSED);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status == 0;
}

static void the_host_report_names_the_group_that_steps_cannot_use(void **state)
{
    const gid_t project = PROJECT, own = NOBODY;
    (void)state;
    if (geteuid() != 0)
        skip(); /* setgroups */
    if (!has_namespaces())
        skip();
    assert_int_equal(groups_finding(&own, 1), 0);
    assert_int_equal(groups_finding(&project, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_owners_and_peers_in_and_out_of_a_namespace),
        cmocka_unit_test(does_not_take_an_unmapped_owner_for_nobody),
        cmocka_unit_test(root_keeps_every_id),
        cmocka_unit_test(supplementary_groups_are_used_where_the_host_grants_them),
        cmocka_unit_test(the_host_report_names_the_group_that_steps_cannot_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
