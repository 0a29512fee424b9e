/* Inside capture/: what the capture knows of each process during the pause. */
#ifndef CAIRN_CAPTURE_CAPTURED_H
#define CAIRN_CAPTURE_CAPTURED_H

#include <jansson.h>

#include "proc/proc.h"
#include "task/cpu.h"
#include "task/freeze.h"
#include "task/trace.h"

struct captured_thread {
    pid_t tid, ns_tid;
    int stopped;          /* the signal that had stopped the process before the freeze, or 0 */
    struct cpu_state cpu; /* as found; freeze_release knows how to continue it */
    uint64_t signal_mask;
    bool changed; /* the injector has currently changed its registers or mask */
};

struct captured_process {
    pid_t pid, ns_pid, session;
    struct captured_thread *threads;
    size_t thread_count;
    struct injector injector; /* on the leader */
    uint8_t scratch_saved[INJECT_SCRATCH];
    struct proc_maps maps;
    uint32_t space;                  /* number of its address space in the image */
    struct captured_process *parent; /* its parent in the tree; NULL for pid 1 */
    bool adopted;                    /* adopted: its present parent did not create it */
    pid_t memory_of;                 /* the process whose memory is read: the snapshot, or the
                                      * process itself */
    bool snapshot;                   /* memory_of is a snapshot, which the capture must kill */
    bool subreaper;
    unsigned filters_above; /* number of seccomp filters of the step's pid 1, which a restored pid 1
                             * has again */
    json_t *json;           /* its entry in META's "processes" */
};

/* threads.c: records everything about the threads of a process in its "threads". Leaves the leader
 * ready for injecting (signals blocked, scratch chosen). */
CAIRN_CHECKED int capture_threads(struct captured_process *p, const struct frozen *frozen,
                                  size_t first, size_t count, cairn_error *err);
json_t *describe_capabilities(const struct proc_status *status);
/* Writes the step's own bytes back to the scratch memory, before the capture reads that memory. */
CAIRN_CHECKED int put_back_scratch(struct captured_process *p, cairn_error *err);
/* Gives every thread its registers, signal mask and scratch memory back. Never fails for a live
 * thread. */
void put_back_threads(struct captured_process *p);

/* process.c: records what belongs to the process as a whole. */
CAIRN_CHECKED int capture_process(struct captured_process *p, cairn_error *err);
/* Records whether the parent has still to wait for the stop of this process, or for its continuing.
 */
CAIRN_CHECKED int capture_wait_state(struct captured_process *p, cairn_error *err);
/* Whether the step's ipc namespace holds SysV objects, seen from any of its processes. */
CAIRN_CHECKED int sysv_is_used(struct captured_process *p, bool *used, cairn_error *err);
json_t *describe_zombie(pid_t pid, cairn_error *err);

/* memory_policies.c: records the NUMA policies of the mappings, as the snapshot has them. */
CAIRN_CHECKED int describe_memory_policies(const struct captured_process *p, cairn_error *err);

/* sharing.c */
/* Refuses threads in other namespaces than those of the step's own pid 1. */
CAIRN_CHECKED int refuse_other_namespaces(const struct frozen *frozen, pid_t init,
                                          cairn_error *err);
/* Refuses processes that share memory, descriptors or working folder, and threads that do not share
 * them. Call it after capture_threads. A child of vfork shares its parent's memory too, but the
 * freeze has waited until vfork returned. */
CAIRN_CHECKED int refuse_sharing(struct captured_process *processes, size_t count,
                                 cairn_error *err);

/* landlock.c: refuses threads that have restricted themselves with Landlock. Call it after
 * capture_threads. */
CAIRN_CHECKED int refuse_landlock(struct captured_process *processes, size_t count,
                                  cairn_error *err);

/* memory.c */
/* Ends a child of p that shares p's memory and never ran, and makes p reap it. */
CAIRN_CHECKED int end_helper(struct captured_process *p, struct injector *in, long ns_pid,
                             cairn_error *err);
CAIRN_CHECKED int capture_maps(struct captured_process *p, cairn_error *err);
/* Clones the memory copy-on-write; p->memory_of is then the snapshot. */
CAIRN_CHECKED int capture_snapshot(struct captured_process *p, cairn_error *err);
void drop_snapshot(struct captured_process *p);

#endif
