/* How an image of the running step is made. All functions but `write` are called on the main
 * thread. */
#ifndef CAIRN_SUPERVISOR_ENGINE_H
#define CAIRN_SUPERVISOR_ENGINE_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "image/image.h"
#include "journal/journal.h"
#include "sandbox/tree.h"
#include "supervisor/attempt.h"
#include "supervisor/image_folder.h"
#include "supervisor/spec.h"

struct engine_context {
    const struct spec *spec;
    const struct image_folder *images;
    const struct attempt *attempt;
    struct tree *tree;
    struct journal *journal;     /* NULL: none */
    const char *why_no_snapshot; /* why the step must stay paused; NULL: it may run beside a
                                  * snapshot of its memory */
};

struct engine_figures {
    uint64_t pause_us;
    bool standing; /* the memory was copied in the pause */
    char why_standing[200];
};

struct engine {
    const char *name;
    bool makes_images;
    bool journals;          /* the step's file changes are known, and a resume undoes them */
    bool snapshots;         /* the image holds the step's memory, while the step runs on */
    const char *image_kind; /* META "kind" of its images; NULL if it makes none */

    /* Records the step's state. The step continues when this returns, unless stay_stopped. *job
     * belongs to the engine. */
    int (*begin)(const struct engine_context *c, bool stay_stopped, image_writer *w, void **job,
                 cairn_error *err);
    /* On the worker thread: does everything for an image but publish it. *abandon becomes true when
     * the step has ended and the image is of no more use. */
    int (*write)(void *job, image_writer *w, const atomic_bool *abandon, cairn_error *err);
    /* Called after write if the step continues, perhaps more than once. An engine that had to keep
     * the step stopped until then releases it here. */
    void (*release)(void *job);
    /* After that. */
    void (*figures)(const void *job, struct engine_figures *out);
    /* After write, always. */
    void (*finish)(void *job);

    /* Resumes from an image of image_kind whose files have been rolled back: either makes the tree,
     * or ...
     */
    int (*restore)(const struct engine_context *c, const struct tree_spec *tree_spec,
                   const image_reader *image, cairn_error *err);
    /* ... restores the files that the image holds, and returns the command that resumes from them.
     */
    int (*put_back)(const struct engine_context *c, const image_reader *image, const json_t *meta,
                    char *const **argv, cairn_error *err);
};

extern const struct engine engine_native, engine_app, engine_none;

/* NULL for an unknown name. */
const struct engine *engine_named(const char *name);

#endif
