/* What a program sets for itself by prctl and arch_prctl. A checkpoint asks for each setting, and a
 * restore sets it again. Each setting is a line of the table in settings.c. */
#ifndef CAIRN_TASK_SETTINGS_H
#define CAIRN_TASK_SETTINGS_H

#include <jansson.h>

#include "task/trace.h"

/* Whether a setting belongs to a thread or a process, and when a restore sets it. */
enum setting_when {
    SETTING_OF_THREAD,  /* while the thread still has all capabilities */
    SETTING_OF_PROCESS, /* when all threads of the process exist */
    SETTING_LAST        /* for a process, after everything else: it forbids, or is undone by, what a
                         * restore does */
};

struct setting {
    const char *key; /* its name in META, in the process or thread */
    enum setting_when when;
    long nr; /* SYS_prctl or SYS_arch_prctl */
    int get;
    uint64_t get_argument;
    bool written; /* the answer goes to the address in argument 2; otherwise it is returned */
    int set;      /* argument 1 */
    uint64_t set_command; /* argument 2, if the value follows it; 0: the value comes first */
    uint64_t first; /* the bits of the value that form the first argument; the next argument has the
                     * others */
    bool optional;  /* refusal by a host changes speed or hardening, not results */
};

extern const struct setting settings[];
extern const size_t setting_count;

/* Adds to `out` the task's settings, those of the thread or those of the process. A setting that
 * the kernel does not know is absent. */
CAIRN_CHECKED int settings_capture(struct injector *in, bool of_thread, json_t *out,
                                   cairn_error *err);
/* Sets the values in `json` that differ in the task. */
CAIRN_CHECKED int settings_restore(struct injector *in, enum setting_when when, const json_t *json,
                                   cairn_error *err);

#endif
