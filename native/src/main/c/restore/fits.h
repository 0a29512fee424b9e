/* Can an image be restored on this host? */
#ifndef CAIRN_RESTORE_FITS_H
#define CAIRN_RESTORE_FITS_H

#include <jansson.h>
#include <stdbool.h>

#include "common/error.h"

/* Of META, as this build writes and reads it. */
#define META_VERSION 1

/* Asks META of a native image: format version, processor, page size, kernel.
 * CAIRN_EIMAGE_VERSION or CAIRN_EIMAGE_FOREIGN say what does not fit. Touches nothing. */
CAIRN_CHECKED int restore_fits_machine(const json_t *meta, cairn_error *err);

/* That, and whether all mapped code is still what was mapped, or is kept beside the image, and
 * every other mapped file is there. */
CAIRN_CHECKED int restore_fits_host(const json_t *meta, int image_fd, cairn_error *err);

/* A file that a process of the image maps or runs: is the one open as fd still the same?
 * accept_changed: another one will do, unless it is code. */
CAIRN_CHECKED int restore_fits_file(const json_t *map, const char *path, int fd,
                                    bool accept_changed, cairn_error *err);

/* Is the host's own still the same? Else *kept, where a sound copy is kept beside the image; what
 * is neither is refused. */
CAIRN_CHECKED int restore_find_file(const json_t *map, int image_fd, bool accept_changed,
                                    bool *kept, cairn_error *err);

#endif
