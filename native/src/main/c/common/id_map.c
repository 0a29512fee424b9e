#include "common/id_map.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"

#define MAP_LIMIT 65536
#define SUBGID_LIMIT (16u << 20)

/* The text for uid_map or gid_map, which takes a single write. Returns 0 when the kernel accepted
 * it. */
static int write_map(pid_t pid, const char *name, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
}

/* Maps every known id to itself. The kernel refuses it without the privilege. */
static bool map_all(pid_t pid, const char *name)
{
    char own[32], text[MAP_LIMIT];
    auto_free char *map = NULL;
    size_t len = 0;
    unsigned first, outside, count;
    snprintf(own, sizeof own, "/proc/self/%s", name);
    if (io_read_file(AT_FDCWD, own, MAP_LIMIT, &map, NULL, NULL) != 0)
        return false;
    for (char *rest = map, *line; (line = strsep(&rest, "\n"));) {
        if (sscanf(line, "%u %u %u", &first, &outside, &count) != 3)
            continue;
        len += (size_t)snprintf(text + len, sizeof text - len, "%u %u %u\n", first, first, count);
        if (len >= sizeof text)
            return false;
    }
    return len > 0 && write_map(pid, name, text) == 0;
}

/* Whether a line of /etc/subgid, NAME|UID:FIRST:COUNT, grants the caller this group. */
static bool grants(const char *line, const char *user, gid_t group)
{
    char name[256];
    unsigned long first, count;
    if (sscanf(line, "%255[^:]:%lu:%lu", name, &first, &count) != 3)
        return false;
    char uid[24];
    snprintf(uid, sizeof uid, "%u", getuid());
    return (strcmp(name, uid) == 0 || (*user && strcmp(name, user) == 0)) && group >= first &&
           group - first < count;
}

/* Reads /etc/passwd alone: the supervisor is a static program and asks no name service. */
static void name_user(char *out, size_t room)
{
    auto_fclose FILE *passwd = fopen("/etc/passwd", "re");
    out[0] = '\0';
    for (struct passwd *p; passwd && (p = fgetpwent(passwd));)
        if (p->pw_uid == getuid()) {
            snprintf(out, room, "%s", p->pw_name);
            return;
        }
}

static bool is_granted(const char *subgid, const char *user, gid_t group)
{
    for (const char *line = subgid; *line; line += strcspn(line, "\n"), line += *line == '\n')
        if (grants(line, user, group))
            return true;
    return false;
}

/* Runs newgidmap, which is set-user-id and checks /etc/subgid itself. */
static bool run_newgidmap(char *const *argv)
{
    pid_t child = fork();
    if (child == 0) {
        char *const no_environment[] = {NULL};
        int null = open("/dev/null", O_RDWR);
        for (int fd = 0; fd <= 2; fd++)
            dup2(null, fd);
        execve("/usr/bin/newgidmap", argv, no_environment);
        _exit(127);
    }
    int status = -1;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool map_groups(pid_t pid)
{
    auto_free char *subgid = NULL;
    char user[256];
    int n = getgroups(0, NULL);
    auto_free gid_t *groups = n > 0 ? calloc((size_t)n, sizeof *groups) : NULL;
    if (!groups || getgroups(n, groups) != n ||
        io_read_file(AT_FDCWD, "/etc/subgid", SUBGID_LIMIT, &subgid, NULL, NULL) != 0)
        return false;
    name_user(user, sizeof user);
    /* Each id is mapped to itself, so its text is used twice. */
    auto_free char(*numbers)[24] = calloc((size_t)n + 2, sizeof *numbers);
    auto_free char **argv = calloc((size_t)n * 3 + 6, sizeof *argv);
    if (!numbers || !argv)
        return false;
    static char program[] = "newgidmap", one[] = "1";
    size_t args = 0, used = 0;
    snprintf(numbers[used], sizeof *numbers, "%d", pid);
    argv[args++] = program;
    argv[args++] = numbers[used++];
    for (int i = -1; i < n; i++) {
        gid_t group = i < 0 ? getegid() : groups[i];
        if (i >= 0 && (group == getegid() || !is_granted(subgid, user, group)))
            continue;
        snprintf(numbers[used], sizeof *numbers, "%u", group);
        argv[args++] = numbers[used];
        argv[args++] = numbers[used++];
        argv[args++] = one;
    }
    return used > 2 && run_newgidmap(argv);
}

void id_map_outside(pid_t pid, bool *uids, bool *gids)
{
    *uids = map_all(pid, "uid_map");
    *gids = map_all(pid, "gid_map") || map_groups(pid);
}
