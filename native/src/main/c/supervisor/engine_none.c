#include "supervisor/engine.h"

/* For steps that are cheap to repeat: makes no image but checkpoint 0. */
static int begin(const struct engine_context *c, bool stay_stopped, image_writer *w, void **job,
                 cairn_error *err)
{
    (void)c, (void)stay_stopped, (void)w, (void)job;
    return cairn_fail(
        err, CAIRN_EUNSUPPORTED,
        "the engine `none` makes no checkpoints; choose another with checkpoint.engine");
}

const struct engine engine_none = {.name = "none", .begin = begin};
