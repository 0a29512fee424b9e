/* Writes images.jsonl (native/docs/supervisor.md), the attempt's journal of its images. A line that
 * cannot be written, for example on a full disk, never ends the step. */
#ifndef CAIRN_SUPERVISOR_IMAGE_JOURNAL_H
#define CAIRN_SUPERVISOR_IMAGE_JOURNAL_H

#include <jansson.h>
#include <stdint.h>

#include "image/image.h"
#include "supervisor/attempt.h"
#include "supervisor/engine.h"
#include "supervisor/image_folder.h"

/* The line of a published image; NULL when out of memory. */
json_t *image_journal_line(const struct image_folder *images, const char *reason,
                           const struct image_summary *summary,
                           const struct engine_figures *figures, int64_t took_ms);
void image_journal_add(const struct attempt *a, const json_t *line);

/* A checkpoint for that reason failed. */
void image_journal_failure(const struct attempt *a, const char *reason, const cairn_error *error);

/* For how long the step was frozen because its lease could not be renewed. */
void image_journal_frozen(const struct attempt *a, int64_t frozen_ms);

/* How often the lease was removed and made again so far. */
void image_journal_lease_recreated(const struct attempt *a, int times);

/* Names of files that were not rolled back, because another step changes them too. */
void image_journal_left_alone(const struct attempt *a, const char *names);

/* Lists what a roll-back removed or cut, and the attempt's folder keeps, except the step's logs.
 * Writes no line if there is nothing. */
void image_journal_rolled_back(const struct attempt *a, const struct spec *spec);

/* Paths for which the step resumed with kept programs and libraries instead of the host's. */
void image_journal_stand_ins(const struct attempt *a, const json_t *paths);

#endif
