#include "supervisor/moved_home.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FOLDERS_IN_HOME 5 /* runs/RUN/steps/STEP/checkpoints */

static void strip_last(char *path)
{
    *strrchr(path, '/') = '\0';
}

static void strip_common(struct moved_home *home)
{
    for (int i = 0; i < FOLDERS_IN_HOME; i++) {
        const char *a = strrchr(home->from, '/'), *b = strrchr(home->to, '/');
        if (!a || !b || a == home->from || b == home->to || strcmp(a, b) != 0)
            return;
        strip_last(home->from);
        strip_last(home->to);
    }
}

void moved_home_add(struct moved_home *home, const char *was, int now_fd, struct path_map *map)
{
    char link[48], mapped[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", now_fd);
    ssize_t len = readlink(link, home->to, sizeof home->to - 1);
    if (!was || was[0] != '/' || len <= 0 || strlen(was) >= sizeof home->from)
        return;
    home->to[len] = '\0';
    strcpy(home->from, was);
    if (strcmp(home->from, home->to) == 0 || path_map_apply(map, was, mapped))
        return;
    strip_common(home);
    if (!path_map_add(map, home->from, home->to)) {
        /* a full map keeps the pairs that the user gave */
    }
}
