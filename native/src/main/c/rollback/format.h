/* Reads and writes a record as JSON: native/docs/rollback.md. */
#ifndef CAIRN_ROLLBACK_FORMAT_H
#define CAIRN_ROLLBACK_FORMAT_H

#include <jansson.h>

#include "common/error.h"
#include "rollback/node.h"

CAIRN_CHECKED int rb_format(const struct rb_record *record, json_t **out, cairn_error *err);

/* Reads a record and trusts nothing in it: paths must stay below their tree, parents must come
 * before children, and references must be in range. Free *out with rb_record_free, also after a
 * failure. */
CAIRN_CHECKED int rb_parse(const json_t *json, struct rb_record *out, cairn_error *err);

#endif
