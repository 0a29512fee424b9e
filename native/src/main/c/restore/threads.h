/* Threads and their registers. */
#ifndef CAIRN_RESTORE_THREADS_H
#define CAIRN_RESTORE_THREADS_H

#include "restore/restoration.h"

CAIRN_CHECKED int threads_make(const struct restoration *r, struct restored_process *p,
                               cairn_error *err);
/* As the "capabilities" of `json`, for example of a thread or a zombie. */
CAIRN_CHECKED int threads_set_capabilities(struct injector *in, const json_t *json,
                                           cairn_error *err);
CAIRN_CHECKED int threads_finish(const struct restoration *r, struct restored_process *p,
                                 cairn_error *err);
/* Ends the rseq area inherited from our fork before its memory goes: the kernel would continue to
 * write there. */
CAIRN_CHECKED int threads_forget_rseq(struct injector *in, cairn_error *err);
/* The thread of `in` becomes the user that p ran as: each by itself, as the kernel has it. It keeps
 * those of its capabilities that are permitted. */
CAIRN_CHECKED int threads_set_ids(struct injector *in, const struct restored_process *p,
                                  bool keeps_capabilities, cairn_error *err);
/* Makes each thread leave the trampoline; the restored process runs from then on. */
CAIRN_CHECKED int threads_leave(const struct restoration *r, struct restored_process *p,
                                cairn_error *err);

#endif
