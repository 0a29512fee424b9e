/* A step's process tree: its own namespaces, our pid 1, and the step's processes below it.
 *
 * tree_start and tree_restore (restore/restore.h) make one; capture/ images it. The thread that
 * makes a tree is the parent of its pid 1, which dies with that thread. Only that thread may trace
 * the tree.
 */
#ifndef CAIRN_SANDBOX_TREE_H
#define CAIRN_SANDBOX_TREE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"
#include "sandbox/namespaces.h"
#include "sandbox/tree_spec.h"
#include "task/cpu.h"
#include "task/waits.h"

/* Programs and libraries kept beside the images (restore/binaries.h). Each member is NULL if there
 * are none. */
struct kept_binaries {
    json_t *paths; /* by name: the path of the original. A restored tree may have mapped the kept
                    * copy */
    json_t *stand_ins; /* the paths for which a restore used the kept copies */
    json_t *known;     /* names by version of a file; a known version need not be read again */
    json_t *contents;  /* by content: what a mapping must record of the file once it has no name */
};

struct tree {
    pid_t init;       /* pid of the tree's pid 1, as the maker sees it */
    int init_pidfd;   /* readable when pid 1 has ended */
    int status_fd;    /* readable when the step's root process has ended: see tree_status */
    int pty_master;   /* -1 without pty */
    pid_t root_in_ns; /* pid of the root process inside its pid namespace */
    bool namespaces;
    struct namespace_clocks clock_leads; /* lead of the step's clocks over ours */
    struct waits waits;                  /* timed calls under way, remembered from one freeze to the
                                          * next */
    struct cpu_demand cpu;
    struct kept_binaries kept;
    struct frozen *frozen; /* between tree_freeze and tree_thaw, else NULL */
};

/* How the root process ended, from its wait status. */
struct tree_end {
    bool signalled;
    int code; /* exit code, or signal number */
};

/* 1 and *end if the root process has ended, 0 while it runs, negative on error (pid 1 was killed:
 * CAIRN_EGONE). Never blocks. */
CAIRN_CHECKED int tree_status(struct tree *t, struct tree_end *end, cairn_error *err);

/* Sends a signal to the root process (group = false) or to all of the tree. */
CAIRN_CHECKED int tree_signal(const struct tree *t, int signo, bool everyone, cairn_error *err);

/* Approximate memory that belongs to its processes alone. */
int64_t tree_private_bytes(const struct tree *t);

/* Stops or continues the whole tree for the lease guard, even while a capture reads its snapshots.
 * The tree notices only that time has passed. */
CAIRN_CHECKED int tree_freeze(struct tree *t, cairn_error *err);
void tree_thaw(struct tree *t);
/* Tries again to release threads that wait in the kernel. True if some could still not be released.
 */
bool tree_has_stuck(struct tree *t);

/* Kills pid 1 and thereby the tree, waits for its end, and closes the descriptors. */
void tree_destroy(struct tree *t);

#endif
