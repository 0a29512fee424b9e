/* Programs and libraries that are kept beside a step's images, for hosts that have other ones by
 * then: `binaries/NAME` in the folder of images, NAME being the digest of what it holds. META names
 * those of its image: "binaries", and "kept" in the mappings. */
#ifndef CAIRN_RESTORE_BINARIES_H
#define CAIRN_RESTORE_BINARIES_H

#include <jansson.h>
#include <stdint.h>

#include "common/error.h"

#define BINARIES_FOLDER "binaries"

/* The folder, from that of an image; -1 and errno where there is none. */
int binaries_folder(int image_fd);

/* A kept file, open for reading and executing. Only what the caller or root alone could have
 * written, and reached by no link. */
CAIRN_CHECKED int binaries_open(int folder_fd, const char *name, int *out, cairn_error *err);

/* Whether its content matches its name, a digest. */
CAIRN_CHECKED int binaries_check(int folder_fd, const char *name, cairn_error *err);
/* The same, of `path`, from the folder of an image. */
CAIRN_CHECKED int binaries_check_of(int image_fd, const char *name, const char *path,
                                    cairn_error *err);

struct binaries_total {
    size_t files;
    uint64_t bytes;
};
/* What META says of them. */
struct binaries_total binaries_total(const json_t *meta);
/* Reads every one that META names. */
CAIRN_CHECKED int binaries_verify(int image_fd, const json_t *meta, cairn_error *err);

/* Removes from the folder what is not among `names`, an object. What cannot be removed now goes
 * another time. */
void binaries_sweep(int folder_fd, const json_t *names);

#endif
