/* Merges two epochs when no image begins between them any more. */
#ifndef CAIRN_JOURNAL_MERGE_H
#define CAIRN_JOURNAL_MERGE_H

#include <stdint.h>

#include "common/error.h"

/* Adds the records of `later` to `earlier`, the epoch before it, as far as undoing needs them; then
 * removes `later`. After a kill, either both epochs are complete or one holds everything. Neither
 * may be appended to meanwhile. */
CAIRN_CHECKED int merge_epochs(int folder, uint32_t earlier, uint32_t later, cairn_error *err);

#endif
