/* What inotify descriptors watch. */
#ifndef CAIRN_RESTORE_INOTIFY_H
#define CAIRN_RESTORE_INOTIFY_H

#include "restore/restoration.h"

/* In pid 1: makes it without a watch, so that it sees no event of the restore itself. */
CAIRN_CHECKED int inotify_open_description(int64_t flags, int number, cairn_error *err);
/* Adds each watch under its number. Call it once every process is restored. */
CAIRN_CHECKED int inotify_restore_watches(const struct restoration *r, cairn_error *err);

#endif
