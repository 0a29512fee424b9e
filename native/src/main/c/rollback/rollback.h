/* Roll-back: what a checkpoint records of the step's files, and how a restore returns them to that
 * state.
 *
 *   open  every regular file that the step has open for writing: identity, size, digests of its
 *         ends. A file that only grew is cut back.
 *   tree  whole folders: files made since are moved to `undone`, removed or renamed ones come
 *         back, rewritten ones return from a reflink or copy kept with the image.
 *
 * Follows no links; touches only recorded inodes and its own folder. A change that cannot be undone
 * is CAIRN_EROLLBACK, found by rollback_check before anything has been touched.
 *
 * Taking a checkpoint: rollback_record (during the pause), the step continues, rollback_sync
 * (its JSON is META's "files"), image_writer_meta, publish, rollback_free.
 * The format and the reasons: native/docs/rollback.md.
 */
#ifndef CAIRN_ROLLBACK_ROLLBACK_H
#define CAIRN_ROLLBACK_ROLLBACK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"
#include "image/image.h"
#include "rollback/options.h"

/* Records files and trees during the pause. Reads small changed files of trees (up to 64 MiB stay
 * in memory until rollback_sync); larger ones wait. */
CAIRN_CHECKED int rollback_record(const struct rollback_options *options,
                                  const struct rollback_open_file *files, size_t n_files,
                                  image_writer *w, rollback_notes **out, cairn_error *err);
/* After the pause, before META is written: makes the larger copies, and syncs everything on which
 * the image relies (the recorded files, the copies and their folders). Describes it in *out, META's
 * "files".
 */
CAIRN_CHECKED int rollback_sync(rollback_notes *notes, image_writer *w, json_t **out,
                                cairn_error *err);
/* NULL is fine. */
void rollback_free(rollback_notes *notes);

/* Whether rollback_apply would succeed. Touches nothing. */
CAIRN_CHECKED int rollback_check(const json_t *record, const image_reader *image,
                                 const struct rollback_others *others, cairn_error *err);
/* Returns the files to the recorded state. Truncated tails and removed files go below undone_fd, a
 * folder of the new attempt. After a kill it can be run again. */
CAIRN_CHECKED int rollback_apply(const json_t *record, const image_reader *image,
                                 const struct rollback_others *others, int undone_fd,
                                 cairn_error *err);

#endif
