/* Two epochs become one, when no image begins between them any more. */
#ifndef CAIRN_JOURNAL_MERGE_H
#define CAIRN_JOURNAL_MERGE_H

#include <stdint.h>

#include "common/error.h"

/* What `later` holds is added to `earlier`, the epoch before it, as far as undoing that needs it;
 * then `later` goes. Killed in between, either both are whole or one of them has it all. Nothing
 * may be appending to either. */
CAIRN_CHECKED int merge_epochs(int folder, uint32_t earlier, uint32_t later, cairn_error *err);

#endif
