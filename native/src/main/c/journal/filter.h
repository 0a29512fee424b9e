/* The one seccomp filter of a step. It reports system calls that change files before they happen,
 * and answers some calls as if the kernel did not have them. */
#ifndef CAIRN_JOURNAL_FILTER_H
#define CAIRN_JOURNAL_FILTER_H

#include <stdbool.h>

#include "common/error.h"

struct filter_spec {
    bool tell_changes;  /* calls that change files wait for a listener's answer */
    bool deny_io_uring; /* io_uring_setup fails with ENOSYS: what its rings do would not be seen */
};

/* In the step's pid 1, which has CAP_SYS_ADMIN in its user namespace: the filter holds for it and
 * for all that it forks. *listener is where changes are told; -1 where none are to be, or where the
 * host refuses a listener (another one above us; before Linux 5.9): then io_uring is still denied,
 * and *why_not (of `size` bytes) says what is not covered. */
CAIRN_CHECKED int filter_install(const struct filter_spec *spec, int *listener, char *why_not,
                                 size_t size, cairn_error *err);

#endif
