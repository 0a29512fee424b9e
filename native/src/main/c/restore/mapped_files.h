/* Finds the programs, libraries and other files that the processes run or map, on this host or else
 * beside the image. */
#ifndef CAIRN_RESTORE_MAPPED_FILES_H
#define CAIRN_RESTORE_MAPPED_FILES_H

#include "restore/restoration.h"

/* Fills r->mapped_files. Call it after fd_store_choose. Refuses a file that has changed since it
 * was mapped, unless it is kept. */
CAIRN_CHECKED int mapped_files_list(struct restoration *r, cairn_error *err);

/* In pid 1: opens the files at their numbers in the store. */
CAIRN_CHECKED int mapped_files_open(const struct restoration *r, cairn_error *err);

#endif
