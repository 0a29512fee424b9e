/* The one seccomp filter of a step. It reports system calls that change files before they happen,
 * and answers some calls as if the kernel did not have them. */
#ifndef CAIRN_JOURNAL_FILTER_H
#define CAIRN_JOURNAL_FILTER_H

#include <stdbool.h>

#include "common/error.h"

struct filter_spec {
    bool tell_changes;  /* calls that change files wait for a listener's answer */
    bool deny_io_uring; /* io_uring_setup fails with ENOSYS, because the filter cannot see what a
                         * ring does */
};

/* Installs the filter in the step's pid 1, which has CAP_SYS_ADMIN in its user namespace. It holds
 * for pid 1 and all processes below. *listener reports the changes. It is -1 if none are wanted, or
 * if the host refuses a listener (another listener above us, or Linux before 5.9). Then io_uring is
 * still denied, and *why_not (of `size` bytes) says what is not covered. */
CAIRN_CHECKED int filter_install(const struct filter_spec *spec, int *listener, char *why_not,
                                 size_t size, cairn_error *err);

#endif
