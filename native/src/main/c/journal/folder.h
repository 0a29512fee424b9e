/* The folder `journal` beside a step's images: a log for each epoch, and `kept`, the copies and
 * links that their records refer to. */
#ifndef CAIRN_JOURNAL_FOLDER_H
#define CAIRN_JOURNAL_FOLDER_H

#include <stdint.h>

#include "common/error.h"

#define JOURNAL_FOLDER "journal"
#define JOURNAL_KEPT "kept"

/* Makes the folder (0700) if it is missing. */
CAIRN_CHECKED int folder_open(int checkpoints, int *out, cairn_error *err);
/* The largest epoch, or -1. */
CAIRN_CHECKED int folder_newest(int folder, int64_t *out, cairn_error *err);
/* The smallest epoch above `after`, or -1. */
CAIRN_CHECKED int folder_next(int folder, int64_t after, int64_t *out, cairn_error *err);
/* Removes the copies and links that epochs from this one on have kept. */
CAIRN_CHECKED int folder_drop_kept(int folder, uint32_t epoch, cairn_error *err);
/* Bytes on disk of the kept copies. */
CAIRN_CHECKED int folder_used(int folder, uint64_t *out, cairn_error *err);

#endif
