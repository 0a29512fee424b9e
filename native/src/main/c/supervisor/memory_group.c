#include "supervisor/memory_group.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"

static char *read_file(const struct memory_group *g, const char *file)
{
    char path[4300], *text = NULL;
    snprintf(path, sizeof path, "%s/%s", g->folder, file);
    return io_read_file(AT_FDCWD, path, 1 << 20, &text, NULL, NULL) == 0 ? text : NULL;
}

/* Whether the mount shows the group. In a container with cgroup version 1 the path is the host's,
 * but the mount shows only the container's part.
 */
static bool is_there(struct memory_group *g, const char *mount, const char *group, bool unified)
{
    char path[4300];
    const char *const groups[] = {group, ""};
    g->unified = unified;
    g->mount = strlen(mount);
    for (size_t i = 0; i < 2; i++) {
        int len = snprintf(g->folder, sizeof g->folder, "%s%s", mount, groups[i]);
        if (len >= (int)sizeof g->folder)
            continue;
        while (len > 0 && g->folder[len - 1] == '/')
            g->folder[--len] = '\0';
        snprintf(path, sizeof path, "%s/%s", g->folder,
                 unified ? "memory.events" : "memory.oom_control");
        if (access(path, R_OK) == 0)
            return true;
    }
    return false;
}

/* A line of /proc/self/cgroup is ID:CONTROLLERS:PATH. CONTROLLERS is empty for version 2. */
static bool find_in_line(struct memory_group *out, char *line)
{
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(++controllers, ':') : NULL;
    if (!group)
        return false;
    *group++ = '\0';
    if (strcmp(controllers, "memory") == 0)
        return is_there(out, "/sys/fs/cgroup/memory", group, false);
    return *controllers == '\0' && is_there(out, "/sys/fs/cgroup", group, true);
}

bool memory_group_find(struct memory_group *out)
{
    auto_free char *text = NULL;
    char *rest;
    if (io_read_file(AT_FDCWD, "/proc/self/cgroup", 1 << 16, &text, NULL, NULL) != 0)
        return false;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (find_in_line(out, line))
            return true;
    return false;
}

bool memory_group_rise(struct memory_group *g)
{
    char *slash = strrchr(g->folder, '/');
    if (strlen(g->folder) <= g->mount || slash < g->folder + g->mount)
        return false;
    *slash = '\0';
    return true;
}

int64_t memory_group_number(const struct memory_group *g, const char *file)
{
    auto_free char *text = read_file(g, file);
    if (!text)
        return -1;
    return strncmp(text, "max", 3) == 0 ? INT64_MAX : strtoll(text, NULL, 10);
}

int64_t memory_group_counter(const struct memory_group *g, const char *file, const char *name)
{
    auto_free char *text = read_file(g, file);
    size_t len = strlen(name);
    for (char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, len) == 0 && line[len] == ' ')
            return strtoll(line + len, NULL, 10);
    }
    return -1;
}
