/* Open files as the kernel has them: one position and one set of flags, however many descriptors
 * share them. */
#ifndef CAIRN_RESTORE_DESCRIPTIONS_H
#define CAIRN_RESTORE_DESCRIPTIONS_H

#include "restore/restoration.h"

/* In pid 1: opens each again, at its number in the store; the objects and terminals are there
 * already. */
CAIRN_CHECKED int descriptions_open(const struct restoration *r, cairn_error *err);

#endif
