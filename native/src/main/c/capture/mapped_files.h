/* Records the content of mapped files, so that a restore recognises another host's copies of them,
 * and keeps some of them. */
#ifndef CAIRN_CAPTURE_MAPPED_FILES_H
#define CAIRN_CAPTURE_MAPPED_FILES_H

#include <jansson.h>

#include "capture/binaries.h"
#include "common/error.h"

/* Adds `file_content` to the mappings in META's processes, if the file is unchanged since it was
 * noted. Keeps programs and libraries and adds `kept` and `exe_kept` (keeping NULL: keeps none). It
 * reads files, so call it after the pause. */
CAIRN_CHECKED int mapped_files_describe(json_t *processes, struct keeping *keeping,
                                        cairn_error *err);

#endif
