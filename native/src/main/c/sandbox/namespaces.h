/* The namespaces of a step: user (unless root needs none), pid, mount, ipc, time. */
#ifndef CAIRN_SANDBOX_NAMESPACES_H
#define CAIRN_SANDBOX_NAMESPACES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

/* The values in ns that the step's CLOCK_MONOTONIC and CLOCK_BOOTTIME must show now. Both 0: the
 * same as on the host.
 */
struct namespace_clocks {
    int64_t monotonic_ns, boottime_ns;
};

/* Enters a new user namespace, if the supervisor needs one and has none yet. Call it in the
 * supervisor while it has one thread. Maps, each to itself, its own ids and those that an outside
 * process may map (common/owner.h). */
CAIRN_CHECKED int namespaces_take_user(cairn_error *err);

/* The same, and also prepares the time namespace that its children enter. *leads: how far the
 * step's clocks are ahead of ours from now on. */
CAIRN_CHECKED int namespaces_prepare(const struct namespace_clocks *clocks,
                                     struct namespace_clocks *leads, cairn_error *err);

/* Flags for the clone of pid 1. */
#define NAMESPACES_CLONE_FLAGS (CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC)

/* Makes private mounts, a fresh /proc, an empty /dev/shm, and a separate /dev/pts, whose failure is
 * ignored if no terminal is needed. Call it in pid 1. */
CAIRN_CHECKED int namespaces_mount(bool needs_pty, cairn_error *err);

#endif
