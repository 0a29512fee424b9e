/* The programs, libraries and other files that the processes run or map, found on this host or else
 * beside the image. */
#ifndef CAIRN_RESTORE_MAPPED_FILES_H
#define CAIRN_RESTORE_MAPPED_FILES_H

#include "restore/restoration.h"

/* Fills r->mapped_files, after fd_store_choose. Each file is still the one that was mapped, or is
 * kept; anything else is refused. */
CAIRN_CHECKED int mapped_files_list(struct restoration *r, cairn_error *err);

/* In pid 1: opens them at their numbers in the store. */
CAIRN_CHECKED int mapped_files_open(const struct restoration *r, cairn_error *err);

#endif
