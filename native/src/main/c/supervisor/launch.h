/* Begins an attempt: starts the step with checkpoint 0, or resumes it from an image. */
#ifndef CAIRN_SUPERVISOR_LAUNCH_H
#define CAIRN_SUPERVISOR_LAUNCH_H

#include "supervisor/supervisor.h"

/* Fills s->step.tree and opens its terminal. envp is the step's environment; *image becomes the
 * sequence of checkpoint 0, or of the image from which the step resumes. On failure no process of
 * the step is left. */
CAIRN_CHECKED int launch(struct supervisor *s, char *const *envp, int64_t *image, cairn_error *err);

/* Whether the step needs namespaces, and so cannot start on a host without them. */
bool launch_needs_namespaces(const struct supervisor *s);

#endif
