/* A record as JSON: native/docs/rollback.md. */
#ifndef CAIRN_ROLLBACK_FORMAT_H
#define CAIRN_ROLLBACK_FORMAT_H

#include <jansson.h>

#include "common/error.h"
#include "rollback/node.h"

CAIRN_CHECKED int rb_format(const struct rb_record *record, json_t **out, cairn_error *err);

/* Trusts nothing: paths stay below their tree, parents come before children, references are in
 * range. *out is to be freed with rb_record_free, also after a failure. */
CAIRN_CHECKED int rb_parse(const json_t *json, struct rb_record *out, cairn_error *err);

#endif
