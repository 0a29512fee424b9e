/* Finds out that a home, or a run's folder, was moved after an image was made, so that nobody has
 * to say so. */
#ifndef CAIRN_SUPERVISOR_MOVED_HOME_H
#define CAIRN_SUPERVISOR_MOVED_HOME_H

#include "common/path_map.h"

/* The highest folder that moved: both paths without the folders at their ends that are the same, of
 * which there are at most five below a home. */
struct moved_home {
    char from[PATH_MAX], to[PATH_MAX];
};

/* was: path of the folder of images when the image was made, or NULL; now_fd: that folder now. Adds
 * nothing if the path is the same, or if a pair of the map covers it. */
void moved_home_add(struct moved_home *home, const char *was, int now_fd, struct path_map *map);

#endif
