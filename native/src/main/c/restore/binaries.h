/* Programs and libraries that are kept beside a step's images, for hosts that have other versions
 * by then: `binaries/NAME` in the folder of images, NAME being the digest of what it holds. META
 * names those of its image: "binaries", and "kept" in the mappings. */
#ifndef CAIRN_RESTORE_BINARIES_H
#define CAIRN_RESTORE_BINARIES_H

#include <jansson.h>
#include <stdint.h>

#include "common/error.h"

#define BINARIES_FOLDER "binaries"

/* Opens the folder, from the folder of an image; -1 and errno if there is none. */
int binaries_folder(int image_fd);

/* Opens a kept file for reading and executing. Refuses a link, and a file that another user than
 * the caller and root could have written. */
CAIRN_CHECKED int binaries_open(int folder_fd, const char *name, int *out, cairn_error *err);

/* Checks that a file's content matches its name, which is a digest. */
CAIRN_CHECKED int binaries_check(int folder_fd, const char *name, cairn_error *err);
/* The same for `path`, which is relative to the folder of an image. */
CAIRN_CHECKED int binaries_check_of(int image_fd, const char *name, const char *path,
                                    cairn_error *err);

struct binaries_total {
    size_t files;
    uint64_t bytes;
};
/* What META records of the kept files. */
struct binaries_total binaries_total(const json_t *meta);
/* Reads and checks every kept file that META names. */
CAIRN_CHECKED int binaries_verify(int image_fd, const json_t *meta, cairn_error *err);

/* Removes every file of the folder that is not among `names`, an object. A file that cannot be
 * removed now is removed another time. */
void binaries_sweep(int folder_fd, const json_t *names);

#endif
