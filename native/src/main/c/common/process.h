/* Identifies a process by its pid and its start time, on one boot and in one pid namespace, because
 * pids are reused. */
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

/* CAIRN_EGONE only if the process certainly does not exist; a zombie counts as gone. If that cannot
 * be checked (no descriptor left, a hidden or missing /proc), the error is another one. */
CAIRN_CHECKED int process_identify(pid_t pid, struct process_identity *out, cairn_error *err);

/* *pidfd: a descriptor that is readable once the process has ended (for a pid 1, once its whole
 * namespace has ended). CAIRN_EGONE only when it certainly has ended already. */
CAIRN_CHECKED int process_open(const struct process_identity *p, int *pidfd, cairn_error *err);

/* kill(2) for one process. Returns 0, or -1 with errno. Passes no pid below 1 to the kernel: to the
 * kernel, -1 (the result of a failed fork) means every process that the caller may signal. */
int process_signal(pid_t pid, int signo);

/* Identifies where the caller's pids are valid: this boot, and this pid namespace (by its inode).
 */
CAIRN_CHECKED int process_pid_space(char boot_id[BOOT_ID_BYTES], uint64_t *pid_ns,
                                    cairn_error *err);

#endif
