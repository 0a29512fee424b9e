/* Records over plain folders; rollback.h does it for images. */
#ifndef CAIRN_ROLLBACK_RECORD_H
#define CAIRN_ROLLBACK_RECORD_H

#include "common/error.h"
#include "rollback/options.h"

CAIRN_CHECKED int rb_record_at(const struct rollback_options *options,
                               const struct rollback_open_file *files, size_t n_files, int image_fd,
                               rollback_notes **out, cairn_error *err); /* NULL is fine. */
void rb_notes_free(rollback_notes *notes);

#endif
