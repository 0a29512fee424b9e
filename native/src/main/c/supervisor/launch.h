/* The beginning of an attempt: from the step's start, with checkpoint 0, or from an image. */
#ifndef CAIRN_SUPERVISOR_LAUNCH_H
#define CAIRN_SUPERVISOR_LAUNCH_H

#include "supervisor/supervisor.h"

/* Fills s->step.tree and opens its terminal. envp is the step's environment; *image is the sequence
 * of checkpoint 0, or of the image from which the step resumes. On failure nothing of the
 * step runs. */
CAIRN_CHECKED int launch(struct supervisor *s, char *const *envp, int64_t *image, cairn_error *err);

/* Can it not be started on a host without them? */
bool launch_needs_namespaces(const struct supervisor *s);

#endif
