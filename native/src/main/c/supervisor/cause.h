/* Why an attempt ended; the names are those of exit.json. */
#ifndef CAIRN_SUPERVISOR_CAUSE_H
#define CAIRN_SUPERVISOR_CAUSE_H

#include <stdbool.h>

enum cause {
    CAUSE_SUCCESS,
    CAUSE_FAILURE,
    CAUSE_TIMEOUT,
    CAUSE_OOM,
    CAUSE_KILLED,
    CAUSE_PREEMPTED,
    CAUSE_LOST,
    CAUSE_INTERRUPTED,
    CAUSE_PAUSED,
    CAUSE_CANCELLED,
    CAUSE_RESTORE_FAILED,
    CAUSE_FILES_CHANGED, /* by others: nothing was restored */
};

const char *cause_name(enum cause cause);
bool cause_parse(const char *name, enum cause *out);

#endif
