#include "proc/vdso.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "proc/proc.h"

int vdso_digest(char out[33], cairn_error *err)
{
    auto_proc_maps struct proc_maps maps = {0};
    int rc = proc_read_maps(getpid(), &maps, err);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < maps.count; i++) {
        if (strcmp(maps.maps[i].path, "[vdso]") != 0)
            continue;
        const void *start = (const void *)(uintptr_t)maps.maps[i].start;
        XXH128_hash_t hash = XXH3_128bits(start, maps.maps[i].end - maps.maps[i].start);
        snprintf(out, 33, "%016llx%016llx", (unsigned long long)hash.high64,
                 (unsigned long long)hash.low64);
        return 0;
    }
    return cairn_fail(err, CAIRN_EHOST, "this host's processes have no vdso (vdso=0?)");
}
