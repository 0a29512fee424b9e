#include "rollback/rollback.h"

#include "rollback/apply.h"
#include "rollback/record.h"
#include "rollback/sync.h"

int rollback_record(const struct rollback_options *options, const struct rollback_open_file *files,
                    size_t n_files, image_writer *w, rollback_notes **out, cairn_error *err)
{
    return rb_record_at(options, files, n_files, image_writer_dirfd(w), out, err);
}

int rollback_sync(rollback_notes *notes, image_writer *w, json_t **out, cairn_error *err)
{
    return rb_sync_at(notes, image_writer_dirfd(w), out, err);
}

int rollback_check(const json_t *record, const image_reader *image,
                   const struct rollback_others *others, cairn_error *err)
{
    return rb_check_at(record, image_reader_dirfd(image), others, err);
}

int rollback_apply(const json_t *record, const image_reader *image,
                   const struct rollback_others *others, int undone_fd, cairn_error *err)
{
    return rb_apply_at(record, image_reader_dirfd(image), others, undone_fd, err);
}

void rollback_free(rollback_notes *notes)
{
    rb_notes_free(notes);
}
