/* A process is known by its pid and its start time, on one boot and in one pid namespace: pids are
 * reused. */
#ifndef CAIRN_COMMON_PROCESS_H
#define CAIRN_COMMON_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"

#define BOOT_ID_BYTES 40

struct process_identity {
    pid_t pid;
    int64_t start_time; /* clock ticks since boot, /proc/PID/stat field 22 */
};

/* CAIRN_EGONE only when there is certainly no such process; a zombie counts as gone. If it cannot
 * be checked (no descriptor left, a hidden or missing /proc), that is another error. */
CAIRN_CHECKED int process_identify(pid_t pid, struct process_identity *out, cairn_error *err);

/* *pidfd: a descriptor that is readable once the process has ended (for a pid 1, once its whole
 * namespace has ended). CAIRN_EGONE only when it certainly has ended already. */
CAIRN_CHECKED int process_open(const struct process_identity *p, int *pidfd, cairn_error *err);

/* kill(2) for one process. No other number reaches the kernel, which takes -1, what a failed fork
 * has returned, for everything that the caller may signal: 0, or -1 with errno. */
int process_signal(pid_t pid, int signo);

/* Where the caller's pids mean something: on this boot, in this pid namespace (its inode). */
CAIRN_CHECKED int process_pid_space(char boot_id[BOOT_ID_BYTES], uint64_t *pid_ns,
                                    cairn_error *err);

#endif
