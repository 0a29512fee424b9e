/* What a step's process tree is to run. */
#ifndef CAIRN_SANDBOX_TREE_SPEC_H
#define CAIRN_SANDBOX_TREE_SPEC_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/resource.h>

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
    bool baseline_cpu; /* envp holds libraries to it */
    bool namespaces;   /* false: run plainly below a pid 1 that is only a process (engines app and
                          none on hosts without user namespaces); such a tree cannot be captured */
};

#endif
