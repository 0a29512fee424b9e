/* For trees without a pid namespace, whose processes do not end together with a pid 1. */
#ifndef CAIRN_TASK_DESCENDANTS_H
#define CAIRN_TASK_DESCENDANTS_H

#include <sys/types.h>

/* Sends SIGKILL to every descendant of a process until none is left. */
void kill_descendants(pid_t ancestor);

#endif
