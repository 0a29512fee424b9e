/* The memory control group of this process, which is that of its step: cgroup versions 1 and 2. */
#ifndef CAIRN_SUPERVISOR_MEMORY_GROUP_H
#define CAIRN_SUPERVISOR_MEMORY_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memory_group {
    char folder[4200];
    size_t mount; /* of the folder's path, what is above all groups */
    bool unified; /* version 2 */
};

/* false where there is none to be seen. */
bool memory_group_find(struct memory_group *out);

/* The group above; false above the last one that can be seen. */
bool memory_group_rise(struct memory_group *g);

/* The number in a file of the group; -1 when it cannot be read, INT64_MAX for no limit. */
int64_t memory_group_number(const struct memory_group *g, const char *file);
/* The number after `name` in a file of "name value" lines. */
int64_t memory_group_counter(const struct memory_group *g, const char *file, const char *name);

#endif
