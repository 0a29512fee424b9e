/* Inside sandbox/ and restore/: pid 1 made and awaited, before there is a whole tree. */
#ifndef CAIRN_SANDBOX_SPAWN_H
#define CAIRN_SANDBOX_SPAWN_H

#include "sandbox/init.h"
#include "sandbox/namespaces.h"

CAIRN_CHECKED int spawn_init(const struct tree_spec *spec, const struct namespace_clocks *clocks,
                             const struct init_restorer *restorer, struct tree *out,
                             cairn_error *err);

/* Waits for the first message of pid 1: ready, or its error. */
CAIRN_CHECKED int spawn_await_ready(struct tree *t, cairn_error *err);

/* For trees without a pid namespace. */
void spawn_kill_descendants(pid_t ancestor);

#endif
