/* What inotify descriptors watch. */
#ifndef CAIRN_RESTORE_INOTIFY_H
#define CAIRN_RESTORE_INOTIFY_H

#include "restore/restoration.h"

/* In pid 1: without a watch, so that it hears nothing of the restore. */
CAIRN_CHECKED int inotify_open_description(int64_t flags, int number, cairn_error *err);
/* Once every process is as it was, each watch under its number. */
CAIRN_CHECKED int inotify_restore_watches(const struct restoration *r, cairn_error *err);

#endif
