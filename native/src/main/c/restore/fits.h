/* Can an image be restored on this host? */
#ifndef CAIRN_RESTORE_FITS_H
#define CAIRN_RESTORE_FITS_H

#include <jansson.h>
#include <stdbool.h>

#include "common/error.h"

/* The version of META that this build writes and reads. */
#define META_VERSION 1

/* Checks the host against META of a native image: format version, processor, page size, kernel.
 * CAIRN_EIMAGE_VERSION or CAIRN_EIMAGE_FOREIGN say what does not fit. Touches nothing. */
CAIRN_CHECKED int restore_fits_machine(const json_t *meta, cairn_error *err);

/* As above. Also checks that all mapped code is unchanged or kept beside the image, and that every
 * other mapped file exists. */
CAIRN_CHECKED int restore_fits_host(const json_t *meta, int image_fd, cairn_error *err);

/* Checks that the file that is open as fd is still the one that a process of the image maps or
 * runs. accept_changed: accepts another file, unless it is code. */
CAIRN_CHECKED int restore_fits_file(const json_t *map, const char *path, int fd,
                                    bool accept_changed, cairn_error *err);

/* Checks that the host's own file is still the mapped one. Otherwise sets *kept if an intact copy
 * lies beside the image, or fails. */
CAIRN_CHECKED int restore_find_file(const json_t *map, int image_fd, bool accept_changed,
                                    bool *kept, cairn_error *err);

#endif
