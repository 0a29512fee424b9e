#include "supervisor/oom.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/io.h"

#define COUNTER "oom_kill "

/* The counter in a file of "name value" lines; -1 when it cannot be read. */
static int64_t read_counter(const char *path)
{
    auto_free char *text = NULL;
    if (io_read_file(AT_FDCWD, path, 1 << 20, &text, NULL, NULL) != 0)
        return -1;
    for (char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, COUNTER, strlen(COUNTER)) == 0)
            return strtoll(line + strlen(COUNTER), NULL, 10);
    }
    return -1;
}

static bool watch(struct oom_watch *w, const char *folder, const char *group, const char *file)
{
    int len = snprintf(w->path, sizeof w->path, "%s%s%s", folder, group, file);
    w->at_start = len < (int)sizeof w->path ? read_counter(w->path) : -1;
    return w->at_start >= 0;
}

/* A line of /proc/self/cgroup: ID:CONTROLLERS:PATH, without controllers in version 2. */
static bool watch_group(struct oom_watch *w, char *line)
{
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(++controllers, ':') : NULL;
    if (!group)
        return false;
    *group++ = '\0';
    if (strcmp(controllers, "memory") == 0)
        return watch(w, "/sys/fs/cgroup/memory", group, "/memory.oom_control");
    return *controllers == '\0' && watch(w, "/sys/fs/cgroup", group, "/memory.events");
}

void oom_watch_start(struct oom_watch *w)
{
    *w = (struct oom_watch){0};
    auto_free char *text = NULL;
    if (io_read_file(AT_FDCWD, "/proc/self/cgroup", 1 << 16, &text, NULL, NULL) == 0) {
        char *rest;
        for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
            if (watch_group(w, line))
                return;
    }
    w->path[0] = '\0';
}

bool oom_happened(const struct oom_watch *w)
{
    return w->path[0] != '\0' && read_counter(w->path) > w->at_start;
}
