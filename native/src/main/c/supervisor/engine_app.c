#include "common/process.h"
#include "supervisor/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc/proc.h"
#include "supervisor/app_files.h"
#include "supervisor/clock.h"
#include "supervisor/step_files.h"

#define LOOK_EVERY_MS 2
#define JUST_FORKED_MS 10000 /* longer than any process takes from fork to exec */
#define SAVES_WITHIN_MS (10 * 60 * 1000)

/* The engine for a program that saves its own state, when a signal asks it to or on its own
 * schedule. Its files go into the image. */
struct app_job {
    struct engine_context context;
    bool stopping;
    struct app_state before; /* when it was asked */
    struct app_state saved;
};

static bool handles(pid_t pid, int signo)
{
    struct proc_status status;
    return proc_read_status(pid, pid, &status, NULL) == 0 && status.caught >> (signo - 1) & 1;
}

/* Whether the process may have its handler from its parent, and be on the way to an exec. The
 * signal would kill it after the exec, and a child of bash even before. */
static bool is_just_forked(const struct proc_stat *stat, int signo)
{
    int64_t born_ms = (int64_t)stat->start_time * 1000 / sysconf(_SC_CLK_TCK);
    return stat->forked && clock_boot_ms() - born_ms < JUST_FORKED_MS && handles(stat->ppid, signo);
}

/* Whether the program itself has set a handler for the signal. The order of the checks matters,
 * because a handler that exists after an exec is the program's own. */
static bool is_to_save(pid_t pid, int signo)
{
    struct proc_stat stat;
    return proc_read_stat(pid, &stat, NULL) == 0 && handles(pid, signo) &&
           !is_just_forked(&stat, signo);
}

/* Signals only processes that have a handler. It would kill all others: a shell around the program,
 * or the program itself while it starts. */
static int ask_to_save(const struct engine_context *c, cairn_error *err)
{
    int signo = c->spec->app.signal;
    auto_proc_list struct proc_list list = {0};
    int rc = proc_descendants(c->tree->init, &list, err);
    if (rc != 0)
        return rc;
    bool asked = false;
    for (size_t i = 0; i < list.count; i++)
        if (is_to_save(list.numbers[i], signo))
            asked |= process_signal(list.numbers[i], signo) == 0;
    return asked ? 0
                 : cairn_fail(err, CAIRN_EBUSY_TREE,
                              "no process of the step handles SIG%s yet, by which it is asked to "
                              "save itself",
                              sigabbrev_np(signo));
}

static int begin(const struct engine_context *c, bool stay_stopped, image_writer *w, void **job,
                 cairn_error *err)
{
    (void)w;
    if (!c->spec->has_app)
        return cairn_fail(err, EINVAL,
                          "the engine `app` needs to know what files the program saves");
    struct app_job *made = calloc(1, sizeof *made);
    if (!made)
        return cairn_fail(err, ENOMEM, "out of memory");
    made->context = *c;
    made->stopping = stay_stopped;
    int rc = app_state_open(c->spec, &made->before, err);
    if (rc == 0)
        rc = app_state_open(c->spec, &made->saved, err);
    if (rc == 0 && c->spec->app.signal)
        rc = ask_to_save(c, err);
    if (rc != 0) {
        app_state_close(&made->before);
        app_state_close(&made->saved);
        free(made);
        return rc;
    }
    *job = made;
    return 0;
}

/* Waits until the files exist, are newer than the request if there was one, and have been unchanged
 * for long enough. A program that saves and ends on request has no further changes. */
static int await_saved(struct app_job *job, const atomic_bool *abandon, cairn_error *err)
{
    const struct app_spec *app = &job->context.spec->app;
    int64_t asked = clock_now_ms(), changed = asked;
    for (;;) {
        bool ended = *abandon; /* checked before the files, so that its last changes are seen */
        if (app_state_refresh(&job->saved))
            changed = clock_now_ms();
        bool saved = app_state_complete(&job->saved) &&
                     (!app->signal || !app_state_same(&job->before, &job->saved));
        if (saved && (ended || clock_now_ms() - changed >= app->settle_ms))
            return 0;
        if (ended)
            return cairn_fail(err, CAIRN_EGONE, "the program ended before it had saved its state");
        if (clock_now_ms() - asked > SAVES_WITHIN_MS)
            return cairn_fail(
                err, ETIMEDOUT,
                "the program has not saved %s (and whatever else app.files names) in 10 minutes",
                app->files[0]);
        poll(NULL, 0, LOOK_EVERY_MS);
    }
}

static int write_image(void *context, image_writer *w, const atomic_bool *abandon, cairn_error *err)
{
    struct app_job *job = context;
    rollback_notes *notes = NULL;
    json_t *record = NULL, *app = NULL;
    int rc = await_saved(job, abandon, err);
    if (rc == 0 && *abandon && !job->stopping)
        return cairn_fail(err, CAIRN_EGONE, "the program ended meanwhile");
    if (rc == 0)
        rc = step_files_record(job->context.spec, job->context.images, NULL, w, &notes, err);
    if (rc == 0)
        rc = app_state_write(&job->saved, w, &app, err);
    if (rc == 0)
        rc = rollback_sync(notes, w, &record, err);
    if (rc == 0) {
        json_auto_t *meta = json_pack("{s:i, s:s, s:O, s:O}", "version", 1, "kind", "app", "app",
                                      app, "files", record);
        rc = step_files_write_meta(w, meta, err);
    }
    json_decref(record);
    json_decref(app);
    rollback_free(notes);
    return rc;
}

/* The step is never paused. */
static void figures(const void *job, struct engine_figures *out)
{
    (void)job;
    *out = (struct engine_figures){0};
}

static void release(void *job)
{
    (void)job;
}

static void finish(void *context)
{
    struct app_job *job = context;
    app_state_close(&job->before);
    app_state_close(&job->saved);
    free(job);
}

static int put_back(const struct engine_context *c, const image_reader *image, const json_t *meta,
                    char *const **argv, cairn_error *err)
{
    int rc = app_files_put_back(c->spec, c->attempt, image, json_object_get(meta, "app"), err);
    if (rc == 0 && c->spec->app.resume_argv)
        *argv = c->spec->app.resume_argv;
    return rc;
}

const struct engine engine_app = {
    .name = "app",
    .image_kind = "app",
    .makes_images = true,
    .begin = begin,
    .write = write_image,
    .figures = figures,
    .release = release,
    .finish = finish,
    .put_back = put_back,
};
