#include "supervisor/step_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "supervisor/image_journal.h"

static int open_log(const char *path, struct rollback_open_file *out, cairn_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cairn_fail_errno(err, "opening the log %s", path);
    *out = (struct rollback_open_file){.path = path, .fd = fd, .append = true};
    return 0;
}

static int cut(void *journal, uint32_t *epoch, cairn_error *err)
{
    return journal_cut(journal, epoch, err);
}

static bool only_grew(void *journal, int fd)
{
    return journal_only_grew(journal, fd);
}

struct rollback_journal step_files_journal(const struct spec *spec, struct journal *journal)
{
    return (struct rollback_journal){journal, cut, only_grew, spec->journal};
}

int step_files_record(const struct spec *spec, const struct image_folder *images,
                      struct journal *journal, image_writer *w, rollback_notes **out,
                      cairn_error *err)
{
    const struct rollback_journal journalled = step_files_journal(spec, journal);
    struct rollback_options options = {
        .journal = journal ? &journalled : NULL,
        .trees = spec->rollback_trees,
        .open_files = spec->rollback_open,
        .checkpoints_fd = images->fd,
        .previous = images->newest,
    };
    struct rollback_open_file logs[2];
    size_t n = 0;
    int rc = open_log(spec->stdout_path, &logs[n], err);
    n += rc == 0;
    if (rc == 0 && spec->stderr_path && strcmp(spec->stderr_path, spec->stdout_path) != 0) {
        rc = open_log(spec->stderr_path, &logs[n], err);
        n += rc == 0;
    }
    if (rc == 0)
        rc = rollback_record(&options, logs, n, w, out, err);
    while (n > 0)
        close(logs[--n].fd);
    return rc;
}

int step_files_write_meta(image_writer *w, const json_t *meta, cairn_error *err)
{
    auto_free char *text = json_dumps(meta, JSON_COMPACT);
    if (!text)
        return cairn_fail(err, ENOMEM, "out of memory writing META");
    return image_writer_meta(w, text, strlen(text), err);
}

int step_files_publish_first(const struct spec *spec, struct image_folder *images,
                             struct journal *journal, struct image_summary *out, cairn_error *err)
{
    int rc = image_folder_remove(images, FIRST_IMAGE, err);
    if (rc != 0)
        return rc;
    image_writer *w = NULL;
    struct image_options options = {.compression = spec->compression};
    rc = image_writer_open(images->fd, FIRST_IMAGE, &options, &w, err);
    rollback_notes *notes = NULL;
    json_t *record = NULL, *meta = NULL;
    if (rc == 0)
        rc = step_files_record(spec, images, journal, w, &notes, err);
    if (rc == 0)
        rc = rollback_sync(notes, w, &record, err);
    if (rc == 0) {
        meta = json_pack("{s:i, s:s, s:o}", "version", 1, "kind", "files", "files", record);
        rc = step_files_write_meta(w, meta, err);
    }
    if (rc == 0)
        rc = image_writer_publish(w, out, err);
    json_decref(meta);
    rollback_free(notes);
    image_writer_close(w);
    if (rc == 0 && images->newest < FIRST_IMAGE)
        images->newest = FIRST_IMAGE;
    return rc == 0
               ? 0
               : cairn_fail_within(err, rc, "checkpoint 0 (the files before the step's beginning)");
}

/* Changes since an image without an epoch are not known. From now on they are. */
static int undo_journal(const json_t *record, bool beginning, const struct image_folder *images,
                        struct journal *journal, const struct undo_options *how, cairn_error *err)
{
    uint32_t epoch;
    const json_t *of_image = json_object_get(record, "epoch");
    if (!of_image)
        return journal ? journal_cut(journal, &epoch, err) : 0;
    /* The image belongs to a journalled step, but this attempt is not journalled. */
    struct journal *earlier = NULL;
    int rc = journal ? 0 : journal_open(images->fd, 0, &earlier, err);
    if (rc != 0)
        return rc;
    struct journal *j = journal ? journal : earlier;
    epoch = (uint32_t)json_integer_value(of_image);
    int settled = beginning ? journal_is_settled(j, err) : 0;
    rc = settled < 0 ? settled
         : settled   ? journal_keep(j, epoch, err)
                     : journal_undo(j, epoch, how, err);
    journal_close(earlier);
    return rc;
}

int step_files_roll_back(const json_t *meta, const image_reader *image,
                         const struct image_folder *images, const struct attempt *attempt,
                         const struct spec *spec, const struct path_map *moved,
                         struct journal *journal, cairn_error *err)
{
    const json_t *record = json_object_get(meta, "files");
    if (!record)
        return 0;
    const char *kind = json_string_value(json_object_get(meta, "kind"));
    bool beginning = kind && strcmp(kind, "files") == 0;
    auto_close int undone = -1;
    int rc = attempt_open_undone(attempt, &undone, err);
    struct undo_left left = {0};
    const struct undo_options how = {undone, spec->cwd, &left, moved, spec->accept_changed};
    /* Read before the undoing, which changes files itself. */
    const struct rollback_others others = {journal ? journal_ended(journal) : INT64_MAX,
                                           spec->accept_changed};
    if (rc == 0)
        rc = undo_journal(record, beginning, images, journal, &how, err);
    if (left.files > 0)
        image_journal_left_alone(attempt, left.names);
    if (rc == 0)
        rc = rollback_check(record, image, &others, err);
    if (rc != 0)
        return rc;
    rc = rollback_apply(record, image, &others, undone, err);
    if (journal)
        journal_own_changes(journal);
    return rc;
}
