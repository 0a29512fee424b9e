/* The step's files: recorded with an image, rolled back before a resume from it. */
#ifndef CAIRN_SUPERVISOR_STEP_FILES_H
#define CAIRN_SUPERVISOR_STEP_FILES_H

#include <jansson.h>

#include "image/image.h"
#include "journal/journal.h"
#include "rollback/rollback.h"
#include "supervisor/attempt.h"
#include "supervisor/image_folder.h"
#include "supervisor/spec.h"

/* Notes rolled-back trees and the logs as they are now; for images that are made without capture.
 */
CAIRN_CHECKED int step_files_record(const struct spec *spec, const struct image_folder *images,
                                    struct journal *journal, image_writer *w, rollback_notes **out,
                                    cairn_error *err);

/* The step's journal, as roll-back knows it. */
struct rollback_journal step_files_journal(const struct spec *spec, struct journal *journal);

/* Serialises and adds the META document. */
CAIRN_CHECKED int step_files_write_meta(image_writer *w, const json_t *meta, cairn_error *err);

/* Publishes checkpoint 0: files only. Replaces a file of an earlier start. */
CAIRN_CHECKED int step_files_publish_first(const struct spec *spec, struct image_folder *images,
                                           struct journal *journal, struct image_summary *out,
                                           cairn_error *err);

/* Makes the files as META's "files" says: undoes the journal (NULL: this attempt has none; an
 * earlier one may have had it) since that image, then rolls back what was open or named. Nothing
 * has been touched when the journal cannot be undone; later refusals leave the files as they were
 * at that checkpoint, or on their way. */
CAIRN_CHECKED int step_files_roll_back(const json_t *meta, const image_reader *image,
                                       const struct image_folder *images,
                                       const struct attempt *attempt, const struct spec *spec,
                                       const struct path_map *moved, struct journal *journal,
                                       cairn_error *err);

#endif
