/* The vdso: code that the kernel maps into every process. A restored program continues to call the
 * addresses that it looked up, so both hosts must have the same vdso. */
#ifndef CAIRN_PROC_VDSO_H
#define CAIRN_PROC_VDSO_H

#include <stddef.h>

#include "common/error.h"
#include "proc/content_id.h"

/* At its start a kernel replaces some instructions by processor-specific ones (RDPID, RDTSCP) of
 * the same length. So vdsos of one build have the same functions at the same addresses, but not
 * always the same bytes. */
struct vdso {
    char digest[33];            /* digest of every byte (XXH3-128, hex), for a thread that is
                                 * stopped inside the vdso */
    char name[CONTENT_ID_SIZE]; /* its build id; its digest if it has none */
};
void vdso_of(const uint8_t *code, size_t len, struct vdso *out);
CAIRN_CHECKED int vdso_here(struct vdso *out, cairn_error *err);

#endif
