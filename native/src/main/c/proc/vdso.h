/* The vdso: code that the kernel maps into every process. A restored program continues to call the
 * addresses that it looked up, so both hosts must have the same vdso. */
#ifndef CAIRN_PROC_VDSO_H
#define CAIRN_PROC_VDSO_H

#include <stddef.h>

#include "common/error.h"
#include "proc/content_id.h"

/* When a kernel starts it puts instructions of its processor (RDPID, RDTSCP) in place of others as
 * long: vdsos of one build have the same functions at the same addresses, and yet not always the
 * same bytes. */
struct vdso {
    char digest[33];            /* of every byte, for who stands within it (XXH3-128, hex) */
    char name[CONTENT_ID_SIZE]; /* its build id; where it has none, its digest */
};
void vdso_of(const uint8_t *code, size_t len, struct vdso *out);
CAIRN_CHECKED int vdso_here(struct vdso *out, cairn_error *err);

#endif
