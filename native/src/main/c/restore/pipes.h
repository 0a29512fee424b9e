/* Restores pipes and their queued data. */
#ifndef CAIRN_RESTORE_PIPES_H
#define CAIRN_RESTORE_PIPES_H

#include "restore/restoration.h"

/* Restores all descriptions of the pipe to which description `first` belongs. */
CAIRN_CHECKED int pipe_restore(const struct restoration *r, size_t first, cairn_error *err);

#endif
