/* Address spaces: empties, maps and fills them. */
#ifndef CAIRN_RESTORE_MEMORY_H
#define CAIRN_RESTORE_MEMORY_H

#include "restore/restoration.h"

CAIRN_CHECKED int memory_enter_trampoline(const struct restoration *r, struct restored_process *p,
                                          cairn_error *err);
CAIRN_CHECKED int memory_map(const struct restoration *r, struct restored_process *p,
                             cairn_error *err);
CAIRN_CHECKED int memory_fill(const struct restoration *r, const struct restored_process *p,
                              cairn_error *err);
/* Sets protection, advice, locks, and the kernel's record of the memory areas. Call it after all
 * forks. */
CAIRN_CHECKED int memory_finish(const struct restoration *r, struct restored_process *p,
                                cairn_error *err);

#endif
