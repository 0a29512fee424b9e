/* Inside capture/: what is known of each process during the pause. */
#ifndef CAIRN_CAPTURE_CAPTURED_H
#define CAIRN_CAPTURE_CAPTURED_H

#include <jansson.h>

#include "proc/proc.h"
#include "task/cpu.h"
#include "task/freeze.h"
#include "task/trace.h"

struct captured_thread {
    pid_t tid, ns_tid;
    int stopped;          /* the signal that had stopped it before the freeze, or 0 */
    struct cpu_state cpu; /* as found; freeze_release knows how to continue it */
    uint64_t signal_mask;
    bool changed; /* its registers or mask are currently set by us */
};

struct captured_process {
    pid_t pid, ns_pid, session;
    struct captured_thread *threads;
    size_t thread_count;
    struct injector injector; /* on the leader */
    uint8_t scratch_saved[INJECT_SCRATCH];
    struct proc_maps maps;
    uint32_t space;                  /* number of its address space in the image */
    struct captured_process *parent; /* in the tree; NULL below pid 1 */
    bool adopted;                    /* born of another than its parent */
    pid_t memory_of;                 /* the process whose memory is read: the snapshot, or itself */
    bool snapshot;                   /* memory_of is a snapshot, to be killed */
    bool subreaper;
    unsigned
        filters_above; /* seccomp filters of the step's pid 1, which a restored one has again */
    json_t *json;      /* its entry in META's "processes" */
};

/* threads.c: everything about the threads of a process, into its "threads". Leaves the leader ready
 * for injecting (signals blocked, scratch chosen). */
CAIRN_CHECKED int capture_threads(struct captured_process *p, const struct frozen *frozen,
                                  size_t first, size_t count, cairn_error *err);
json_t *describe_capabilities(const struct proc_status *status);
/* Restores the step's own bytes in the scratch memory, before its memory is read. */
CAIRN_CHECKED int put_back_scratch(struct captured_process *p, cairn_error *err);
/* Gives every thread its registers, mask and scratch back. Never fails for a live thread. */
void put_back_threads(struct captured_process *p);

/* process.c: what belongs to the process as a whole. */
CAIRN_CHECKED int capture_process(struct captured_process *p, cairn_error *err);
/* Whether its parent has yet to wait for its stop, or for its continuing. */
CAIRN_CHECKED int capture_wait_state(struct captured_process *p, cairn_error *err);
/* Whether there are SysV objects in the step's ipc namespace, seen from any of its processes. */
CAIRN_CHECKED int sysv_is_used(struct captured_process *p, bool *used, cairn_error *err);
json_t *describe_zombie(pid_t pid, cairn_error *err);

/* memory_policies.c: of its mappings, as its snapshot has them. */
CAIRN_CHECKED int describe_memory_policies(const struct captured_process *p, cairn_error *err);

/* sharing.c */
/* Threads in other namespaces than the step's own pid 1. */
CAIRN_CHECKED int refuse_other_namespaces(const struct frozen *frozen, pid_t init,
                                          cairn_error *err);
/* Processes that share memory, descriptors or working folder, and threads that do not; after
 * capture_threads. A vfork shares its memory too, but the freeze has waited for its end. */
CAIRN_CHECKED int refuse_sharing(struct captured_process *processes, size_t count,
                                 cairn_error *err);

/* landlock.c: threads that have restricted themselves; after capture_threads. */
CAIRN_CHECKED int refuse_landlock(struct captured_process *processes, size_t count,
                                  cairn_error *err);

/* memory.c */
/* Ends a child of p that shares its memory and never ran, and has p reap it. */
CAIRN_CHECKED int end_helper(struct captured_process *p, struct injector *in, long ns_pid,
                             cairn_error *err);
CAIRN_CHECKED int capture_maps(struct captured_process *p, cairn_error *err);
/* Clones the memory copy-on-write; p->memory_of is then the snapshot. */
CAIRN_CHECKED int capture_snapshot(struct captured_process *p, cairn_error *err);
void drop_snapshot(struct captured_process *p);

#endif
