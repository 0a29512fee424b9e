/* The mappings of a process: what they are, may become and hold. */
#include "parts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* By page, so that guards and holes in what can be read show where they are. */
static void observe_content(unsigned long start, unsigned long end)
{
    static uint8_t page[4096];
    static const uint8_t zeros[4096];
    int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    uint64_t hash = 0;
    for (unsigned long at = start; at < end; at += sizeof page) {
        if (pread(mem, page, sizeof page, (off_t)at) != (ssize_t)sizeof page)
            observe("map.%lx.unreadable %#lx", start, at - start);
        else if (memcmp(page, zeros, sizeof page) != 0)
            hash ^= hash_of(page, sizeof page, at);
    }
    observe("map.%lx.content %#lx", start, hash);
    close(mem);
}

struct mapping {
    unsigned long start, end, offset, inode;
    char perms[8], device[16], path[4200];
};

static void observe_mapping(const struct mapping *m)
{
    char identity[64] = "-";
    if (m->inode)
        snprintf(identity, sizeof identity, "{inode:%s-%lx}", m->device, m->inode);
    observe("map.%lx to-%lx %s %#lx %s %s", m->start, m->end, m->perms, m->offset, identity,
            text_of(m->path, strlen(m->path)));
}

static void observe_flags(const struct mapping *m, char *flags)
{
    char kept[256] = "", *flag;
    while ((flag = strsep(&flags, " "))) {
        if (!*flag || ignored("vmflag", flag))
            continue;
        strncat(kept, " ", sizeof kept - strlen(kept) - 1);
        strncat(kept, flag, sizeof kept - strlen(kept) - 1);
    }
    observe("map.%lx.flags%s", m->start, kept);
}

void observe_mappings(void)
{
    static struct mapping m;
    char *at = slurp("/proc/self/smaps", NULL), *line;
    while (at && (line = strsep(&at, "\n")) && *line) {
        struct mapping next = {0};
        if (sscanf(line, "%lx-%lx %7s %lx %15s %lu %4199[^\n]", &next.start, &next.end, next.perms,
                   &next.offset, next.device, &next.inode, next.path) >= 6 &&
            next.end) {
            m = next;
            observe_mapping(&m);
            if (m.start >= OBSERVED_MEMORY_START && m.end <= OBSERVED_MEMORY_END)
                observe_content(m.start, m.end);
        } else if (strncmp(line, "VmFlags:", 8) == 0) {
            observe_flags(&m, line + 8);
        } else if (strncmp(line, "THPeligible:", 12) == 0 ||
                   strncmp(line, "ProtectionKey:", 14) == 0 ||
                   strncmp(line, "KernelPageSize:", 15) == 0) {
            size_t name = strcspn(line, ":");
            char *value = line + name + 1;
            value += strspn(value, " ");
            observe("map.%lx.%.*s %s", m.start, (int)name, line, text_of(value, strlen(value)));
        }
    }
}
