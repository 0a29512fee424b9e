#include "restore/environment.h"

#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "common/cleanup.h"
#include "common/json.h"

/* More bytes than the kernel allows for a program's environment. */
#define BLOCK_LIMIT (8u << 20)

static bool read_block(const struct restored_process *p, uint64_t at, char *block, size_t len)
{
    const struct iovec local = {block, len}, remote = {(void *)(uintptr_t)at, len};
    return process_vm_readv(p->pid, &local, 1, &remote, 1, 0) == (ssize_t)len;
}

static void write_value(const struct restored_process *p, uint64_t at, const char *value,
                        size_t len)
{
    const struct iovec local = {(void *)value, len}, remote = {(void *)(uintptr_t)at, len};
    /* A process that has unmapped or protected its environment cannot read the variables there
     * either. */
    if (process_vm_writev(p->pid, &local, 1, &remote, 1, 0) < 0)
        return;
}

static bool has_text(const json_t *texts, const char *text)
{
    size_t i;
    const json_t *item;
    json_array_foreach(texts, i, item)
    {
        if (strcmp(json_string_value(item), text) == 0)
            return true;
    }
    return false;
}

/* The entry's value, if it must be renewed, and its new value. */
static char *renewable(const json_t *renewals, char *entry, const char **now)
{
    char *value = strchr(entry, '=');
    if (!value)
        return NULL;
    *value++ = '\0';
    const json_t *renewal = json_object_get(renewals, entry);
    *now = json_string_value(json_object_get(renewal, "now"));
    bool fits =
        *now && has_text(json_object_get(renewal, "was"), value) && strlen(*now) <= strlen(value);
    return fits ? value : NULL;
}

void environment_renew(const struct restoration *r, const struct restored_process *p)
{
    uint64_t start, end;
    const json_t *renewals = r->spec->renewals, *layout = json_object_get(p->json, "layout");
    if (json_object_size(renewals) == 0 || json_need_hex(layout, "env_start", &start, NULL) != 0 ||
        json_need_hex(layout, "env_end", &end, NULL) != 0 || end <= start ||
        end - start > BLOCK_LIMIT)
        return;
    size_t len = end - start;
    auto_free char *block = malloc(len + 1);
    if (!block || !read_block(p, start, block, len))
        return;
    block[len] = '\0';
    for (char *entry = block, *next; entry < block + len; entry = next) {
        next = entry + strlen(entry) + 1;
        const char *now = NULL;
        char *value = renewable(renewals, entry, &now);
        if (!value || next > block + len)
            continue;
        size_t room = strlen(value);
        memset(value, 0, room);
        memcpy(value, now, strlen(now));
        write_value(p, start + (uint64_t)(value - block), value, room);
    }
}
