/* The memory control group of this process, which is that of its step: cgroup versions 1 and 2. */
#ifndef CAIRN_SUPERVISOR_MEMORY_GROUP_H
#define CAIRN_SUPERVISOR_MEMORY_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memory_group {
    char folder[4200];
    size_t mount; /* length of the path's prefix that lies above all groups */
    bool unified; /* version 2 */
};

/* False if no group is visible. */
bool memory_group_find(struct memory_group *out);

/* Moves to the group above; false at the last one that is visible. */
bool memory_group_rise(struct memory_group *g);

/* Reads a number from a file of the group; -1 if it cannot be read, INT64_MAX for no limit. */
int64_t memory_group_number(const struct memory_group *g, const char *file);
/* Reads the number after `name` in a file of "name value" lines. */
int64_t memory_group_counter(const struct memory_group *g, const char *file, const char *name);

#endif
