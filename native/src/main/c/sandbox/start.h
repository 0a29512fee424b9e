/* Starting a tree. */
#ifndef CAIRN_SANDBOX_START_H
#define CAIRN_SANDBOX_START_H

#include "sandbox/init.h"
#include "sandbox/namespaces.h"
#include "sandbox/tree.h"

/* Starts argv in a new tree. Not found, not executable, no such cwd, no namespaces: each a named
 * error. */
CAIRN_CHECKED int tree_start(const struct tree_spec *spec, struct tree *out, cairn_error *err);

/* Its two halves, for a restore: makes pid 1, */
CAIRN_CHECKED int start_init(const struct tree_spec *spec, const struct namespace_clocks *clocks,
                             const struct init_restorer *restorer, struct tree *out,
                             cairn_error *err);
/* and waits until it is ready, or has said why not; hands over the listener, if there is one. */
CAIRN_CHECKED int start_await_ready(struct tree *t, const struct tree_listener *listener,
                                    cairn_error *err);

#endif
