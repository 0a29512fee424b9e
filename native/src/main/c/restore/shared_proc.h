/* Files of /proc that several descriptors share. Such a file can be opened only once its subject
 * exists, so a process of the step opens it: the first process that has it opens it, and sends it
 * to the others through a socket, which is at its number in the store until then. */
#ifndef CAIRN_RESTORE_SHARED_PROC_H
#define CAIRN_RESTORE_SHARED_PROC_H

#include "restore/restoration.h"

bool shared_proc_is(const json_t *description);

/* Of pid 1: puts the socket at its number. */
CAIRN_CHECKED int shared_proc_prepare(int number, cairn_error *err);

/* The process's own, at their numbers in the store. Processes come in the order of the image. */
CAIRN_CHECKED int shared_proc_take(const struct restoration *r, struct restored_process *p,
                                   cairn_error *err);

/* Opens a file of /proc in the process, under any number. */
CAIRN_CHECKED int proc_file_open(struct restored_process *p, const json_t *description,
                                 bool close_on_exec, long *out, cairn_error *err);

#endif
