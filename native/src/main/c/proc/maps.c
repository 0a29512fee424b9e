/* Memory maps: /proc/PID/maps and smaps. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "proc/proc.h"

#define MAPS_LIMIT (256u << 20)

void proc_maps_free(struct proc_maps *maps)
{
    for (size_t i = 0; i < maps->count; i++)
        free(maps->maps[i].path);
    free(maps->maps);
    *maps = (struct proc_maps){0};
}

/* Decodes the \012 that the kernel prints for a newline in a path. */
static void unescape_path(char *path)
{
    char *to = path;
    for (char *from = path; *from; from++, to++) {
        if (strncmp(from, "\\012", 4) == 0) {
            *to = '\n';
            from += 3;
        } else {
            *to = *from;
        }
    }
    *to = '\0';
}

static bool parse_map_line(const char *line, struct proc_map *out)
{
    char perms[5];
    int path_at = 0;
    unsigned long long start, end, offset, inode;
    if (sscanf(line, "%llx-%llx %4s %llx %x:%x %llu%n", &start, &end, perms, &offset,
               &out->dev_major, &out->dev_minor, &inode, &path_at) < 7 ||
        path_at == 0 || end <= start)
        return false;
    out->start = start;
    out->end = end;
    out->offset = offset;
    out->inode = inode;
    out->prot = (perms[0] == 'r' ? PROT_READ : 0) | (perms[1] == 'w' ? PROT_WRITE : 0) |
                (perms[2] == 'x' ? PROT_EXEC : 0);
    out->shared = perms[3] == 's';
    const char *path = line + path_at;
    while (*path == ' ')
        path++;
    out->path = strdup(path);
    if (out->path)
        unescape_path(out->path);
    return out->path != NULL;
}

static uint32_t parse_flags(const char *text)
{
    static const struct {
        char name[3];
        uint32_t flag;
    } known[] = {{"dc", VMF_DONTFORK},   {"wf", VMF_WIPEONFORK}, {"pf", VMF_PFNMAP},
                 {"io", VMF_IO},         {"lo", VMF_LOCKED},     {"gd", VMF_GROWSDOWN},
                 {"nh", VMF_NOHUGEPAGE}, {"hg", VMF_HUGEPAGE},   {"dd", VMF_DONTDUMP},
                 {"ht", VMF_HUGETLB},    {"sr", VMF_SEQUENTIAL}, {"rr", VMF_RANDOM},
                 {"mg", VMF_MERGEABLE},  {"dp", VMF_DROPPABLE},  {"nr", VMF_NORESERVE},
                 {"sl", VMF_SEALED},     {"lf", VMF_LOCKONFAULT}};
    uint32_t flags = 0;
    for (const char *at = text; *at;) {
        while (*at == ' ')
            at++;
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            if (strncmp(at, known[k].name, 2) == 0)
                flags |= known[k].flag;
        while (*at && *at != ' ')
            at++;
    }
    return flags;
}

static int append_map(struct proc_maps *maps, const char *line, const char *file, cairn_error *err)
{
    if ((maps->count & (maps->count - 1)) == 0) {
        size_t room = maps->count ? maps->count * 2 : 1;
        struct proc_map *grown = realloc(maps->maps, room * sizeof *grown);
        if (!grown)
            return cairn_fail(err, ENOMEM, "out of memory reading %s", file);
        maps->maps = grown;
    }
    struct proc_map *map = &maps->maps[maps->count];
    memset(map, 0, sizeof *map);
    if (!parse_map_line(line, map))
        return cairn_fail(err, EINVAL, "%s has a line of an unknown form: %.200s", file, line);
    maps->count++;
    return 0;
}

static int read_maps(pid_t pid, const char *name, struct proc_maps *out, cairn_error *err)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    auto_free char *text = NULL;
    int rc = io_read_file(AT_FDCWD, path, MAPS_LIMIT, &text, NULL, err);
    if (rc != 0)
        return rc;
    auto_proc_maps struct proc_maps maps = {0};
    char *rest = text;
    for (char *line; rc == 0 && (line = strsep(&rest, "\n"));) {
        /* The attribute lines of smaps start with a capital, the maps themselves with a hex digit.
         */
        if (isdigit((unsigned char)line[0]) || (line[0] >= 'a' && line[0] <= 'f'))
            rc = append_map(&maps, line, path, err);
        else if (maps.count > 0 && strncmp(line, "VmFlags:", 8) == 0)
            maps.maps[maps.count - 1].flags = parse_flags(line + 8);
    }
    if (rc != 0)
        return rc;
    *out = maps;
    maps = (struct proc_maps){0};
    return 0;
}

int proc_read_maps(pid_t pid, struct proc_maps *out, cairn_error *err)
{
    return read_maps(pid, "maps", out, err);
}

int proc_read_smaps(pid_t pid, struct proc_maps *out, cairn_error *err)
{
    return read_maps(pid, "smaps", out, err);
}

int proc_read_link(const char *path, char **out, cairn_error *err)
{
    char buf[PATH_MAX + 64];
    ssize_t n = readlink(path, buf, sizeof buf - 1);
    if (n < 0)
        return cairn_fail_errno(err, "reading the link %s", path);
    if ((size_t)n >= sizeof buf - 1)
        return cairn_fail(err, ENAMETOOLONG, "reading the link %s", path);
    buf[n] = '\0';
    *out = strdup(buf);
    return *out ? 0 : cairn_fail(err, ENOMEM, "out of memory reading %s", path);
}

bool proc_map_is_kernel(const struct proc_map *map)
{
    return strcmp(map->path, "[vdso]") == 0 || strncmp(map->path, "[vvar", 5) == 0 ||
           strcmp(map->path, "[vsyscall]") == 0;
}
