#include "restore/memory_policy.h"

#include <stdlib.h>

#include "common/cleanup.h"
#include "common/hex.h"
#include "common/json.h"

#define MOST_BYTES 512

int memory_policy_write(const struct injector *in, const json_t *json, const char *key,
                        struct memory_policy *out, cairn_error *err)
{
    json_t *policy = NULL;
    int64_t mode;
    const char *hex;
    *out = (struct memory_policy){0};
    int rc = json_may_object(json, key, &policy, err);
    if (rc != 0 || !policy)
        return rc;
    rc = json_need_int(policy, "mode", 0, INT32_MAX, &mode, err);
    if (rc == 0)
        rc = json_need_string(policy, "nodes", 2 * MOST_BYTES, &hex, err);
    auto_free void *nodes = NULL;
    size_t len;
    if (rc == 0)
        rc = hex_decode(hex, MOST_BYTES, &nodes, &len, err);
    if (rc == 0)
        rc = inject_write(in, in->scratch, nodes, len, err);
    if (rc == 0)
        *out = (struct memory_policy){(uint64_t)mode, len * 8};
    return rc;
}
