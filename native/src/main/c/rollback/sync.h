/* rollback_sync over plain folders: makes a record durable after the pause. */
#ifndef CAIRN_ROLLBACK_SYNC_H
#define CAIRN_ROLLBACK_SYNC_H

#include <jansson.h>

#include "common/error.h"
#include "rollback/options.h"

CAIRN_CHECKED int rb_sync_at(rollback_notes *notes, int image_fd, json_t **out, cairn_error *err);

#endif
