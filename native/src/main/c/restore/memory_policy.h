/* The NUMA nodes from which the memory of a thread or a mapping must come. */
#ifndef CAIRN_RESTORE_MEMORY_POLICY_H
#define CAIRN_RESTORE_MEMORY_POLICY_H

#include <jansson.h>

#include "task/trace.h"

struct memory_policy {
    uint64_t mode;
    uint64_t maxnode; /* in the form that system calls take; 0: there is no policy */
};

/* Reads the policy under `key`, and writes its nodes to the scratch memory. */
CAIRN_CHECKED int memory_policy_write(const struct injector *in, const json_t *json,
                                      const char *key, struct memory_policy *out, cairn_error *err);

#endif
