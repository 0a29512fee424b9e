#include "proc/vdso.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "proc/proc.h"

void vdso_of(const uint8_t *code, size_t len, struct vdso *out)
{
    XXH128_hash_t hash = XXH3_128bits(code, len);
    snprintf(out->digest, sizeof out->digest, "%016llx%016llx", (unsigned long long)hash.high64,
             (unsigned long long)hash.low64);
    snprintf(out->name, sizeof out->name, "%s", out->digest);
    const Elf64_Ehdr *elf = (const Elf64_Ehdr *)code;
    const Elf64_Phdr *segments = (const Elf64_Phdr *)(code + elf->e_phoff);
    for (size_t i = 0; i < elf->e_phnum; i++)
        if (segments[i].p_type == PT_NOTE &&
            content_build_id_note(code + segments[i].p_offset, segments[i].p_filesz, out->name))
            return;
}

int vdso_here(struct vdso *out, cairn_error *err)
{
    auto_proc_maps struct proc_maps maps = {0};
    int rc = proc_read_maps(getpid(), &maps, err);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < maps.count; i++) {
        const struct proc_map *map = &maps.maps[i];
        if (strcmp(map->path, "[vdso]") == 0) {
            vdso_of((const uint8_t *)(uintptr_t)map->start, map->end - map->start, out);
            return 0;
        }
    }
    return cairn_fail(err, CAIRN_EHOST, "this host's processes have no vdso (vdso=0?)");
}
