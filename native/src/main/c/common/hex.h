/* Bytes as lower-case hex, for binary state inside JSON. */
#ifndef CAIRN_COMMON_HEX_H
#define CAIRN_COMMON_HEX_H

#include <stddef.h>

#include "common/error.h"

/* NUL-terminated; the caller frees; NULL when out of memory. */
char *hex_encode(const void *data, size_t len);
/* At most `limit` bytes; text may be NULL (an error). The caller frees *out. */
CAIRN_CHECKED int hex_decode(const char *text, size_t limit, void **out, size_t *len,
                             cairn_error *err);

#endif
