#include "journal/watch.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "journal/names.h"
#include "journal/stamp.h"

#define ALIVE_MS 500
#define SYNC_MS 1000
#define JOIN_SECONDS 10

/* True once no process of the step is left. */
static bool ends_within(const struct watch *w, int ms)
{
    struct pollfd fd = {.fd = w->listener};
    return poll(&fd, 1, ms) > 0 && (fd.revents & (POLLHUP | POLLERR | POLLNVAL));
}

static void block_signals(void)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
}

static int own_folder(const struct watch *w)
{
    pthread_mutex_lock(w->lock);
    int folder = fcntl(*w->folder, F_DUPFD_CLOEXEC, 0);
    pthread_mutex_unlock(w->lock);
    return folder;
}

static void *say_alive(void *context)
{
    const struct watch *w = context;
    block_signals();
    bool ended;
    do {
        ended = ends_within(w, ALIVE_MS);
        auto_close int folder = own_folder(w);
        stamp_write(folder, STAMP_ALIVE, (struct stamp){.at = stamp_now(), .ended = ended}, false);
    } while (!ended);
    return NULL;
}

static void sync_kept(int kept, uint32_t epoch, uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i < to; i++) {
        char name[KEPT_NAME_BYTES];
        kept_copy_name(epoch, i, name);
        auto_close int copy = openat(kept, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        if (copy >= 0)
            fdatasync(copy);
    }
    auto_close int folder = openat(kept, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0)
        fsync(folder);
}

void watch_sync_epoch(const struct recorder *r, uint64_t from_serial)
{
    if (r->log < 0)
        return;
    sync_kept(r->kept, r->epoch, from_serial, r->serial);
    fdatasync(r->log);
}

/* How far the log had come at the last record. */
struct recorded {
    int log, kept, folder;
    uint32_t epoch;
    uint64_t serial;
    off_t size;
};

static void look(const struct watch *w, struct recorded *out)
{
    struct stat st;
    pthread_mutex_lock(w->lock);
    const struct recorder *r = w->recorder;
    *out = (struct recorded){.log = fcntl(r->log, F_DUPFD_CLOEXEC, 0),
                             .kept = fcntl(r->kept, F_DUPFD_CLOEXEC, 0),
                             .folder = fcntl(*w->folder, F_DUPFD_CLOEXEC, 0),
                             .epoch = r->epoch,
                             .serial = r->serial};
    pthread_mutex_unlock(w->lock);
    out->size = fstat(out->log, &st) == 0 ? st.st_size : -1;
}

static void *make_durable(void *context)
{
    const struct watch *w = context;
    struct recorded before = {.size = -1};
    block_signals();
    bool ended;
    do {
        ended = ends_within(w, SYNC_MS);
        struct recorded now;
        int64_t at = stamp_now();
        look(w, &now);
        bool same = now.epoch == before.epoch && now.size == before.size;
        if (!same || ended) {
            sync_kept(now.kept, now.epoch, now.epoch == before.epoch ? before.serial : 0,
                      now.serial);
            fdatasync(now.log);
        }
        stamp_write(
            now.folder, STAMP_SYNCED,
            (struct stamp){.at = at, .epoch = now.epoch, .serial = now.serial, .ended = ended},
            !same || ended);
        cairn_cleanup_close(&now.log);
        cairn_cleanup_close(&now.kept);
        cairn_cleanup_close(&now.folder);
        before = now;
    } while (!ended);
    return NULL;
}

int watch_start(struct watch *w, int listener, cairn_error *err)
{
    const struct stamp first = {.at = stamp_now(), .epoch = w->recorder->epoch};
    stamp_write(*w->folder, STAMP_ALIVE, first, false);
    stamp_write(*w->folder, STAMP_SYNCED, first, true);
    w->listener = fcntl(listener, F_DUPFD_CLOEXEC, 0);
    if (w->listener < 0)
        return cairn_fail_errno(err, "watching the step");
    int failed = pthread_create(&w->alive, NULL, say_alive, w);
    if (failed == 0) {
        failed = pthread_create(&w->sync, NULL, make_durable, w);
        if (failed != 0)
            pthread_detach(w->alive);
    }
    if (failed != 0)
        return cairn_fail(err, failed, "starting a thread of the journal: %s", strerror(failed));
    w->started = true;
    return 0;
}

void watch_join(struct watch *w)
{
    struct timespec until;
    if (!w->started)
        return;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += JOIN_SECONDS;
    pthread_timedjoin_np(w->alive, NULL, &until);
    pthread_timedjoin_np(w->sync, NULL, &until);
    w->started = false;
}
