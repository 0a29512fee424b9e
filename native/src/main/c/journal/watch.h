/* While a step lives, writes a heartbeat every half second and makes the journal durable once a
 * second. So a resume knows which changes came after the step's end and which records a power cut
 * may have lost. */
#ifndef CAIRN_JOURNAL_WATCH_H
#define CAIRN_JOURNAL_WATCH_H

#include <pthread.h>

#include "common/error.h"
#include "journal/recorder.h"

struct watch {
    pthread_mutex_t *lock; /* protects the recorder and *folder */
    const struct recorder *recorder;
    const int *folder;
    int listener; /* signals that no process of the step is left; owned by the watch */
    pthread_t alive, sync;
    bool started;
};

/* Starts two threads. The watch must not move in memory until they have ended. */
CAIRN_CHECKED int watch_start(struct watch *w, int listener, cairn_error *err);
/* No process of the step is left: waits, for some seconds at most, until the last stamps are
 * written. */
void watch_join(struct watch *w);

/* Call it with the lock held. From now on, the records so far survive a power cut. */
void watch_sync_epoch(const struct recorder *r, uint64_t from_serial);

#endif
