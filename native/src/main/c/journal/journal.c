#include "journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "journal/calls.h"
#include "journal/doubts.h"
#include "journal/folder.h"
#include "journal/log.h"
#include "journal/merge.h"
#include "journal/names.h"
#include "journal/place.h"
#include "journal/recorder.h"
#include "journal/siblings.h"
#include "journal/stamp.h"
#include "journal/undo.h"
#include "journal/watch.h"

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

#define SETTLED "settled"

struct journal {
    pthread_mutex_t lock; /* protects the recorder, which the server and a cut use */
    struct recorder recorder;
    int checkpoints; /* the supervisor's descriptor, reopened after a file server came back */
    int folder, listener;
    pid_t init;
    char kept_path[PATH_MAX];
    atomic_bool armed;
    uint32_t published[JOURNAL_MOST_IMAGES]; /* epochs of images of this attempt, newest first */
    int n_published;
    bool kept_is_ours; /* `kept` was opened in our own mount namespace: the server has to open its
                        * own */
    pthread_t server;
    struct watch watch;
};

static int open_folder(struct journal *j, cairn_error *err)
{
    auto_close int folder = -1;
    int rc = folder_open(j->checkpoints, &folder, err);
    if (rc != 0)
        return rc;
    auto_close int kept =
        openat(folder, JOURNAL_KEPT, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (kept < 0)
        return cairn_fail_errno(err, "opening what the journal keeps");
    cairn_cleanup_close(&j->folder);
    cairn_cleanup_close(&j->recorder.kept);
    j->folder = steal_fd(&folder);
    j->recorder.kept = steal_fd(&kept);
    j->kept_is_ours = true;
    return 0;
}

int journal_open(int checkpoints, uint64_t limit, struct journal **out, cairn_error *err)
{
    struct journal *j = calloc(1, sizeof *j);
    if (!j)
        return cairn_fail(err, ENOMEM, "out of memory opening the journal");
    char link[48];
    j->folder = j->listener = j->recorder.log = j->recorder.kept = -1;
    j->recorder.limit = limit;
    j->recorder.proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    pthread_mutex_init(&j->lock, NULL);
    j->checkpoints = checkpoints;
    int rc = open_folder(j, err);
    if (rc == 0)
        rc = folder_used(j->folder, &j->recorder.used, err);
    if (rc == 0) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", j->recorder.kept);
        ssize_t len = readlink(link, j->kept_path, sizeof j->kept_path - 1);
        if (j->recorder.kept < 0 || len <= 0 || j->recorder.proc_fd < 0)
            rc = cairn_fail_errno(err, "opening the journal");
    }
    if (rc != 0) {
        journal_close(j);
        return rc;
    }
    *out = j;
    return 0;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    cairn_cleanup_close(&j->folder);
    cairn_cleanup_close(&j->recorder.log);
    cairn_cleanup_close(&j->recorder.kept);
    cairn_cleanup_close(&j->recorder.proc_fd);
    marks_free(&j->recorder.marks);
    pthread_mutex_destroy(&j->lock);
    free(j);
}

static void begin_epoch(struct journal *j, uint32_t epoch, int *log)
{
    struct recorder *r = &j->recorder;
    cairn_cleanup_close(&r->log);
    marks_free(&r->marks);
    r->log = steal_fd(log);
    r->epoch = epoch;
    r->serial = 0;
    r->broken = false;
}

int journal_cut(struct journal *j, uint32_t *epoch, cairn_error *err)
{
    int64_t newest;
    auto_close int log = -1;
    pthread_mutex_lock(&j->lock);
    int rc = open_folder(j, err);
    if (rc == 0)
        rc = folder_newest(j->folder, &newest, err);
    if (rc == 0)
        rc = log_create(j->folder, (uint32_t)(newest + 1), &log, err);
    if (rc == 0) {
        watch_sync_epoch(&j->recorder, 0);
        *epoch = (uint32_t)(newest + 1);
        begin_epoch(j, *epoch, &log);
    }
    pthread_mutex_unlock(&j->lock);
    return rc;
}

/* Starts an empty log after an undoing. */
static int begin_again(struct journal *j, uint32_t epoch, cairn_error *err)
{
    char name[LOG_NAME_BYTES];
    int rc = folder_used(j->folder, &j->recorder.used, err);
    if (rc != 0)
        return rc;
    if (unlinkat(j->folder, SETTLED, 0) < 0 && errno != ENOENT)
        return cairn_fail_errno(err, "removing the journal's %s", SETTLED);
    log_name(epoch, name);
    auto_close int log = openat(j->folder, name, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
    if (log < 0)
        return cairn_fail_errno(err, "opening the journal %s", name);
    begin_epoch(j, epoch, &log);
    return 0;
}

/* Merges the epochs between the first one, of checkpoint 0, and the oldest that an image needs. */
static int merge_before(struct journal *j, uint32_t needed, cairn_error *err)
{
    int64_t first, next;
    int rc = folder_next(j->folder, -1, &first, err);
    while (rc == 0) {
        rc = folder_next(j->folder, first, &next, err);
        if (rc != 0 || next < 0 || next >= needed)
            break;
        rc = merge_epochs(j->folder, (uint32_t)first, (uint32_t)next, err);
    }
    return rc;
}

int journal_published(struct journal *j, int keep, cairn_error *err)
{
    pthread_mutex_lock(&j->lock);
    uint32_t epoch = j->recorder.epoch;
    pthread_mutex_unlock(&j->lock);
    memmove(j->published + 1, j->published, sizeof j->published - sizeof *j->published);
    j->published[0] = epoch;
    j->n_published += j->n_published < JOURNAL_MOST_IMAGES;
    /* The epochs of earlier attempts are needed until this attempt has enough images. */
    if (j->n_published < keep || keep > JOURNAL_MOST_IMAGES)
        return 0;
    int rc = merge_before(j, j->published[keep - 1], err);
    uint64_t used;
    if (rc == 0)
        rc = folder_used(j->folder, &used, err);
    if (rc == 0) {
        pthread_mutex_lock(&j->lock);
        j->recorder.used = used;
        pthread_mutex_unlock(&j->lock);
    }
    return rc;
}

/* The creation time in ns; 0 if the file system does not record it. */
static int64_t beginning_of(int folder, uint32_t epoch)
{
    char name[LOG_NAME_BYTES];
    struct statx log;
    log_name(epoch, name);
    bool known = statx(folder, name, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &log) == 0 &&
                 (log.stx_mask & STATX_BTIME);
    return known ? log.stx_btime.tv_sec * 1000000000LL + log.stx_btime.tv_nsec : 0;
}

int journal_undo(struct journal *j, uint32_t epoch, const struct undo_options *how,
                 cairn_error *err)
{
    struct siblings others = {0};
    int rc = how->accept_changed
                 ? 0
                 : siblings_read(j->checkpoints, beginning_of(j->folder, epoch), &others, err);
    if (rc == 0)
        rc = undo_check(j->folder, epoch, how, &others, err);
    if (rc == 0)
        rc = undo_note_shared(j->folder, epoch, how, &others, err);
    if (rc == 0)
        rc = undo_to(j->folder, epoch, how, &others, err);
    siblings_free(&others);
    return rc ? rc : begin_again(j, epoch, err);
}

int64_t journal_ended(const struct journal *j)
{
    bool is_begun = faccessat(j->folder, JOURNAL_BEGUN, F_OK, 0) == 0 || !io_is_absent(errno);
    return is_begun ? INT64_MAX : doubts_ended(j->folder);
}

/* An image of an earlier attempt does not count: it may refer to changes that have been undone
 * since. */
bool journal_only_grew(struct journal *j, int fd)
{
    struct stat st;
    int64_t born;
    if (j->n_published == 0 || !place_stat(fd, "", AT_EMPTY_PATH, &st, &born))
        return false;
    pthread_mutex_lock(&j->lock);
    uint32_t known = marks_get(&j->recorder.marks, marks_inode(st.st_dev, st.st_ino, born));
    bool is_known = j->recorder.log >= 0 && !j->recorder.broken;
    pthread_mutex_unlock(&j->lock);
    return is_known && !(known & (MARK_CONTENT | MARK_NEW));
}

void journal_own_changes(const struct journal *j)
{
    stamp_write(j->folder, STAMP_ALIVE, (struct stamp){.at = stamp_now(), .ended = 1}, false);
}

void journal_end(struct journal *j)
{
    watch_join(&j->watch);
}

int journal_settle(struct journal *j, cairn_error *err)
{
    return io_publish_file(j->folder, SETTLED, "", 0, err);
}

int journal_is_settled(const struct journal *j, cairn_error *err)
{
    if (faccessat(j->folder, SETTLED, F_OK, 0) == 0)
        return 1;
    return errno == ENOENT ? 0 : cairn_fail_errno(err, "looking at the journal");
}

int journal_keep(struct journal *j, uint32_t epoch, cairn_error *err)
{
    int rc = undo_nothing(j->folder, epoch, err);
    return rc ? rc : begin_again(j, epoch, err);
}

/* --- the server --- */

/* A change that cannot be recorded ends the epoch: the step continues, and images that need this
 * epoch become unusable. If even that cannot be written, the log loses its header, which means the
 * same. */
static void give_up(struct journal *j, const cairn_error *error)
{
    struct recorder *r = &j->recorder;
    cairn_error ignored;
    r->broken = true;
    if (record_unknown(r, error->message, &ignored) != 0 && ftruncate(r->log, 0) < 0) {
        char name[LOG_NAME_BYTES];
        log_name(r->epoch, name);
        unlinkat(j->folder, name, 0);
    }
}

/* Opens `kept` in the step's mount namespace, because links can be made only within one mount. */
static void open_own_kept(struct journal *j)
{
    struct stat here, there;
    auto_close int kept = open(j->kept_path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (kept >= 0 && fstat(kept, &here) == 0 && fstat(j->recorder.kept, &there) == 0 &&
        here.st_ino == there.st_ino && here.st_dev == there.st_dev) {
        close(j->recorder.kept);
        j->recorder.kept = steal_fd(&kept);
    }
    j->kept_is_ours = false;
}

static void record_call(struct journal *j, const struct seccomp_notif *call)
{
    cairn_error error = {0};
    pthread_mutex_lock(&j->lock);
    if (j->kept_is_ours)
        open_own_kept(j);
    if (!j->recorder.broken && j->recorder.log >= 0 && call_record(&j->recorder, call, &error) != 0)
        give_up(j, &error);
    pthread_mutex_unlock(&j->lock);
}

/* Moves this thread alone into the step's mount namespace. There paths lead to the same files as
 * for the step, and those files can get second names. */
static int enter_mounts(struct journal *j, cairn_error *err)
{
    static const char *const mounted[] = {"/dev/shm", "/dev/pts", "/proc"};
    struct stat outside[sizeof mounted / sizeof *mounted] = {0}, inside;
    struct recorder *r = &j->recorder;
    char path[48];
    for (size_t i = 0; i < sizeof mounted / sizeof *mounted; i++)
        if (stat(mounted[i], &outside[i]) < 0)
            outside[i].st_dev = 0;
    snprintf(path, sizeof path, "%d/ns/mnt", j->init);
    auto_close int mounts = openat(j->recorder.proc_fd, path, O_RDONLY | O_CLOEXEC);
    if (mounts < 0 || unshare(CLONE_FS) < 0 || setns(mounts, CLONE_NEWNS) < 0)
        return cairn_fail_errno(err, "entering the step's mounts");
    for (size_t i = 0; i < sizeof mounted / sizeof *mounted; i++)
        if (stat(mounted[i], &inside) == 0 && inside.st_dev != outside[i].st_dev)
            r->private[r->n_private++] = inside.st_dev;
    return 0;
}

static bool is_over(int listener)
{
    struct pollfd fd = {.fd = listener, .events = POLLIN};
    return poll(&fd, 1, 0) > 0 && (fd.revents & POLLHUP);
}

static void *serve(void *context)
{
    struct journal *j = context;
    struct seccomp_notif_sizes sizes = {0};
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    cairn_error error = {0};
    if (enter_mounts(j, &error) < 0) {
        pthread_mutex_lock(&j->lock);
        give_up(j, &error);
        pthread_mutex_unlock(&j->lock);
    }
    syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes);
    size_t call_size = sizes.seccomp_notif, answer_size = sizes.seccomp_notif_resp;
    if (call_size < sizeof(struct seccomp_notif))
        call_size = sizeof(struct seccomp_notif);
    if (answer_size < sizeof(struct seccomp_notif_resp))
        answer_size = sizeof(struct seccomp_notif_resp);
    struct seccomp_notif *call = calloc(1, call_size);
    struct seccomp_notif_resp *answer = calloc(1, answer_size);
    while (call && answer) {
        memset(call, 0, call_size);
        if (ioctl(j->listener, SECCOMP_IOCTL_NOTIF_RECV, call) < 0) {
            if (is_over(j->listener))
                break;
            continue;
        }
        if (atomic_load(&j->armed))
            record_call(j, call);
        *answer =
            (struct seccomp_notif_resp){.id = call->id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
        /* A thread that was killed meanwhile needs no answer. */
        if (ioctl(j->listener, SECCOMP_IOCTL_NOTIF_SEND, answer) < 0)
            continue;
    }
    free(call);
    free(answer);
    close(j->listener);
    return NULL;
}

int journal_listen(struct journal *j, int listener, pid_t init, cairn_error *err)
{
    j->listener = listener;
    j->init = init;
    /* Without this flag the kernel wakes an idle CPU for each call (Linux 6.6). */
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) < 0) {
        /* slower */
    }
    j->watch = (struct watch){&j->lock, &j->recorder, &j->folder, .listener = -1};
    int rc = watch_start(&j->watch, listener, err);
    if (rc != 0)
        return rc;
    int failed = pthread_create(&j->server, NULL, serve, j);
    if (failed != 0)
        return cairn_fail(err, failed, "starting the thread that journals: %s", strerror(failed));
    pthread_detach(j->server);
    return 0;
}

void journal_arm(struct journal *j)
{
    atomic_store(&j->armed, true);
}
