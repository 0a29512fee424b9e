/* The lines of images.jsonl (native/docs/supervisor.md), the attempt's journal of its images. A
 * line that cannot be written, on a full disk for example, never ends the step. */
#ifndef CAIRN_SUPERVISOR_IMAGE_JOURNAL_H
#define CAIRN_SUPERVISOR_IMAGE_JOURNAL_H

#include <jansson.h>
#include <stdint.h>

#include "image/image.h"
#include "supervisor/attempt.h"
#include "supervisor/engine.h"
#include "supervisor/image_folder.h"

/* The line of a published image; NULL when memory is out. */
json_t *image_journal_line(const struct image_folder *images, const char *reason,
                           const struct image_summary *summary,
                           const struct engine_figures *figures, int64_t took_ms);
void image_journal_add(const struct attempt *a, const json_t *line);

/* A checkpoint for that reason failed. */
void image_journal_failure(const struct attempt *a, const char *reason, const cairn_error *error);

/* The step was frozen for so long while its lease could not be renewed. */
void image_journal_frozen(const struct attempt *a, int64_t frozen_ms);

/* The lease was removed, and made again, so many times so far. */
void image_journal_lease_recreated(const struct attempt *a, int times);

/* Files that were not rolled back, since another step changes them too: their names. */
void image_journal_left_alone(const struct attempt *a, const char *names);

/* The attempt's folder keeps what a roll-back removed or cut, except the step's logs. Writes no
 * line if there is none. */
void image_journal_rolled_back(const struct attempt *a, const struct spec *spec);

/* The step resumed with kept programs and libraries instead of the host's: an array of paths. */
void image_journal_stand_ins(const struct attempt *a, const json_t *paths);

#endif
