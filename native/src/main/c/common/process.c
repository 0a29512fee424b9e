#include "common/process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"

/* Reads the state letter and field 22 of /proc/PID/stat. The name in field 2 may hold any
 * character, even ')'.
 */
static bool parse_stat(const char *stat, char *state, int64_t *start_time)
{
    const char *after_name = strrchr(stat, ')');
    if (!after_name || sscanf(after_name, ") %c", state) != 1)
        return false;
    const char *field = after_name + 1;
    for (int i = 3; i <= 22; i++) {
        field = strchr(field, ' ');
        if (!field)
            return false;
        field++;
    }
    return sscanf(field, "%" SCNd64, start_time) == 1;
}

int process_signal(pid_t pid, int signo)
{
    if (pid > 0)
        return kill(pid, signo);
    errno = ESRCH;
    return -1;
}

/* Asks the kernel, since /proc may hide the processes of other users, or be missing. */
static bool exists(pid_t pid)
{
    return process_signal(pid, 0) == 0 || errno != ESRCH;
}

int process_identify(pid_t pid, struct process_identity *out, cairn_error *err)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    auto_free char *stat = NULL;
    if (pid <= 0 || !exists(pid))
        return cairn_fail(err, CAIRN_EGONE, "process %d is gone", pid);
    int rc = io_read_file(AT_FDCWD, path, 4096, &stat, NULL, err);
    if ((rc == -ENOENT || rc == -ESRCH) && !exists(pid))
        return cairn_fail(err, CAIRN_EGONE, "process %d is gone", pid);
    if (rc != 0)
        return cairn_fail_within(err, rc, "cannot tell whether process %d runs", pid);
    char state;
    int64_t start_time;
    if (!parse_stat(stat, &state, &start_time))
        return cairn_fail(err, CAIRN_EHOST, "%s reads unlike any known kernel's: %s", path, stat);
    if (state == 'Z' || state == 'X')
        return cairn_fail(err, CAIRN_EGONE, "process %d has ended", pid);
    *out = (struct process_identity){.pid = pid, .start_time = start_time};
    return 0;
}

int process_open(const struct process_identity *p, int *pidfd, cairn_error *err)
{
    auto_close int fd = p->pid > 0 ? (int)syscall(SYS_pidfd_open, p->pid, 0) : -1;
    if (fd < 0 && p->pid > 0 && errno != ESRCH)
        return cairn_fail_errno(err, "cannot tell whether process %d runs", p->pid);
    /* Checks the identity after opening: if the process is still the same, the descriptor belongs
     * to it. */
    struct process_identity now = {0};
    int rc = fd < 0 ? 0 : process_identify(p->pid, &now, err);
    if (rc != 0)
        return rc;
    if (fd < 0 || now.start_time != p->start_time)
        return cairn_fail(err, CAIRN_EGONE, "process %d is gone", p->pid);
    *pidfd = steal_fd(&fd);
    return 0;
}

int process_pid_space(char boot_id[BOOT_ID_BYTES], uint64_t *pid_ns, cairn_error *err)
{
    auto_free char *text = NULL;
    struct stat st;
    int rc = io_read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &text, NULL, err);
    if (rc != 0)
        return rc;
    text[strcspn(text, "\n")] = '\0';
    snprintf(boot_id, BOOT_ID_BYTES, "%s", text);
    if (stat("/proc/self/ns/pid", &st) < 0)
        return cairn_fail_errno(err, "/proc/self/ns/pid");
    *pid_ns = st.st_ino;
    return 0;
}
