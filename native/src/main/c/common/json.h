/* Reading untrusted JSON: the type and bounds of every value are checked before it is used.
 *
 * json_need_*  the key must be there json_may_*   absent or null leaves *out as it was, so that a
 * default is set beforehand; a value that is present must fit
 *
 * A failure is EINVAL and names the key ("pid" is missing; "umask" is 1000, not 0 to 511); callers
 * say where the object was with cairn_fail_within. Strings, arrays and objects that are returned
 * belong to the document.
 */
#ifndef CAIRN_COMMON_JSON_H
#define CAIRN_COMMON_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/* One object, without duplicate keys. `what` names the document in errors. The caller decrefs
 * (json_auto_t). */
CAIRN_CHECKED int json_parse_object(const char *text, size_t len, const char *what, json_t **out,
                                    cairn_error *err);
/* As json_read_text for the file dirfd/name. A file of more than `limit` bytes is EFBIG, a missing
 * one ENOENT. */
CAIRN_CHECKED int json_read_object(int dirfd, const char *name, size_t limit, json_t **out,
                                   cairn_error *err);

CAIRN_CHECKED int json_need_int(const json_t *object, const char *key, int64_t min, int64_t max,
                                int64_t *out, cairn_error *err);
CAIRN_CHECKED int json_may_int(const json_t *object, const char *key, int64_t min, int64_t max,
                               int64_t *out, cairn_error *err);

/* A number from 0 to INT64_MAX, the largest JSON integer that is accepted. */
CAIRN_CHECKED int json_need_u64(const json_t *object, const char *key, uint64_t *out,
                                cairn_error *err);
CAIRN_CHECKED int json_may_u64(const json_t *object, const char *key, uint64_t *out,
                               cairn_error *err);
CAIRN_CHECKED int json_need_u32(const json_t *object, const char *key, uint32_t *out,
                                cairn_error *err);

/* All 64 bits, as "0x1f". The form is for addresses and masks, and readable for people. */
json_t *json_hex(uint64_t value);
CAIRN_CHECKED int json_need_hex(const json_t *object, const char *key, uint64_t *out,
                                cairn_error *err);

CAIRN_CHECKED int json_need_bool(const json_t *object, const char *key, bool *out,
                                 cairn_error *err);
CAIRN_CHECKED int json_may_bool(const json_t *object, const char *key, bool *out, cairn_error *err);

/* At most `most` bytes, no NUL inside. */
CAIRN_CHECKED int json_need_string(const json_t *object, const char *key, size_t most,
                                   const char **out, cairn_error *err);
CAIRN_CHECKED int json_may_string(const json_t *object, const char *key, size_t most,
                                  const char **out, cairn_error *err);

/* At most `most` elements, of any type. */
CAIRN_CHECKED int json_need_array(const json_t *object, const char *key, size_t most, json_t **out,
                                  cairn_error *err);
CAIRN_CHECKED int json_may_array(const json_t *object, const char *key, size_t most, json_t **out,
                                 cairn_error *err);
CAIRN_CHECKED int json_need_object(const json_t *object, const char *key, json_t **out,
                                   cairn_error *err);
CAIRN_CHECKED int json_may_object(const json_t *object, const char *key, json_t **out,
                                  cairn_error *err);

#endif
