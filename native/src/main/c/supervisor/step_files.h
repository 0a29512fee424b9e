/* The step's files: records them with an image, and rolls them back before a resume. */
#ifndef CAIRN_SUPERVISOR_STEP_FILES_H
#define CAIRN_SUPERVISOR_STEP_FILES_H

#include <jansson.h>

#include "image/image.h"
#include "journal/journal.h"
#include "rollback/rollback.h"
#include "supervisor/attempt.h"
#include "supervisor/image_folder.h"
#include "supervisor/spec.h"

/* Notes the trees to roll back and the logs as they are now, for images that are made without
 * capture.
 */
CAIRN_CHECKED int step_files_record(const struct spec *spec, const struct image_folder *images,
                                    struct journal *journal, image_writer *w, rollback_notes **out,
                                    cairn_error *err);

/* The step's journal, as roll-back knows it. */
struct rollback_journal step_files_journal(const struct spec *spec, struct journal *journal);

/* Serialises the META document and adds it to the image. */
CAIRN_CHECKED int step_files_write_meta(image_writer *w, const json_t *meta, cairn_error *err);

/* Publishes checkpoint 0, which holds files only. Replaces that of an earlier start. */
CAIRN_CHECKED int step_files_publish_first(const struct spec *spec, struct image_folder *images,
                                           struct journal *journal, struct image_summary *out,
                                           cairn_error *err);

/* Restores the files that META's "files" describes. First undoes the journal since that image
 * (NULL: this attempt has none, though an earlier one may have had one), then rolls back open and
 * named files. If the journal cannot be undone, nothing has been touched. After a later refusal,
 * the files are as they were at that checkpoint, or partly so. */
CAIRN_CHECKED int step_files_roll_back(const json_t *meta, const image_reader *image,
                                       const struct image_folder *images,
                                       const struct attempt *attempt, const struct spec *spec,
                                       const struct path_map *moved, struct journal *journal,
                                       cairn_error *err);

#endif
