/* Describes the process tree that a step needs. */
#ifndef CAIRN_SANDBOX_TREE_SPEC_H
#define CAIRN_SANDBOX_TREE_SPEC_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "common/error.h"
#include "common/path_map.h"

/* Receives the reports of the step's file changes. */
struct tree_listener {
    void *context;
    /* Called when the step's pid 1 has its filter. The listener (handed over) must be answered from
     * now on; -1 if the host refuses one, and why_not gives the reason. */
    int (*listen)(void *context, int listener, pid_t init, const char *why_not, cairn_error *err);
    /* Called when the step is about to run. From now on its changes count. */
    void (*begin)(void *context);
};

struct tree_spec {
    char *const *argv;
    char *const *envp;
    const json_t *renewals; /* {NAME: {"was": [VALUE...], "now": VALUE}}: variables whose values a
                             * restored tree must replace, or NULL */
    const char *cwd;
    int stdin_fd, stdout_fd, stderr_fd; /* ignored with pty */
    bool pty; /* the step has a terminal: a private devpts, its master in tree.pty_master */
    unsigned short rows, cols;
    /* limits of a new root process, those of its caller; rlim_max 0: this process's limits */
    struct rlimit open_files;
    bool baseline_cpu;                    /* envp limits libraries to the baseline CPU */
    const struct tree_listener *listener; /* NULL: nobody */
    const struct path_map
        *moved;          /* for a restored tree, where its recorded paths lead now; or NULL */
    bool accept_changed; /* a restored tree may find other files than before */
    bool deny_io_uring;  /* io_uring_setup fails with ENOSYS */
    bool namespaces;     /* false: run without namespaces, below a pid 1 that is an ordinary process
                          * (engines app and none on hosts without user namespaces); such a tree cannot
                          * be captured */
};

#endif
