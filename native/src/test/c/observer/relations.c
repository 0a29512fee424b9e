/* All processes that /proc shows, as one of them sees the others: the family, what stands still or
 * is dead, and what they share. */
#include "parts.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST_TASKS 256
#define MOST_DESCRIPTORS 4096

static struct {
    pid_t pid, tid;
} tasks[MOST_TASKS];
static size_t task_count;

static struct {
    pid_t pid;
    int fd;
    dev_t dev;
    ino_t ino;
} descriptors[MOST_DESCRIPTORS];
static size_t descriptor_count;

static void note_task(const char *folder, const char *name)
{
    pid_t pid = atoi(folder + strlen("/proc/"));
    if (task_count < MOST_TASKS)
        tasks[task_count].pid = pid, tasks[task_count++].tid = atoi(name);
}

static void note_descriptor(const char *folder, const char *name)
{
    char path[96];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (atoi(name) >= OBSERVER_OWN_FDS || descriptor_count == MOST_DESCRIPTORS || stat(path, &st))
        return;
    descriptors[descriptor_count].pid = atoi(folder + strlen("/proc/"));
    descriptors[descriptor_count].fd = atoi(name);
    descriptors[descriptor_count].dev = st.st_dev;
    descriptors[descriptor_count++].ino = st.st_ino;
}

/* The fields that another sees, by their number in proc(5). The state only tells who stands still
 * or is dead: running or asleep is chance. */
static void observe_stat_of(pid_t pid)
{
    char path[64], *content, *at, *value;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (!(content = slurp(path, NULL)) || !(at = strrchr(content, ')')))
        return;
    *at = '\0';
    observe("task.%d.name %s", pid, strchr(content, '(') + 1);
    at += 2;
    for (int field = 3; (value = strsep(&at, " \n")); field++) {
        if (field == 3)
            observe("task.%d.state %s", pid, strchr("TtZ", *value) ? value : "live");
        if ((field >= 4 && field <= 8) || field == 38 || field == 52)
            observe("task.%d.stat.%d %s", pid, field, value);
    }
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    content = slurp(path, NULL);
    while (content && (value = strsep(&content, "\n")))
        if (strncmp(value, "SigPnd:", 7) == 0 || strncmp(value, "ShdPnd:", 7) == 0)
            observe("task.%d.%.6s %s", pid, value, value + 8);
}

/* Killed, or dead below pid 1, which lets go of it: gone at any moment. */
static bool is_going(pid_t pid)
{
    char path[64], *content, *at;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    if (!(content = slurp(path, NULL)))
        return true;
    at = strstr(content, "\nShdPnd:");
    if (at && strtoull(at + 8, NULL, 16) & 1ull << (SIGKILL - 1))
        return true;
    return strstr(content, "\nState:\tZ") && strstr(content, "\nPPid:\t1\n");
}

static void visit_process(const char *folder, const char *name)
{
    char path[64];
    pid_t pid = atoi(name);
    (void)folder;
    if (pid <= 1 || is_going(pid)) /* pid 1 is none of the step's */
        return;
    observe_stat_of(pid);
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    each_name(path, note_task);
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    each_name(path, note_descriptor);
}

static void observe_shared(size_t i, int type, const char *name)
{
    for (size_t first = 0; first < i; first++) {
        long rc = syscall(SYS_kcmp, tasks[first].tid, tasks[i].tid, type, 0, 0);
        if (rc == 0) {
            observe("task.%d.%s as-%d", tasks[i].tid, name, tasks[first].tid);
            return;
        }
    }
    observe("task.%d.%s own", tasks[i].tid, name);
}

static void observe_description(size_t i)
{
    for (size_t first = 0; first < i; first++)
        if (descriptors[first].dev == descriptors[i].dev &&
            descriptors[first].ino == descriptors[i].ino &&
            syscall(SYS_kcmp, descriptors[first].pid, descriptors[i].pid, KCMP_FILE,
                    descriptors[first].fd, descriptors[i].fd) == 0) {
            observe("task.%d.fd.%d as-%d.%d", descriptors[i].pid, descriptors[i].fd,
                    descriptors[first].pid, descriptors[first].fd);
            return;
        }
    observe("task.%d.fd.%d own", descriptors[i].pid, descriptors[i].fd);
}

void observe_relations(void)
{
    static const struct {
        int type;
        const char *name;
    } types[] = {{KCMP_VM, "vm"},           {KCMP_FILES, "files"}, {KCMP_FS, "fs"},
                 {KCMP_SIGHAND, "sighand"}, {KCMP_IO, "io"},       {KCMP_SYSVSEM, "sysvsem"}};
    task_count = descriptor_count = 0;
    each_name("/proc", visit_process);
    for (size_t i = 0; i < task_count; i++)
        for (size_t t = 0; t < sizeof types / sizeof *types; t++)
            observe_shared(i, types[t].type, types[t].name);
    for (size_t i = 0; i < descriptor_count; i++)
        observe_description(i);
}
