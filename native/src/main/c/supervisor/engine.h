/* How an image of the running step is made. Everything but `write` is called on the supervising
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
    const char *why_no_snapshot; /* NULL: the step may run on beside a snapshot of its memory */
};

struct engine_figures {
    uint64_t pause_us;
    bool standing; /* the memory was copied in the pause */
    char why_standing[200];
};

struct engine {
    const char *name;
    bool makes_images;
    bool journals;          /* what the step changes in files is known, and undone by a resume */
    bool snapshots;         /* the memory of the step, while it runs on */
    const char *image_kind; /* META "kind" of what it makes; NULL when it makes none */

    /* Records the step's state; the step continues when this returns, unless stay_stopped. *job is
     * the engine's. */
    int (*begin)(const struct engine_context *c, bool stay_stopped, image_writer *w, void **job,
                 cairn_error *err);
    /* On the worker thread: everything that an image needs but its publication. *abandon becomes
     * true when the step has ended and the image is of no more use. */
    int (*write)(void *job, image_writer *w, const atomic_bool *abandon, cairn_error *err);
    /* After write, where the step continues, perhaps more than once: an engine that had to keep the
     * step stopped until then releases it. */
    void (*release)(void *job);
    /* After that. */
    void (*figures)(const void *job, struct engine_figures *out);
    /* After write, always. */
    void (*finish)(void *job);

    /* Resumes from an image of image_kind whose files have been rolled back: makes the tree, or ...
     */
    int (*restore)(const struct engine_context *c, const struct tree_spec *tree_spec,
                   const image_reader *image, cairn_error *err);
    /* ... restores the files that the image holds, and returns the command that resumes from them.
     */
    int (*put_back)(const struct engine_context *c, const image_reader *image, const json_t *meta,
                    char *const **argv, cairn_error *err);
};

extern const struct engine engine_native, engine_app, engine_none;

/* NULL when there is none of that name. */
const struct engine *engine_named(const char *name);

#endif
