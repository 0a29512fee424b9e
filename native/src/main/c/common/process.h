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

/* CAIRN_EGONE when there is no such process; a zombie counts as gone. */
CAIRN_CHECKED int process_identify(pid_t pid, struct process_identity *out, cairn_error *err);

/* A descriptor that is readable once the process has ended (for a pid 1, once all of its namespace
 * has), or -1 when it is gone already. */
int process_open(const struct process_identity *p);

CAIRN_CHECKED int process_boot_id(char out[BOOT_ID_BYTES], cairn_error *err);

/* The inode of the caller's pid namespace. */
CAIRN_CHECKED int process_pid_namespace(uint64_t *out, cairn_error *err);

#endif
