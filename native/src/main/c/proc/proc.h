/* What /proc shows of processes, parsed and bounded. `pid` is always as the caller's /proc shows
 * it. */
#ifndef CAIRN_PROC_PROC_H
#define CAIRN_PROC_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"

/* Fields of /proc/PID/stat. */
struct proc_stat {
    pid_t pid, ppid, pgrp, session;
    char comm[64];
    char state;
    int tty; /* device number of the controlling terminal, 0 for none */
    pid_t tpgid;
    bool forked;         /* the process runs its parent's program: it has not called exec */
    uint64_t start_time; /* clock ticks since boot */
    uint64_t start_code, end_code, start_stack, start_data, end_data, start_brk;
    uint64_t arg_start, arg_end, env_start, env_end;
    int exit_signal; /* the signal that its parent gets at its end */
    int exit_code;   /* as in wait status */
};
CAIRN_CHECKED int proc_read_stat(pid_t pid, struct proc_stat *out, cairn_error *err);

/* Fields of /proc/PID/task/TID/status. Ids are those of the task's own pid namespace. */
struct proc_status {
    pid_t ns_pid, ns_tid, ns_pgrp, ns_session;
    pid_t tgid, tracer;       /* as the reader sees them */
    uint64_t ignored, caught; /* bit n-1 = signal n */
    unsigned seccomp;         /* 0 none, 1 strict, 2 filter */
    unsigned seccomp_filters; /* how many (Linux 5.9) */
    bool no_new_privs;
    unsigned uid[4], gid[4]; /* real, effective, saved, file system */
    uint64_t cap_inh, cap_prm, cap_eff, cap_bnd, cap_amb;
    unsigned umask;
    uint64_t locked_kb;          /* memory that may not be paged out */
    uint64_t voluntary_switches; /* how often the thread has left the processor to wait */
};
CAIRN_CHECKED int proc_read_status(pid_t pid, pid_t tid, struct proc_status *out, cairn_error *err);

/* Whether the process forbids reading its memory (PR_SET_DUMPABLE), or runs a program whose file
 * mode does so. Its /proc then belongs to root. */
bool proc_is_undumpable(pid_t pid);

struct proc_list {
    int *numbers;
    size_t count;
};
void proc_list_free(struct proc_list *list);
#define auto_proc_list __attribute__((cleanup(proc_list_free)))

/* All descendants of a process, itself not included, zombies included; parents before children. */
CAIRN_CHECKED int proc_descendants(pid_t ancestor, struct proc_list *out, cairn_error *err);
/* The children that one thread has made, zombies included. Reliable only while the thread and its
 * children are stopped. ENOENT if the thread is gone, or on a kernel without CONFIG_PROC_CHILDREN.
 */
CAIRN_CHECKED int proc_children(pid_t pid, pid_t tid, struct proc_list *out, cairn_error *err);
/* The threads of a process, the leader first. */
CAIRN_CHECKED int proc_threads(pid_t pid, struct proc_list *out, cairn_error *err);
/* The open descriptors of a process, ascending. */
CAIRN_CHECKED int proc_descriptors(pid_t pid, struct proc_list *out, cairn_error *err);

/* VmFlags of smaps that matter to a checkpoint. */
enum proc_vm_flag {
    VMF_DONTFORK = 1 << 0,     /* dc */
    VMF_WIPEONFORK = 1 << 1,   /* wf */
    VMF_PFNMAP = 1 << 2,       /* pf */
    VMF_IO = 1 << 3,           /* io */
    VMF_LOCKED = 1 << 4,       /* lo */
    VMF_GROWSDOWN = 1 << 5,    /* gd */
    VMF_NOHUGEPAGE = 1 << 6,   /* nh */
    VMF_HUGEPAGE = 1 << 7,     /* hg */
    VMF_DONTDUMP = 1 << 8,     /* dd */
    VMF_HUGETLB = 1 << 9,      /* ht */
    VMF_SEQUENTIAL = 1 << 10,  /* sr */
    VMF_RANDOM = 1 << 11,      /* rr */
    VMF_MERGEABLE = 1 << 12,   /* mg */
    VMF_DROPPABLE = 1 << 13,   /* dp */
    VMF_NORESERVE = 1 << 14,   /* nr */
    VMF_SEALED = 1 << 15,      /* sl */
    VMF_LOCKONFAULT = 1 << 16, /* lf */
};

struct proc_map {
    uint64_t start, end, offset;
    int prot; /* PROT_* */
    bool shared;
    unsigned dev_major, dev_minor;
    uint64_t inode;
    char *path;     /* as the kernel prints it, "" for anonymous; "[heap]", "[vdso]", ...; may end
                     * in " (deleted)" */
    uint32_t flags; /* enum proc_vm_flag; only from proc_read_smaps */
};
struct proc_maps {
    struct proc_map *maps;
    size_t count;
};
void proc_maps_free(struct proc_maps *maps);
#define auto_proc_maps __attribute__((cleanup(proc_maps_free)))
/* /proc/PID/maps: cheap. */
CAIRN_CHECKED int proc_read_maps(pid_t pid, struct proc_maps *out, cairn_error *err);
/* /proc/PID/smaps, with the flags. The kernel walks the page tables for it, so do not call it
 * during the pause. */
CAIRN_CHECKED int proc_read_smaps(pid_t pid, struct proc_maps *out, cairn_error *err);

/* Whether the kernel owns the bytes of a mapping: the vdso and its data. */
bool proc_map_is_kernel(const struct proc_map *map);

/* The target of a link such as /proc/PID/fd/3, NUL-terminated; the caller frees. */
CAIRN_CHECKED int proc_read_link(const char *path, char **out, cairn_error *err);

#endif
