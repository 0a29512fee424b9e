/* What a program saves of itself: watched while it saves, copied into an image, put back. */
#ifndef CAIRN_SUPERVISOR_APP_FILES_H
#define CAIRN_SUPERVISOR_APP_FILES_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "image/image.h"
#include "supervisor/attempt.h"
#include "supervisor/spec.h"

/* The declared files at one instant, and how long the step's logs were when one of them last
 * changed: what the program prints after it has saved, it will print again. */
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

/* Looks again; true when something differs from the last look. */
bool app_state_refresh(struct app_state *s);
bool app_state_same(const struct app_state *a, const struct app_state *b);
/* Every file is there. */
bool app_state_complete(const struct app_state *s);

/* Copies them, a space of the image each, and describes them in *out, META's "app".
 * CAIRN_EBUSY_TREE when one changes meanwhile. */
CAIRN_CHECKED int app_state_write(const struct app_state *s, image_writer *w, json_t **out,
                                  cairn_error *err);

/* Puts the files of an image back, each at once, and cuts the logs to what they were when the
 * program saved; the cut tails go to the attempt's folder. */
CAIRN_CHECKED int app_files_put_back(const struct spec *spec, const struct attempt *attempt,
                                     const image_reader *image, const json_t *app,
                                     cairn_error *err);

#endif
