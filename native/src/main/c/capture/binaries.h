/* Keeping programs and libraries beside the images: each once per step, by what it holds. */
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
    struct kept_binaries *kept; /* from one image to the next */
    json_t *files;              /* META's "binaries" */
    bool added;                 /* something new is in the folder */
};

/* Makes the folder if it does not exist. */
CAIRN_CHECKED int keeping_open(int image_fd, struct kept_binaries *kept, struct keeping *out,
                               cairn_error *err);
void keeping_close(struct keeping *k);

/* Whether the file is to be kept: it lies where systems install what belongs to programs (locales,
 * a JVM's modules), or it is kept already. */
bool keeping_wants(const struct keeping *k, const char *path);

/* Keeps the file open as fd, unless it changes meanwhile: then *name is NULL. Reads it when it is
 * new to this tree, copies it when it is new to the step. `content`: as content_id has it.
 * *name: borrowed, as META has it. */
CAIRN_CHECKED int keeping_add(struct keeping *k, int fd, const char *path, const char *content,
                              const char **name, cairn_error *err);

/* The name of a kept file by the path of its mapping, or NULL; it becomes part of this image too,
 * and *path that of which it is a copy. */
const char *keeping_find(struct keeping *k, const char **path);

/* Called while the step is paused, for a mapping of a file that was replaced or removed: /proc then
 * shows its path with " (deleted)". Returns the description of the file as an earlier image kept
 * it; NULL if no image has kept it. */
json_t *keeping_recall(const struct keeping *k, const char *path, const char *content);
/* Makes the recalled copy part of this image; returns its descriptor, or -1. */
int keeping_reopen(struct keeping *k, const char *name, const char *path);

/* Syncs the added files, and lists the kept ones in META. */
CAIRN_CHECKED int keeping_finish(struct keeping *k, json_t *meta, cairn_error *err);

#endif
