#include <errno.h>
#include <stdio.h>

#include "cairn.h"
#include "common/error.h"
#include "common/process.h"
#include "sandbox/tree.h"

int cairn_host_report(char **json, cairn_error *err)
{
    return tree_host_report(json, err);
}

int cairn_host_identity(char **json, cairn_error *err)
{
    char boot_id[BOOT_ID_BYTES];
    uint64_t pid_ns;
    int rc = process_pid_space(boot_id, &pid_ns, err);
    if (rc != 0)
        return rc;
    if (asprintf(json, "{\"boot_id\":\"%s\",\"pid_ns\":%llu}", boot_id,
                 (unsigned long long)pid_ns) < 0)
        return cairn_fail(err, ENOMEM, "out of memory");
    return 0;
}

int cairn_process_start_time(int64_t pid, int64_t *out, cairn_error *err)
{
    struct process_identity identity;
    if (pid <= 0 || pid > INT32_MAX)
        return cairn_fail(err, CAIRN_EGONE, "%lld is no pid", (long long)pid);
    int rc = process_identify((pid_t)pid, &identity, err);
    if (rc == 0)
        *out = identity.start_time;
    return rc;
}
