/* The vdso: code that the kernel maps into every process. A restored program goes on calling the
 * addresses that it has looked up, so that the one here must be the one there. */
#ifndef CAIRN_PROC_VDSO_H
#define CAIRN_PROC_VDSO_H

#include "common/error.h"

/* A digest of this host's vdso (XXH3-128, hex). */
CAIRN_CHECKED int vdso_digest(char out[33], cairn_error *err);

#endif
