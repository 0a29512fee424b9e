/* Keeps programs and libraries beside the images. A step stores each content once. */
#ifndef CAIRN_CAPTURE_BINARIES_H
#define CAIRN_CAPTURE_BINARIES_H

#include <jansson.h>
#include <stdbool.h>

#include "common/error.h"
#include "sandbox/tree.h"

/* Of one image. */
struct keeping {
    int folder;
    char *path;                 /* of the folder, with a slash */
    struct kept_binaries *kept; /* remembered from one image to the next */
    json_t *files;              /* META's "binaries" */
    bool added;                 /* a file was added to the folder since the last sync */
};

/* Makes the folder if it does not exist. */
CAIRN_CHECKED int keeping_open(int image_fd, struct kept_binaries *kept, struct keeping *out,
                               cairn_error *err);
void keeping_close(struct keeping *k);

/* Whether the file should be kept: it lies in a folder where systems install parts of programs
 * (locales, the modules of a JVM), or it is kept already. */
bool keeping_wants(const struct keeping *k, const char *path);

/* Keeps the file that is open as fd. Copies it if this step has not kept the same content before.
 * `content`: its identification from content_id. *name: the name of the copy, borrowed, as META
 * records it; NULL if the file changed during the copying. */
CAIRN_CHECKED int keeping_add(struct keeping *k, int fd, const char *path, const char *content,
                              const char **name, cairn_error *err);

/* Returns the name of a kept file, found by the path of its mapping, or NULL. Adds the kept file to
 * this image, and sets *path to the path of the original. */
const char *keeping_find(struct keeping *k, const char **path);

/* Called while the step is paused, for a mapping of a file that was replaced or removed: /proc then
 * shows its path with " (deleted)". Returns the description of the file as an earlier image kept
 * it; NULL if no image has kept it. */
json_t *keeping_recall(const struct keeping *k, const char *path, const char *content);
/* Makes the recalled copy part of this image; returns its descriptor, or -1. */
int keeping_reopen(struct keeping *k, const char *name, const char *path);

/* Syncs the added files, and lists this image's kept files in META. */
CAIRN_CHECKED int keeping_finish(struct keeping *k, json_t *meta, cairn_error *err);

#endif
