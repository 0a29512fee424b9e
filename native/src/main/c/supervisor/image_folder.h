/* The folder of a step's images: its permissions, its content, and which files may be removed. */
#ifndef CAIRN_SUPERVISOR_IMAGE_FOLDER_H
#define CAIRN_SUPERVISOR_IMAGE_FOLDER_H

#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"
#include "supervisor/lease.h"

#define IMAGE_NAME_BYTES 16
#define FIRST_IMAGE 0 /* checkpoint 0: the files as they were before the step began */

struct image_folder {
    int fd; /* the folder, locked for as long as it is open */
    const char *path;
    int64_t newest; /* -1 when there is none */
};

/* Makes the folder if it is missing (0700) and takes it for this supervisor. Waits until an earlier
 * supervisor and every process of its step are gone (EBUSY if they stay), takes its lease, and only
 * then removes unfinished images. */
CAIRN_CHECKED int image_folder_open(const char *path, struct lease *lease, struct image_folder *out,
                                    cairn_error *err);

/* Records the step's pid 1, so that the next supervisor can wait for its end. */
CAIRN_CHECKED int image_folder_note_tree(const struct image_folder *im, pid_t init,
                                         cairn_error *err);

/* Records that the tree has ended properly. */
void image_folder_forget_tree(const struct image_folder *im);

void image_folder_name(uint32_t sequence, char out[IMAGE_NAME_BYTES]);

/* Deletes all images but checkpoint 0 and the newest `keep`. Deletes nothing while the newest
 * cannot be opened. An image that cannot be removed now is removed another time. */
void image_folder_prune(const struct image_folder *im, int keep);

/* Removes one image; a missing one is no error. */
CAIRN_CHECKED int image_folder_remove(const struct image_folder *im, uint32_t sequence,
                                      cairn_error *err);

#endif
