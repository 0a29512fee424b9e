/* What the mapped files hold, so that another host's copies of them can be recognised. */
#ifndef CAIRN_CAPTURE_CONTENTS_H
#define CAIRN_CAPTURE_CONTENTS_H

#include <jansson.h>

#include "common/error.h"

/* Adds `file_content` to the mappings of META's processes, for files that are still as they were
 * noted. Reads files, and so is for when the step goes on. */
CAIRN_CHECKED int contents_describe(json_t *processes, cairn_error *err);

#endif
