/* Threads and their registers. */
#ifndef CAIRN_RESTORE_THREADS_H
#define CAIRN_RESTORE_THREADS_H

#include "restore/restoration.h"

CAIRN_CHECKED int threads_make(const struct restoration *r, struct restored_process *p,
                               cairn_error *err);
/* Sets the capabilities under "capabilities" of `json`, for example of a thread or a zombie. */
CAIRN_CHECKED int threads_set_capabilities(struct injector *in, const json_t *json,
                                           cairn_error *err);
CAIRN_CHECKED int threads_finish(const struct restoration *r, struct restored_process *p,
                                 cairn_error *err);
/* Unregisters the rseq area inherited from our fork before its memory is unmapped, because the
 * kernel would continue to write there. */
CAIRN_CHECKED int threads_forget_rseq(struct injector *in, cairn_error *err);
/* Gives the thread of `in` the user and group ids of p. The kernel keeps ids per thread, so call it
 * for each. The thread keeps its permitted capabilities if asked. */
CAIRN_CHECKED int threads_set_ids(struct injector *in, const struct restored_process *p,
                                  bool keeps_capabilities, cairn_error *err);
/* Makes each thread leave the trampoline; from then on the restored process runs. */
CAIRN_CHECKED int threads_leave(const struct restoration *r, struct restored_process *p,
                                cairn_error *err);

#endif
