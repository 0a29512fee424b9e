/* What the mapped files hold, so that another host's copies of them can be recognised, and which of
 * them are kept. */
#ifndef CAIRN_CAPTURE_MAPPED_FILES_H
#define CAIRN_CAPTURE_MAPPED_FILES_H

#include <jansson.h>

#include "capture/binaries.h"
#include "common/error.h"

/* Adds `file_content` to the mappings of META's processes, for files that are still as they were
 * noted, and keeps programs and libraries (keeping may be NULL: none): `kept`, `exe_kept`. Reads
 * files, so call it after the pause. */
CAIRN_CHECKED int mapped_files_describe(json_t *processes, struct keeping *keeping,
                                        cairn_error *err);

#endif
