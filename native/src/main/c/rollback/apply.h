/* Checks and applies a roll-back over plain folders; rollback.h does it for images. */
#ifndef CAIRN_ROLLBACK_APPLY_H
#define CAIRN_ROLLBACK_APPLY_H

#include <jansson.h>

#include "common/error.h"
#include "rollback/options.h"

CAIRN_CHECKED int rb_check_at(const json_t *record, int image_fd,
                              const struct rollback_others *others, cairn_error *err);
CAIRN_CHECKED int rb_apply_at(const json_t *record, int image_fd,
                              const struct rollback_others *others, int undone_fd,
                              cairn_error *err);

#endif
