/* Inside restore/: a tree on its way back.
 *
 * Two sides work on it. Pid 1, a fork of the supervisor inside the new namespaces, opens every
 * description, object and mapped file in plain C (fd_store.c) under high numbers, and forks a stub
 * for each process that is its child. The supervisor then traces the stubs and makes everything
 * else happen in them by injected calls: every process inherits the high numbers from its parent
 * and picks its own from them. So nothing needs to be passed around, and no code of ours has to fit
 * into a stranger's address space but one page, the trampoline.
 */
#ifndef CAIRN_RESTORE_RESTORATION_H
#define CAIRN_RESTORE_RESTORATION_H

#include <jansson.h>

#include "image/image.h"
#include "sandbox/tree.h"
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
    bool vanished; /* not in the image: the leader of a session that outlived it. It is made, has
                      the session's processes born in it, and ends */
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
    uint64_t trampoline;      /* TRAMPOLINE_BYTES that are free in every process */
    uint64_t kernel_stopover; /* room for the vdso and its data while they move */
    uint64_t kernel_bytes;
    json_t *mapped_files; /* array of {path, file_size, file_mtime_ns, kept}: every file mapped
                             privately or read-only; "stand_in" where the kept one is taken */
    struct cpu_features cpu_there, cpu_here;
    int64_t clock_lead; /* of the step's CLOCK_MONOTONIC over ours, ns */
    int fd_store; /* number of the first description; then the objects, then the mapped files, then
                programs */
};

/* One page of code (a system call instruction), one of scratch. */
#define TRAMPOLINE_BYTES 8192

struct range {
    uint64_t start, end;
};
struct ranges {
    struct range *ranges;
    size_t count;
};
int range_by_start(const void *a, const void *b); /* for qsort */
CAIRN_CHECKED int ranges_add(struct ranges *list, struct range range, cairn_error *err);
void ranges_free(struct ranges *list);
#define auto_ranges __attribute__((cleanup(ranges_free)))

/* Parsing META, and what follows from it for all processes. */
CAIRN_CHECKED int restoration_open(struct restoration *r, const struct tree_spec *spec,
                                   const image_reader *image, cairn_error *err);
void restoration_close(struct restoration *r);
struct restored_process *restoration_find(const struct restoration *r, pid_t ns_pid);

/* Numbers in the store. */
int fd_store_description(const struct restoration *r, int64_t id);
int fd_store_object(const struct restoration *r, uint32_t space);
/* kept: as META names it, or NULL. */
int fd_store_mapped_file(const struct restoration *r, const char *path, const char *kept);

/* fd_store.c, in pid 1: struct init_restorer's make_roots; context is the restoration. */
pid_t roots_make(void *context, int pty_slave, cairn_error *err);

bool description_is_kind(const json_t *description, const char *kind);
/* Puts a descriptor at its number in the store. */
CAIRN_CHECKED int fd_store_place(int fd, int number, cairn_error *err);
/* pipes.c: all descriptions of the pipe that description `first` is of. */
CAIRN_CHECKED int pipe_restore(const struct restoration *r, size_t first, cairn_error *err);
/* unix_sockets.c: description `i` and, where the step has it, its peer. */
CAIRN_CHECKED int unix_socket_restore(const struct restoration *r, size_t i, cairn_error *err);
/* inet_sockets.c: connections first, since nobody may listen at their ports by then; then the
 * others. */
CAIRN_CHECKED int inet_connections_restore(const struct restoration *r, cairn_error *err);
CAIRN_CHECKED int inet_socket_restore(const struct restoration *r, size_t i, cairn_error *err);
/* epoll.c: what every epoll watches. */
CAIRN_CHECKED int epoll_restore_watches(const struct restoration *r, cairn_error *err);

/* locks.c: locks that belong to descriptions, in pid 1; and those of a process, once it has closed
 * all that it has to close: any descriptor of a file that it closes gives up its locks on it. */
CAIRN_CHECKED int locks_restore_of_descriptions(const struct restoration *r, cairn_error *err);
CAIRN_CHECKED int locks_restore_of_process(const struct restoration *r, struct restored_process *p,
                                           cairn_error *err);

/* memory.c */
CAIRN_CHECKED int memory_enter_trampoline(const struct restoration *r, struct restored_process *p,
                                          cairn_error *err);
CAIRN_CHECKED int memory_map(const struct restoration *r, struct restored_process *p,
                             cairn_error *err);
CAIRN_CHECKED int memory_fill(const struct restoration *r, const struct restored_process *p,
                              cairn_error *err);
/* Protection, advice, locks, and the kernel's notes of where things are. After all forks. */
CAIRN_CHECKED int memory_finish(const struct restoration *r, struct restored_process *p,
                                cairn_error *err);

/* space_reader.c: the bytes of a space of the image, by several threads. `write` is called with
 * each run. */
typedef int space_sink(void *context, const struct image_run *run, const void *bytes,
                       cairn_error *err);
CAIRN_CHECKED int space_read(const image_reader *image, uint32_t space, space_sink *sink,
                             void *context, unsigned threads, cairn_error *err);

/* family.c: forks, sessions, groups, zombies. */
CAIRN_CHECKED int family_make(struct restoration *r, pid_t init, cairn_error *err);

/* process.c, threads.c */
CAIRN_CHECKED int process_finish(const struct restoration *r, struct restored_process *p,
                                 cairn_error *err);
CAIRN_CHECKED int threads_make(const struct restoration *r, struct restored_process *p,
                               cairn_error *err);
CAIRN_CHECKED int threads_finish(const struct restoration *r, struct restored_process *p,
                                 cairn_error *err);
/* Ends the rseq that a fork of ours comes with: before its memory goes, into which the kernel would
 * go on writing. */
CAIRN_CHECKED int threads_forget_rseq(struct injector *in, cairn_error *err);
/* waits.c: a call in flight goes on for what is left of its time. Last of what the thread does for
 * us, and still in the trampoline. */
CAIRN_CHECKED int wait_resume(const struct restoration *r, const struct restored_process *p,
                              struct restored_thread *t, cairn_error *err);
/* For the next stop, about to be let go. */
CAIRN_CHECKED int wait_remember(const struct restoration *r, const struct restored_thread *t,
                                struct waits *waits, cairn_error *err);
/* Leaves the trampoline; the process runs after this. */
CAIRN_CHECKED int threads_leave(const struct restoration *r, struct restored_process *p,
                                cairn_error *err);

#endif
