#include "supervisor/cause.h"

#include <stddef.h>
#include <string.h>

static const char *const NAMES[] = {
    [CAUSE_SUCCESS] = "success",
    [CAUSE_FAILURE] = "failure",
    [CAUSE_TIMEOUT] = "timeout",
    [CAUSE_OOM] = "oom",
    [CAUSE_KILLED] = "killed",
    [CAUSE_PREEMPTED] = "preempted",
    [CAUSE_LOST] = "lost",
    [CAUSE_INTERRUPTED] = "interrupted",
    [CAUSE_PAUSED] = "paused",
    [CAUSE_CANCELLED] = "cancelled",
    [CAUSE_RESTORE_FAILED] = "restore_failed",
    [CAUSE_FILES_CHANGED] = "files_changed",
};

const char *cause_name(enum cause cause)
{
    return NAMES[cause];
}

bool cause_parse(const char *name, enum cause *out)
{
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (strcmp(NAMES[i], name) == 0) {
            *out = (enum cause)i;
            return true;
        }
    }
    return false;
}
