/* Folders that lie elsewhere than when their paths were recorded: they were moved, or are mounted
 * in another place. */
#ifndef CAIRN_COMMON_PATH_MAP_H
#define CAIRN_COMMON_PATH_MAP_H

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"

#define PATH_MAP_MOST 64

/* Absolute paths without a slash at their end; the texts are the caller's. */
struct path_map {
    struct {
        const char *from, *to;
    } pairs[PATH_MAP_MOST];
    size_t count;
};

/* False where there is no room. */
bool path_map_add(struct path_map *m, const char *from, const char *to);
/* The pair with the longest `from` decides. False if the path stays as it is, or would be too
 * long. */
bool path_map_apply(const struct path_map *m, const char *path, char out[PATH_MAX]);

/* Translates all paths of META: those of descriptions, mappings, processes and recorded files. */
CAIRN_CHECKED int path_map_translate(const struct path_map *m, json_t *meta, cairn_error *err);

#endif
