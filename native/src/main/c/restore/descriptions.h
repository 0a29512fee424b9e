/* Open files as the kernel has them: one position and one set of flags for any number of
 * descriptors. */
#ifndef CAIRN_RESTORE_DESCRIPTIONS_H
#define CAIRN_RESTORE_DESCRIPTIONS_H

#include "restore/restoration.h"

/* In pid 1: opens each description again at its number in the store. Call it after the objects and
 * terminals. */
CAIRN_CHECKED int descriptions_open(const struct restoration *r, cairn_error *err);

#endif
