/* A tree that is being restored: what META says of it, and what follows from that for all of its
 * processes. Inside restore/.
 *
 * Two sides take part. Pid 1, a fork of the supervisor inside the new namespaces, opens every
 * description, object and mapped file in plain C under numbers of its own (fd_store.h), and forks a
 * stub for each process that is its child (roots.h). The supervisor then traces the stubs and makes
 * everything else happen in them by injected calls. Every process inherits the open descriptors
 * from its parent and keeps its own ones, so nothing needs to be passed around. The only code of
 * ours in a restored address space is one page, the trampoline.
 */
#ifndef CAIRN_RESTORE_RESTORATION_H
#define CAIRN_RESTORE_RESTORATION_H

#include <jansson.h>

#include "image/image.h"
#include "sandbox/tree_spec.h"
#include "task/cpu.h"
#include "task/trace.h"

struct restored_thread {
    pid_t tid;
    const json_t *json;
    struct cpu_state cpu;
};

struct restored_process {
    const json_t *json;
    pid_t ns_pid, ns_ppid, session, pgrp;
    bool zombie;
    bool vanished; /* not in the image: the leader of a session that outlived it. The restore makes
                    * it, lets it make the session's processes, and ends it */
    bool adopted;  /* by its parent, a subreaper, from another session */
    bool shares;   /* some of its pages are its parent's: it is forked once those are filled */
    uint32_t space;
    struct restored_process *parent; /* NULL below pid 1 */
    pid_t pid;                       /* 0 until it exists */
    struct injector injector;
    struct restored_thread *threads;
    size_t thread_count;
};

struct restoration {
    const struct tree_spec *spec;
    const image_reader *image;
    json_t *meta;
    struct restored_process *processes;
    size_t process_count;
    uint64_t trampoline;      /* TRAMPOLINE_BYTES of addresses that are free in every process */
    uint64_t kernel_stopover; /* addresses for the vdso and its data while they move */
    uint64_t kernel_bytes;
    json_t *mapped_files; /* array of {path, file_size, file_mtime_ns, kept}: every file mapped
                           * privately or read-only; "stand_in" if the kept copy is used */
    struct cpu_features cpu_there, cpu_here;
    int64_t clock_lead; /* of the step's CLOCK_MONOTONIC over ours, ns */
    int fd_store;       /* the first number of the store (fd_store.h) */
    struct proc_list own_descriptors;
};

/* One page with code (a system call instruction), and one of scratch memory. */
#define TRAMPOLINE_BYTES 8192

/* Reads META and finds addresses for the trampoline. Call fd_store_choose and mapped_files_list
 * next. */
CAIRN_CHECKED int restoration_open(struct restoration *r, const struct tree_spec *spec,
                                   const image_reader *image, cairn_error *err);
void restoration_close(struct restoration *r);
struct restored_process *restoration_find(const struct restoration *r, pid_t ns_pid);

#endif
