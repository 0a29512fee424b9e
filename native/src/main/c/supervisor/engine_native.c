#include "supervisor/engine.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture/capture.h"
#include "restore/restore.h"
#include "supervisor/step_files.h"

/* The share of CPUs for writing: all of them for checkpoint-and-stop, half for a checkpoint beside
 * the running step. */
static int compressing_threads(bool stay_stopped)
{
    cpu_set_t set;
    int cpus = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    int threads = stay_stopped ? cpus : cpus / 2;
    return threads < 1 ? 1 : threads;
}

static int begin(const struct engine_context *c, bool stay_stopped, image_writer *w, void **job,
                 cairn_error *err)
{
    const struct rollback_journal journal = step_files_journal(c->spec, c->journal);
    struct rollback_options rollback = {
        .journal = c->journal ? &journal : NULL,
        .trees = c->spec->rollback_trees,
        .open_files = c->spec->rollback_open,
        .checkpoints_fd = c->images->fd,
        .previous = c->images->newest,
    };
    struct capture_options options = {
        .stay_stopped = stay_stopped,
        .threads = compressing_threads(stay_stopped),
        .rollback = &rollback,
        .keep_binaries = c->spec->keep_binaries,
        .why_no_snapshot = c->why_no_snapshot,
    };
    capture *made;
    int rc = capture_begin(c->tree, &options, w, &made, err);
    if (rc == 0)
        *job = made;
    return rc;
}

static int write_image(void *job, image_writer *w, const atomic_bool *abandon, cairn_error *err)
{
    (void)abandon; /* the end of the tree ends the snapshots and thereby the writing */
    return capture_write(job, w, err);
}

static void figures(const void *job, struct engine_figures *out)
{
    struct capture_figures of;
    capture_figures_of(job, &of);
    out->pause_us = of.pause_us;
    out->standing = of.copied_standing;
    snprintf(out->why_standing, sizeof out->why_standing, "%s", of.why_standing);
}

static void release(void *job)
{
    capture_release(job);
}

static void finish(void *job)
{
    capture_end(job);
}

static int restore(const struct engine_context *c, const struct tree_spec *tree_spec,
                   const image_reader *image, cairn_error *err)
{
    return tree_restore(tree_spec, image, c->tree, err);
}

const struct engine engine_native = {
    .name = "native",
    .image_kind = "native",
    .makes_images = true,
    .journals = true,
    .snapshots = true,
    .begin = begin,
    .write = write_image,
    .figures = figures,
    .release = release,
    .finish = finish,
    .restore = restore,
};
