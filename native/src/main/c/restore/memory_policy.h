/* From which nodes memory is to come: of a thread, or of a mapping. */
#ifndef CAIRN_RESTORE_MEMORY_POLICY_H
#define CAIRN_RESTORE_MEMORY_POLICY_H

#include <jansson.h>

#include "task/trace.h"

struct memory_policy {
    uint64_t mode;
    uint64_t maxnode; /* as the calls take it; 0: there is none */
};

/* The policy under `key`; its nodes are written to the scratch memory. */
CAIRN_CHECKED int memory_policy_write(const struct injector *in, const json_t *json,
                                      const char *key, struct memory_policy *out, cairn_error *err);

#endif
