#include "rollback/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "rollback/beneath.h"
#include "rollback/conflicts.h"
#include "rollback/folders.h"
#include "rollback/format.h"
#include "rollback/plan.h"
#include "rollback/restore_open.h"
#include "rollback/restore_tree.h"

/* A whole record, and the actions that restore it. */
struct work {
    struct rb_record record;
    struct rb_plan *plans; /* one per tree */
    size_t n_plans;
    struct rb_open_fate *open;
    bool *made; /* for each recorded folder: it was missing */
    int root_fd, kept_fd;
};

static void work_free(struct work *work)
{
    for (size_t i = 0; i < work->n_plans; i++)
        rb_plan_free(&work->plans[i]);
    free(work->plans);
    free(work->open);
    free(work->made);
    cairn_cleanup_close(&work->root_fd);
    cairn_cleanup_close(&work->kept_fd);
    rb_record_free(&work->record);
}

/* Finds the folders that belong to Cairn and must not be rolled back: the image's folder, the
 * folder of checkpoints above it, and the folder of undone files. */
static void own_around_image(int image_fd, int undone_fd, struct rb_own *own)
{
    auto_close int checkpoints = openat(image_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (checkpoints >= 0)
        rb_own_around(checkpoints, own);
    if (undone_fd >= 0)
        rb_own_add(own, undone_fd);
}

/* Whether the file's folder is missing too, and will be made again. */
static bool has_gone(const struct rb_tree *tree)
{
    auto_close int base = rb_open_absolute(tree->base, O_PATH | O_DIRECTORY);
    return base < 0 && errno == ENOENT && tree->open && tree->n == 1 &&
           tree->nodes[0].keep == RB_KEEP_COPY;
}

static int plan_tree(const struct rb_tree *tree, const struct rb_conflicts *conflicts,
                     bool only_look, struct work *work, struct rb_problems *problems,
                     cairn_error *err)
{
    if (only_look && has_gone(tree))
        return 0;
    int rc = rb_check_conflict(conflicts, tree, work->kept_fd, problems, err);
    return rc != 0 ? rc
                   : rb_plan_make(tree, conflicts->own, work->kept_fd, !only_look,
                                  &work->plans[work->n_plans++], problems, err);
}

/* undone_fd -1: only checks. */
static int work_plan(const json_t *json, int image_fd, const struct rollback_others *others,
                     int undone_fd, struct work *work, cairn_error *err)
{
    int rc = rb_parse(json, &work->record, err);
    if (rc != 0)
        return rc;
    const struct rb_record *record = &work->record;
    struct rb_own own = {0};
    struct rb_problems problems = {0};
    own_around_image(image_fd, undone_fd, &own);
    if (undone_fd >= 0 && mkdirat(image_fd, RB_KEPT_FOLDER, 0700) < 0 && errno != EEXIST)
        return cairn_fail_errno(err, "making the image's folder of copies");
    work->kept_fd =
        openat(image_fd, RB_KEPT_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    work->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    work->open = calloc(record->open.n + 1, sizeof *work->open);
    work->plans = calloc(record->n_trees + 1, sizeof *work->plans);
    work->made = calloc(record->folders.n + 1, sizeof *work->made);
    if (!work->open || !work->plans || !work->made)
        return cairn_fail(err, ENOMEM, "out of memory planning the roll-back");
    if (work->root_fd < 0)
        return cairn_fail_errno(err, "opening /");
    bool all_ours = others->accept_changed || rb_is_begun(work->kept_fd);
    const struct rb_conflicts conflicts = {all_ours ? INT64_MAX : others->ended, &own};
    if (undone_fd >= 0)
        rc = rb_make_missing_folders(&record->folders, work->root_fd, work->made, err);
    if (rc == 0)
        rc = rb_open_plan(&record->open, work->root_fd, work->kept_fd, &conflicts,
                          &work->record.arena, work->open, &problems, err);
    for (size_t i = 0; i < record->n_trees && rc == 0; i++)
        rc = plan_tree(&record->trees[i], &conflicts, undone_fd < 0, work, &problems, err);
    const int code = problems.n > problems.by_others ? CAIRN_EROLLBACK : CAIRN_ECHANGED;
    if (rc == 0 && problems.n > 1)
        rc = cairn_fail(err, code, "%s (and %zu more)", problems.first, problems.n - 1);
    else if (rc == 0 && problems.n == 1)
        rc = cairn_fail(err, code, "%s", problems.first);
    return rc;
}

int rb_check_at(const json_t *record, int image_fd, const struct rollback_others *others,
                cairn_error *err)
{
    struct work work = {.root_fd = -1, .kept_fd = -1};
    int rc = work_plan(record, image_fd, others, -1, &work, err);
    work_free(&work);
    return rc;
}

int rb_apply_at(const json_t *record, int image_fd, const struct rollback_others *others,
                int undone_fd, cairn_error *err)
{
    struct work work = {.root_fd = -1, .kept_fd = -1};
    int rc = work_plan(record, image_fd, others, undone_fd, &work, err);
    if (rc == 0 && work.kept_fd >= 0)
        rc = rb_mark_begun(work.kept_fd, err);
    if (rc == 0)
        rc = rb_open_restore(&work.record.open, work.root_fd, work.kept_fd, undone_fd, work.open,
                             err);
    for (size_t i = 0; i < work.n_plans && rc == 0; i++)
        rc = rb_restore_tree(&work.plans[i], work.kept_fd, undone_fd, err);
    if (rc == 0)
        rc = rb_finish_folders(&work.record.folders, work.root_fd, work.made, err);
    if (rc == 0)
        rb_unmark_all(work.kept_fd);
    work_free(&work);
    return rc;
}
