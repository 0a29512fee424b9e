/* The observer forgets no getter that the kernel's headers have, sees what changes, and changes
 * nothing itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "observer/comparison.h"

#define HEADERS "/usr/include/"
#define MACHINE HEADERS "x86_64-linux-gnu/asm/"

static const struct {
    const char *class, *name;
} known[] = {
#define IGNORED(of, what, reason) {#of, #what},
#include "observer/ignored.def"
#undef IGNORED
#define PRCTL(option, bytes) {"prctl", #option},
#define PRCTL_OF(option, argument) {"prctl", #option},
#define ARCH_PRCTL(option, bytes) {"arch_prctl", #option},
#define SYSCALL(name, bytes, ...) {"syscall", #name},
#define FCNTL(command, bytes) {"fcntl", #command},
#define IOCTL(request, bytes) {"ioctl", #request},
#define TTY_IOCTL(request, bytes) {"ioctl", #request},
#define SOCKET_IOCTL(request, bytes) {"ioctl", #request},
#define INET_IOCTL(request, bytes) {"ioctl", #request},
#define NS_IOCTL(request, bytes) {"ioctl", #request},
#include "observer/getters.def"
};

static bool is_known(const char *class, const char *name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].class, class) == 0 && strcmp(known[i].name, name) == 0)
            return true;
    return false;
}

static size_t seen; /* getters in headers: a list that finds none finds nothing out */

/* Every macro of a header for which `is_getter` says so has to be known. */
static size_t unknown_in(const char *header, const char *class, const char *prefix,
                         bool (*is_getter)(const char *name, const char *value))
{
    size_t unknown = 0;
    char line[1024], name[256], value[512];
    FILE *file = fopen(header, "re");
    if (!file)
        return 0; /* not every distribution has every header */
    while (fgets(line, sizeof line, file)) {
        *value = '\0';
        if (sscanf(line, " # define %255[A-Za-z0-9_] %511[^\n]", name, value) < 1 ||
            strncmp(name, prefix, strlen(prefix)) != 0)
            continue;
        const char *plain = name + (strcmp(class, "syscall") == 0 ? strlen(prefix) : 0);
        if (!is_getter(plain, value))
            continue;
        seen++;
        if (!is_known(class, plain)) {
            fprintf(stderr, "%s: %s %s is neither read nor ignored with a reason\n", header, class,
                    plain);
            unknown++;
        }
    }
    fclose(file);
    return unknown;
}

static bool gets(const char *name, const char *value)
{
    (void)value;
    return strstr(name, "_GET") || strstr(name, "_READ") || strstr(name, "IS_SET");
}

static void knows_every_getter_of_prctl(void **state)
{
    (void)state;
    seen = 0;
    size_t unknown = unknown_in(HEADERS "linux/prctl.h", "prctl", "PR_", gets);
    unknown += unknown_in(MACHINE "prctl.h", "arch_prctl", "ARCH_", gets);
    assert_int_equal(0, unknown);
    assert_true(seen > 30);
}

static bool fcntl_gets(const char *name, const char *value)
{
    (void)value;
    return strstr(name, "GET") || strstr(name, "QUERY");
}

static void knows_every_getter_of_fcntl(void **state)
{
    (void)state;
    seen = 0;
    size_t unknown = unknown_in(HEADERS "asm-generic/fcntl.h", "fcntl", "F_", fcntl_gets);
    unknown += unknown_in(HEADERS "linux/fcntl.h", "fcntl", "F_", fcntl_gets);
    assert_int_equal(0, unknown);
    assert_true(seen > 10);
}

static bool ioctl_gets(const char *name, const char *value)
{
    if (strncmp(name, "SIOC", 4) == 0)
        return name[4] == 'G' || strncmp(name + 4, "INQ", 3) == 0 ||
               strncmp(name + 4, "OUTQ", 4) == 0 || strstr(name, "ATMARK");
    if (strncmp(name, "TIOCG", 5) == 0 || strcmp(name, "TIOCOUTQ") == 0 ||
        strcmp(name, "TIOCINQ") == 0)
        return true;
    return (strstr(name, "GET") && !strstr(value, "_IOW(")) || strcmp(name, "FIONREAD") == 0 ||
           strcmp(name, "FIOQSIZE") == 0;
}

static void knows_every_getter_of_ioctl(void **state)
{
    (void)state;
    static const struct {
        const char *header, *prefix;
    } lists[] = {
        {"asm-generic/ioctls.h", "TIOC"}, {"asm-generic/ioctls.h", "TC"},
        {"asm-generic/ioctls.h", "FIO"},  {"linux/sockios.h", "SIO"},
        {"asm-generic/sockios.h", "SIO"}, {"asm-generic/sockios.h", "FIO"},
        {"linux/fs.h", "FS_IOC"},         {"linux/fs.h", "FIG"},
        {"linux/nsfs.h", "NS_"},          {"linux/eventpoll.h", "EPIOC"},
    };
    seen = 0;
    size_t unknown = 0;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        char path[128];
        snprintf(path, sizeof path, HEADERS "%s", lists[i].header);
        unknown += unknown_in(path, "ioctl", lists[i].prefix, ioctl_gets);
    }
    assert_int_equal(0, unknown);
    assert_true(seen > 50);
}

static bool syscall_gets(const char *name, const char *value)
{
    (void)value;
    static const char *const others[] = {"personality", "sigaltstack", "membarrier",
                                         "rt_sigprocmask"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(name, others[i]) == 0)
            return true;
    return strstr(name, "get") || strstr(name, "pending") || strstr(name, "list") ||
           strstr(name, "query");
}

static void knows_every_system_call_that_gets(void **state)
{
    (void)state;
    seen = 0;
    assert_int_equal(0, unknown_in(MACHINE "unistd_64.h", "syscall", "__NR_", syscall_gets));
    assert_true(seen > 40);
}

/* Options are read by number; what could be missed is one with a number beyond. */
static bool number_beyond(const char *name, const char *value)
{
    static const char *const values[] = {"IPV6_FL_", "IPV6_PRIORITY_", "IPV6_TLV_",
                                         "IPV6_PREFER_SRC_"};
    char *end;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (strncmp(name, values[i], strlen(values[i])) == 0)
            return false;
    long number = strtol(value, &end, 0);
    return end != value && number >= 128 && !isalnum((unsigned char)*end) && number < 4096 &&
           !strstr(name, "MAX") && !strstr(name, "FLAG") && !strstr(name, "DEFAULT");
}

static void reads_every_socket_option(void **state)
{
    (void)state;
    static const struct {
        const char *header, *prefix;
    } lists[] = {
        {"asm-generic/socket.h", "SO_"}, {"linux/in.h", "IP_"},           {"linux/in6.h", "IPV6_"},
        {"linux/tcp.h", "TCP_"},         {"linux/netlink.h", "NETLINK_"}, {"linux/udp.h", "UDP_"},
    };
    size_t unknown = 0;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        char path[128];
        snprintf(path, sizeof path, HEADERS "%s", lists[i].header);
        unknown += unknown_in(path, "option", lists[i].prefix, number_beyond);
    }
    assert_int_equal(0, unknown);
}

static char *content_of(const char *path)
{
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    char *text = NULL;
    size_t len = 0;
    assert_true(getdelim(&text, &len, '\0', file) > 0);
    fclose(file);
    return text;
}

static void show(void *context, const char *key, const char *before, const char *after)
{
    if (context)
        fprintf(stderr, "%s: %s -> %s\n", key, before ? before : "none", after ? after : "none");
}

/* How many keys differ between two observations, with a change between them or without; in a pid
 * namespace of its own, where no other process comes or goes. -1: that cannot be done here. */
static int differences_with(const char *change, void *shown)
{
    char before[] = "/tmp/cairn-observed.XXXXXX", after[] = "/tmp/cairn-observed.XXXXXX";
    close(mkstemp(before));
    close(mkstemp(after));
    pid_t pid = fork();
    if (pid == 0) {
        if (unshare(CLONE_NEWPID | CLONE_NEWNS | (geteuid() ? CLONE_NEWUSER : 0)) != 0)
            _exit(77);
        pid_t init = fork();
        if (init == 0) {
            if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
                mount("proc", "/proc", "proc", 0, NULL) != 0)
                _exit(77);
            execl(CAIRN_SELF_OBSERVATION, "self-observation", before, after, change, NULL);
            _exit(78);
        }
        int status = 0;
        waitpid(init, &status, 0);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 79);
    }
    int status = 0;
    assert_true(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
    int differ = -1;
    if (WEXITSTATUS(status) != 77) {
        assert_int_equal(0, WEXITSTATUS(status));
        char *a = content_of(before), *b = content_of(after);
        assert_true(strlen(a) > 10000);
        differ = (int)comparison_of(a, "", b, "", 60, show, shown);
        free(a);
        free(b);
    }
    unlink(before);
    unlink(after);
    return differ;
}

static void changes_nothing(void **state)
{
    (void)state;
    int differ = differences_with(NULL, stderr);
    if (differ < 0)
        skip();
    assert_int_equal(0, differ);
}

static void sees_every_change(void **state)
{
    (void)state;
    char name[64];
    size_t changes = 0, unseen = 0;
    FILE *list = popen(CAIRN_SELF_OBSERVATION, "re");
    assert_non_null(list);
    while (fscanf(list, "%63s", name) == 1) {
        int differ = differences_with(name, NULL);
        if (differ == 0) {
            fprintf(stderr, "not seen: %s\n", name);
            unseen++;
        }
        changes++;
    }
    pclose(list);
    assert_true(changes > 20);
    assert_int_equal(0, unseen);
}

static void compares_identities_by_what_they_are_equal_to(void **state)
{
    (void)state;
    char a[] = "x {i:1}\ny {i:1}\nz {i:2}\n", b[] = "x {i:7}\ny {i:7}\nz {i:8}\n";
    assert_int_equal(0, comparison_of(a, "", b, "", 0, show, NULL));
    char c[] = "x {i:1}\ny {i:1}\nz {i:2}\n", d[] = "x {i:7}\ny {i:8}\nz {i:9}\n";
    assert_int_equal(1, comparison_of(c, "", d, "", 0, show, NULL));
    char e[] = "x {i:1}\ny {i:2}\n", f[] = "x {i:7}\ny {i:7}\n";
    assert_int_equal(1, comparison_of(e, "", f, "", 0, show, NULL));
}

static void compares_times_with_a_tolerance_and_homes_by_their_place(void **state)
{
    (void)state;
    char a[] = "t ~100 every-5\np /tmp/one/x\n", b[] = "t ~97 every-5\np /tmp/other/x\n";
    assert_int_equal(0, comparison_of(a, "/tmp/one", b, "/tmp/other", 5, show, NULL));
    char c[] = "t ~100 every-5\nonly 1\n", d[] = "t ~90 every-5\n";
    assert_int_equal(2, comparison_of(c, "", d, "", 5, show, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_every_getter_of_prctl),
        cmocka_unit_test(knows_every_getter_of_fcntl),
        cmocka_unit_test(knows_every_getter_of_ioctl),
        cmocka_unit_test(knows_every_system_call_that_gets),
        cmocka_unit_test(reads_every_socket_option),
        cmocka_unit_test(compares_identities_by_what_they_are_equal_to),
        cmocka_unit_test(compares_times_with_a_tolerance_and_homes_by_their_place),
        cmocka_unit_test(changes_nothing),
        cmocka_unit_test(sees_every_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
