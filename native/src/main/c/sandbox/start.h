/* Starting a tree. */
#ifndef CAIRN_SANDBOX_START_H
#define CAIRN_SANDBOX_START_H

#include "sandbox/init.h"
#include "sandbox/namespaces.h"
#include "sandbox/tree.h"

/* Starts argv in a new tree. A program that is not found or not executable, a missing cwd, and
 * missing namespaces each have an error of their own. */
CAIRN_CHECKED int tree_start(const struct tree_spec *spec, struct tree *out, cairn_error *err);

/* The first half, for a restore: makes pid 1. */
CAIRN_CHECKED int start_init(const struct tree_spec *spec, const struct namespace_clocks *clocks,
                             const struct init_restorer *restorer, struct tree *out,
                             cairn_error *err);
/* The second half: waits until pid 1 is ready or reports an error, and hands over the listener if
 * there is one. */
CAIRN_CHECKED int start_await_ready(struct tree *t, const struct tree_listener *listener,
                                    cairn_error *err);

#endif
