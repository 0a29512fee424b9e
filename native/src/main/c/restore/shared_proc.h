/* Files of /proc that several descriptors share. Such a file can be opened only once its process
 * exists. So the first process that has it opens it, and sends it to the others through a socket.
 * Until then the socket takes the file's number in the store. */
#ifndef CAIRN_RESTORE_SHARED_PROC_H
#define CAIRN_RESTORE_SHARED_PROC_H

#include "restore/restoration.h"

bool shared_proc_is(const json_t *description);

/* In pid 1: puts the socket at the file's number. */
CAIRN_CHECKED int shared_proc_prepare(int number, cairn_error *err);

/* Opens the process's own files at their numbers in the store. Call it for processes in the order
 * of the image. */
CAIRN_CHECKED int shared_proc_take(const struct restoration *r, struct restored_process *p,
                                   cairn_error *err);

/* Opens a file of /proc in the process, under any number. */
CAIRN_CHECKED int proc_file_open(struct restored_process *p, const json_t *description,
                                 bool close_on_exec, long *out, cairn_error *err);

#endif
