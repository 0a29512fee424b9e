/* The mappings of a process: what they are, may become and hold. */
#include "parts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
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
    unsigned long start, end, offset, inode, page_size, key;
    char perms[8], device[16], path[4200], flags[128], policy[64];
};

static void observe_mapping(const struct mapping *m)
{
    if (!m->end)
        return;
    observe("map.%lx to-%lx %s %#lx", m->start, m->end, m->perms, m->offset);
    if (m->inode)
        observe("map.%lx.of {inode:%s-%lx} %s", m->start, m->device, m->inode,
                text_of(m->path, strlen(m->path)));
    else
        observe("map.%lx.of - %s", m->start, text_of(m->path, strlen(m->path)));
    observe("map.%lx.flags%s", m->start, m->flags);
    if (*m->policy)
        observe("map.%lx.policy %s", m->start, m->policy);
    observe("map.%lx.pages of-%lukB key-%lu", m->start, m->page_size, m->key);
    if (m->start >= OBSERVED_MEMORY_START && m->end <= OBSERVED_MEMORY_END)
        observe_content(m->start, m->end);
}

/* Neighbours that differ in nothing that counts are one: where the kernel divides them is chance.
 */
static bool goes_on(const struct mapping *m, const struct mapping *next)
{
    return m->end == next->start && m->inode == next->inode &&
           (!m->inode || m->offset + (m->end - m->start) == next->offset) &&
           m->page_size == next->page_size && m->key == next->key &&
           strcmp(m->perms, next->perms) == 0 && strcmp(m->path, next->path) == 0 &&
           strcmp(m->device, next->device) == 0 && strcmp(m->flags, next->flags) == 0 &&
           strcmp(m->policy, next->policy) == 0;
}

static void add_mapping(struct mapping *before, const struct mapping *next)
{
    if (goes_on(before, next)) {
        before->end = next->end;
    } else {
        observe_mapping(before);
        *before = *next;
    }
}

static void note_flags(struct mapping *m, char *flags)
{
    char *flag;
    m->flags[0] = '\0';
    while ((flag = strsep(&flags, " "))) {
        if (!*flag || ignored("vmflag", flag))
            continue;
        strncat(m->flags, " ", sizeof m->flags - strlen(m->flags) - 1);
        strncat(m->flags, flag, sizeof m->flags - strlen(m->flags) - 1);
    }
}

/* From which nodes its memory comes, where it says so itself. */
static void note_policy(struct mapping *m)
{
    int mode = 0;
    unsigned long nodes[16] = {0};
    if (syscall(SYS_get_mempolicy, &mode, nodes, 1024, m->start, 2 /* MPOL_F_ADDR */) == 0 && mode)
        snprintf(m->policy, sizeof m->policy, "%#x %#lx", mode, nodes[0]);
}

void observe_mappings(void)
{
    static struct mapping before, m;
    char *at = slurp("/proc/self/smaps", NULL), *line;
    before = m = (struct mapping){0};
    while (at && (line = strsep(&at, "\n")) && *line) {
        struct mapping next = {0};
        if (sscanf(line, "%lx-%lx %7s %lx %15s %lu %4199[^\n]", &next.start, &next.end, next.perms,
                   &next.offset, next.device, &next.inode, next.path) >= 6 &&
            next.end) {
            m = next;
            if (strcmp(m.path, "[heap]") ==
                0) /* stat tells where it is; what lies beside it, none */
                m.path[0] = '\0';
        } else if (sscanf(line, "KernelPageSize: %lu", &m.page_size) == 1 ||
                   sscanf(line, "ProtectionKey: %lu", &m.key) == 1) {
        } else if (strncmp(line, "VmFlags:", 8) == 0) {
            note_flags(&m, line + 8);
            note_policy(&m);
            add_mapping(&before, &m);
        }
    }
    observe_mapping(&before);
}
