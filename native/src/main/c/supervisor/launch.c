#include "supervisor/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "sandbox/start.h"
#include "supervisor/image_journal.h"
#include "supervisor/moved_home.h"
#include "supervisor/step_files.h"

/* The step's streams while it is being started. */
struct streams {
    int in, out, err;
};

#define auto_streams __attribute__((cleanup(close_streams)))

static void close_streams(struct streams *s)
{
    cairn_cleanup_close(&s->in);
    cairn_cleanup_close(&s->out);
    cairn_cleanup_close(&s->err);
}

static int open_log(const char *path, int *out, cairn_error *err)
{
    *out = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_CLOEXEC, 0600);
    return *out < 0 ? cairn_fail_errno(err, "opening the log %s", path) : 0;
}

static int open_streams(const struct spec *spec, struct streams *s, cairn_error *err)
{
    int rc = open_log(spec->stdout_path, &s->out, err);
    if (rc != 0 || spec->pty)
        return rc;
    if (strcmp(spec->stderr_path, spec->stdout_path) == 0)
        s->err = fcntl(s->out, F_DUPFD_CLOEXEC,
                       3); /* one description for both, so that lines do not overtake each other */
    else
        rc = open_log(spec->stderr_path, &s->err, err);
    if (rc != 0)
        return rc;
    s->in = open(spec->stdin_path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    return s->in < 0 ? cairn_fail_errno(err, "opening the input %s", spec->stdin_path) : 0;
}

static struct tree_spec tree_spec_of(const struct supervisor *s, char *const *envp,
                                     const struct streams *io)
{
    const struct spec *spec = &s->spec;
    return (struct tree_spec){
        .argv = spec->argv,
        .envp = envp,
        .renewals = spec->renewals,
        .cwd = spec->cwd,
        .stdin_fd = io->in,
        .stdout_fd = io->out,
        .stderr_fd = io->err,
        .pty = spec->pty,
        .rows = spec->rows,
        .cols = spec->cols,
        .open_files = s->open_files,
        .baseline_cpu = spec->baseline_cpu,
        .moved = &s->spec.moved,
        .accept_changed = spec->accept_changed,
        .namespaces = true,
    };
}

bool launch_needs_namespaces(const struct supervisor *s)
{
    return s->engine == &engine_native || s->spec.pty;
}

/* Starts the step from the beginning. Namespaces also make sure that no process outlives its
 * supervisor. An engine that does not image processes does without namespaces if the host has none.
 */
static int start_tree(struct supervisor *s, struct tree_spec *spec, cairn_error *err)
{
    int rc = tree_start(spec, &s->step.tree, err);
    if (rc != -CAIRN_EHOST || launch_needs_namespaces(s))
        return rc;
    spec->namespaces = false;
    return tree_start(spec, &s->step.tree, err);
}

/* The journal must hold checkpoint 0 before the step runs. */
static int journal_first(const struct supervisor *s, const struct image_summary *first,
                         int64_t took_ms, cairn_error *err)
{
    const struct engine_figures none = {0};
    json_t *line = image_journal_line(&s->images, "start", first, &none, took_ms);
    int rc = attempt_journal(&s->attempt, line, err);
    json_decref(line);
    return rc;
}

static int start_fresh(struct supervisor *s, struct tree_spec *spec, int64_t *image,
                       cairn_error *err)
{
    struct image_summary first;
    int64_t begun = clock_now_ms();
    int rc = step_files_publish_first(&s->spec, &s->images, s->step.journal, &first, err);
    if (rc == 0)
        rc = journal_first(s, &first, clock_now_ms() - begun, err);
    if (rc != 0)
        return rc;
    *image = first.sequence;
    return start_tree(s, spec, err);
}

static int restore_from(struct supervisor *s, struct tree_spec *spec, const image_reader *image,
                        const json_t *meta, cairn_error *err)
{
    const char *kind = json_string_value(json_object_get(meta, "kind"));
    bool files_only = kind && strcmp(kind, "files") == 0;
    if (!files_only &&
        (!kind || !s->engine->image_kind || strcmp(kind, s->engine->image_kind) != 0))
        return cairn_fail(err, CAIRN_EIMAGE_FOREIGN,
                          "it is an image of kind %s, from which the engine `%s` does not resume",
                          kind ? kind : "(none)", s->engine->name);
    int rc = step_files_roll_back(meta, image, &s->images, &s->attempt, &s->spec, &s->spec.moved,
                                  s->step.journal, err);
    if (rc != 0)
        return rc;
    image_journal_rolled_back(&s->attempt, &s->spec);
    if (files_only)
        return start_tree(s, spec, err);
    struct engine_context context = {&s->spec, &s->images, &s->attempt, &s->step.tree,
                                     s->step.journal};
    if (s->engine->restore) {
        rc = s->engine->restore(&context, spec, image, err);
        if (rc == 0 && json_array_size(s->step.tree.kept.stand_ins) > 0)
            image_journal_stand_ins(&s->attempt, s->step.tree.kept.stand_ins);
        return rc;
    }
    rc = s->engine->put_back(&context, image, meta, &spec->argv, err);
    return rc == 0 ? start_tree(s, spec, err) : rc;
}

static int restore(struct supervisor *s, struct tree_spec *spec, int64_t *sequence,
                   cairn_error *err)
{
    image_reader *image = NULL;
    int rc = image_reader_open(AT_FDCWD, s->spec.restore_image, &image, err);
    if (rc != 0)
        return rc;
    size_t len;
    const char *text = image_reader_meta(image, &len);
    json_t *meta = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    struct image_summary summary;
    image_reader_summary(image, &summary);
    struct moved_home home;
    moved_home_add(
        &home, json_string_value(json_object_get(json_object_get(meta, "files"), "checkpoints")),
        s->images.fd, &s->spec.moved);
    rc = meta ? path_map_translate(&s->spec.moved, meta, err)
              : cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "its META is not JSON");
    if (rc == 0)
        rc = restore_from(s, spec, image, meta, err);
    s->spec.moved.count = 0; /* `home` ends here */
    json_decref(meta);
    image_reader_close(image);
    if (rc != 0)
        return cairn_fail_within(err, rc, "resuming from %s", s->spec.restore_image);
    *sequence = summary.sequence;
    return 0;
}

/* Writes a line to the journal of images. A failure must not end the step. */
static void tell_not_covered(const struct supervisor *s, const char *why)
{
    char at[UTC_TEXT_BYTES];
    clock_utc_text(at);
    json_t *line = json_pack("{s:s, s:s}", "not_journalled", why, "at", at);
    image_journal_add(&s->attempt, line);
    json_decref(line);
}

static int on_listener(void *context, int listener, pid_t init, const char *why_not,
                       cairn_error *err)
{
    struct supervisor *s = context;
    if (listener >= 0)
        return journal_listen(s->step.journal, listener, init, err);
    tell_not_covered(s, why_not);
    return 0;
}

static void on_begin(void *context)
{
    struct supervisor *s = context;
    journal_arm(s->step.journal);
}

int launch(struct supervisor *s, char *const *envp, int64_t *image, cairn_error *err)
{
    auto_streams struct streams io = {-1, -1, -1};
    int rc = open_streams(&s->spec, &io, err);
    if (rc != 0)
        return rc;
    struct tree_spec spec = tree_spec_of(s, envp, &io);
    const struct tree_listener listener = {s, on_listener, on_begin};
    if (s->spec.journal > 0 && s->engine->journals) {
        rc = journal_open(s->images.fd, s->spec.journal, &s->step.journal, err);
        if (rc != 0)
            return rc;
        spec.listener = &listener;
    }
    spec.deny_io_uring = s->engine->journals && !s->spec.io_uring;
    mode_t own = umask(s->spec.umask); /* the step's processes inherit it */
    rc = s->spec.restore_image ? restore(s, &spec, image, err) : start_fresh(s, &spec, image, err);
    umask(own);
    if (rc != 0)
        return rc;
    rc = image_folder_note_tree(&s->images, s->step.tree.init, err);
    if (rc == 0)
        rc = terminal_open(&s->terminal, &s->loop, s->step.tree.pty_master, steal_fd(&io.out),
                           &s->control, err);
    if (rc != 0)
        tree_destroy(&s->step.tree);
    return rc;
}
