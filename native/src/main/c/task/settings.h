/* What a program sets of itself by prctl and arch_prctl: asked of it at a checkpoint, and set again
 * in what is restored. A setting is a line of the table in settings.c. */
#ifndef CAIRN_TASK_SETTINGS_H
#define CAIRN_TASK_SETTINGS_H

#include <jansson.h>

#include "task/trace.h"

/* Whether a setting belongs to a thread or a process, and when a restore sets it. */
enum setting_when {
    SETTING_OF_THREAD,  /* while the thread still has all capabilities */
    SETTING_OF_PROCESS, /* when all of its threads are there */
    SETTING_LAST        /* of a process, when everything else is done: it forbids, or is undone by,
                           what a restore does */
};

struct setting {
    const char *key; /* in META, of the process or thread */
    enum setting_when when;
    long nr; /* SYS_prctl or SYS_arch_prctl */
    int get;
    uint64_t get_argument;
    bool written;         /* the answer goes to where argument 2 points; else it is returned */
    int set;              /* argument 1 */
    uint64_t set_command; /* argument 2, before the value; 0: the value comes first */
    uint64_t first; /* the bits of the value that are the first argument; the next has the others */
    bool optional;  /* a host that refuses it changes speed or hardening, not results */
};

extern const struct setting settings[];
extern const size_t setting_count;

/* Adds to `out` what the task answers, of the settings of a thread or of those of a process. What
 * the kernel does not know is absent. */
CAIRN_CHECKED int settings_capture(struct injector *in, bool of_thread, json_t *out,
                                   cairn_error *err);
/* Sets what `json` has and the task has otherwise. */
CAIRN_CHECKED int settings_restore(struct injector *in, enum setting_when when, const json_t *json,
                                   cairn_error *err);

#endif
