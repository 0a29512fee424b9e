/* What a step's process tree is to run. */
#ifndef CAIRN_SANDBOX_TREE_SPEC_H
#define CAIRN_SANDBOX_TREE_SPEC_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "common/error.h"
#include "common/path_map.h"

/* Receives the step's file changes. */
struct tree_listener {
    void *context;
    /* The step's pid 1 has its filter, whose listener (handed over) is answered from now on; -1
     * where the host refuses one, and why_not says so. */
    int (*listen)(void *context, int listener, pid_t init, const char *why_not, cairn_error *err);
    /* All is in place, and the step is about to run: what it changes from now on counts. */
    void (*begin)(void *context);
};

struct tree_spec {
    char *const *argv;
    char *const *envp;
    const json_t *renewals; /* {NAME: {"was": [VALUE...], "now": VALUE}}: variables that a restored
                               tree has outdated, or NULL */
    const char *cwd;
    int stdin_fd, stdout_fd, stderr_fd; /* ignored with pty */
    bool pty; /* the step's terminal: a private devpts, its master in tree.pty_master */
    unsigned short rows, cols;
    /* of a fresh root process, as its caller had it; rlim_max 0: as ours */
    struct rlimit open_files;
    bool baseline_cpu;                    /* envp holds libraries to it */
    const struct tree_listener *listener; /* NULL: nobody */
    const struct path_map *moved; /* of a restored tree, where its paths lead now; or NULL */
    bool accept_changed;          /* a restored tree may read other files than before */
    bool deny_io_uring;           /* io_uring_setup fails with ENOSYS */
    bool namespaces; /* false: run plainly below a pid 1 that is only a process (engines app and
                        none on hosts without user namespaces); such a tree cannot be captured */
};

#endif
