/* Pipes and what is queued in them. */
#ifndef CAIRN_RESTORE_PIPES_H
#define CAIRN_RESTORE_PIPES_H

#include "restore/restoration.h"

/* All descriptions of the pipe that description `first` is of. */
CAIRN_CHECKED int pipe_restore(const struct restoration *r, size_t first, cairn_error *err);

#endif
