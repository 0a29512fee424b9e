/* Files in which a program saves its own state: watched while it saves, copied into an image, and
 * restored. */
#ifndef CAIRN_SUPERVISOR_APP_FILES_H
#define CAIRN_SUPERVISOR_APP_FILES_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "image/image.h"
#include "supervisor/attempt.h"
#include "supervisor/spec.h"

/* The declared files at one instant, and the lengths of the step's logs when one of the files last
 * changed. After a resume the program prints again what it printed since. */
struct app_state {
    const struct spec *spec;
    int cwd;
    size_t count;
    struct stat *files; /* st_ino 0: not there */
    int64_t stdout_size, stderr_size;
};

/* Looks for the first time. */
CAIRN_CHECKED int app_state_open(const struct spec *spec, struct app_state *out, cairn_error *err);
void app_state_close(struct app_state *s);

/* Looks again; true if anything differs from the last look. */
bool app_state_refresh(struct app_state *s);
bool app_state_same(const struct app_state *a, const struct app_state *b);
/* Every file is there. */
bool app_state_complete(const struct app_state *s);

/* Copies the files, each into a space of the image, and describes them in *out, META's "app".
 * CAIRN_EBUSY_TREE if a file changes meanwhile. */
CAIRN_CHECKED int app_state_write(const struct app_state *s, image_writer *w, json_t **out,
                                  cairn_error *err);

/* Restores the files of an image, each atomically. Truncates the logs to their lengths when the
 * program saved; the removed tails go to the attempt's folder. */
CAIRN_CHECKED int app_files_put_back(const struct spec *spec, const struct attempt *attempt,
                                     const image_reader *image, const json_t *app,
                                     cairn_error *err);

#endif
