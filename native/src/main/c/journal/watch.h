/* While a step lives: says so every half second, and makes the journal durable once a second, so
 * that a resume knows what changed after the step's end and what a power cut may have taken. */
#ifndef CAIRN_JOURNAL_WATCH_H
#define CAIRN_JOURNAL_WATCH_H

#include <pthread.h>

#include "common/error.h"
#include "journal/recorder.h"

struct watch {
    pthread_mutex_t *lock; /* of the recorder and of *folder */
    const struct recorder *recorder;
    const int *folder;
    int listener; /* tells that nothing of the step is left; its own */
    pthread_t alive, sync;
    bool started;
};

/* Two threads. The watch must stay where it is until they have ended. */
CAIRN_CHECKED int watch_start(struct watch *w, int listener, cairn_error *err);
/* Nothing of the step is left: waits, for some seconds at most, until the last signs are there. */
void watch_join(struct watch *w);

/* Within the lock: what the epoch has recorded survives a power cut from now on. */
void watch_sync_epoch(const struct recorder *r, uint64_t from_serial);

#endif
