/* Records from which nodes the memory of mappings must come (mbind), read from numa_maps. A mapping
 * without a policy shows the policy of the thread that made the snapshot, which is the first thread
 * of its process.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "capture/captured.h"
#include "common/cleanup.h"
#include "common/hex.h"
#include "common/io.h"
#include "common/json.h"

#define NUMA_MAPS_LIMIT (256u << 20)
#define NODES 1024

struct policy {
    int mode;
    uint64_t nodes[NODES / 64];
};

/* The kernel's names. A name precedes the names that it begins with. */
static const struct {
    const char *name;
    int mode;
} modes[] = {{"prefer (many)", 5}, {"weighted interleave", 6}, {"prefer", 1},
             {"bind", 2},          {"interleave", 3},          {"local", 4}};
static const struct {
    const char *name;
    int flag; /* MPOL_F_* */
} mode_flags[] = {{"static", 1 << 15}, {"relative", 1 << 14}, {"balancing", 1 << 13}};

/* "0-3,5" */
static void read_nodes(const char *at, struct policy *out)
{
    for (char *end; *at >= '0' && *at <= '9'; at = *end == ',' ? end + 1 : end) {
        unsigned long first = strtoul(at, &end, 10), last = first;
        if (*end == '-')
            last = strtoul(end + 1, &end, 10);
        for (unsigned long node = first; node <= last && node < NODES; node++)
            out->nodes[node / 64] |= 1ull << node % 64;
    }
}

/* Parses a policy such as "bind=static:0-3". Leaves mode 0 (no policy) for a name that is not in
 * the list. */
static void read_policy(const char *at, struct policy *out)
{
    *out = (struct policy){0};
    for (size_t i = 0; i < sizeof modes / sizeof *modes && !out->mode; i++)
        if (strncmp(at, modes[i].name, strlen(modes[i].name)) == 0) {
            out->mode = modes[i].mode;
            at += strlen(modes[i].name);
        }
    while (out->mode && (*at == '=' || *at == '|')) {
        at++;
        for (size_t i = 0; i < sizeof mode_flags / sizeof *mode_flags; i++)
            if (strncmp(at, mode_flags[i].name, strlen(mode_flags[i].name)) == 0)
                out->mode |= mode_flags[i].flag;
        at += strcspn(at, "=|: ");
    }
    if (out->mode && *at == ':')
        read_nodes(at + 1, out);
}

static json_t *policy_to_json(const struct policy *policy)
{
    auto_free char *hex = hex_encode(policy->nodes, sizeof policy->nodes);
    return json_pack("{s:i, s:s}", "mode", policy->mode, "nodes", hex ? hex : "");
}

int describe_memory_policies(const struct captured_process *p, cairn_error *err)
{
    char path[64];
    auto_free char *text = NULL;
    cairn_error why = {0};
    const json_t *maps = json_object_get(p->json, "maps");
    const json_t *threads = json_object_get(p->json, "threads"),
                 *common = json_object_get(json_array_get(threads, 0), "memory_policy");
    snprintf(path, sizeof path, "/proc/%d/numa_maps", p->memory_of);
    int rc = io_read_file(AT_FDCWD, path, NUMA_MAPS_LIMIT, &text, NULL, &why);
    if (rc != 0) /* -ENOENT: a kernel without NUMA nodes */
        return rc == -ENOENT ? 0 : cairn_fail(err, why.code, "%s", why.message);
    char *rest = text, *line;
    for (size_t i = 0; i < p->maps.count && (line = strsep(&rest, "\n"));) {
        struct policy policy;
        char *name;
        uint64_t start = strtoull(line, &name, 16);
        while (i < p->maps.count && p->maps.maps[i].start < start)
            i++;
        if (i == p->maps.count || p->maps.maps[i].start != start || *name != ' ')
            continue;
        read_policy(name + 1, &policy);
        json_auto_t *json = policy_to_json(&policy);
        if (policy.mode && !json_equal(json, common))
            json_object_set(json_array_get(maps, i), "policy", json);
    }
    return 0;
}
