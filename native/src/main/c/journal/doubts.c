#include "journal/doubts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/process.h"
#include "journal/folder.h"
#include "journal/names.h"
#include "journal/stamp.h"
#include "rollback/beneath.h"

#define NS 1000000000LL
#define SLACK_NS NS /* maximum time between two heartbeats */
#define MOST_ENTRIES 200000
#define MOST_DEPTH 64

static int64_t ns_of(struct timespec t)
{
    return t.tv_sec * NS + t.tv_nsec;
}

static int64_t boot_time(void)
{
    struct timespec since;
    clock_gettime(CLOCK_BOOTTIME, &since);
    return stamp_now() - ns_of(since);
}

int doubts_begin(struct doubts *d, int folder, const char *boot_id, cairn_error *err)
{
    char here[BOOT_ID_BYTES];
    uint64_t pid_ns;
    struct stamp alive, synced;
    *d = (struct doubts){.folder = folder, .ended = INT64_MAX};
    int rc = process_pid_space(here, &pid_ns, err);
    if (rc != 0)
        return rc;
    bool same_boot = strcmp(here, boot_id) == 0;
    bool is_synced = stamp_read(folder, STAMP_SYNCED, &synced);
    if (stamp_read(folder, STAMP_ALIVE, &alive))
        d->ended = alive.ended ? alive.at : alive.at + SLACK_NS;
    if (same_boot || (is_synced && synced.ended))
        return 0;
    /* The last heartbeats may be lost, too. On another host, its own boot id tells nothing about
     * this one. */
    if (d->ended < boot_time())
        d->ended = boot_time();
    d->cut = true;
    d->durable = is_synced ? synced.at : 0;
    d->epoch = is_synced ? synced.epoch : 0;
    d->serial = is_synced ? synced.serial : 0;
    return 0;
}

void doubts_end(struct doubts *d)
{
    marks_free(&d->covered);
}

int64_t doubts_ended(int folder)
{
    int64_t newest;
    struct log log;
    struct doubts d;
    cairn_error ignored;
    if (folder_newest(folder, &newest, &ignored) != 0 || newest < 0 ||
        log_read(folder, (uint32_t)newest, &log, &ignored) != 0)
        return INT64_MAX;
    int rc = doubts_begin(&d, folder, log.boot_id, &ignored);
    log_free(&log);
    return rc == 0 ? d.ended : INT64_MAX;
}

/* --- what is below a folder --- */

/* What to report about an entry, and whether to look below it, too. */
typedef int look_at(void *context, const char *path, const struct stat *st, bool *descend,
                    cairn_error *err);

/* Judges the errno of a failed lookup. A file that is gone, or that lies in a folder closed by the
 * step, counts as not changed by others. */
static int unseen(const char *path, cairn_error *err)
{
    return io_is_absent(errno) || errno == EACCES
               ? 0
               : cairn_fail_errno(err, "looking at %s for changes by others", path);
}

static int look_below(int folder, const char *path, int depth, look_at *at, void *context,
                      cairn_error *err)
{
    auto_close int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_closedir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return unseen(path, err);
    if (depth == MOST_DEPTH)
        return 0;
    steal_fd(&fd);
    int rc = 0;
    for (struct dirent *entry; rc == 0 && (entry = readdir(dir));) {
        char below[PATH_MAX];
        struct stat st;
        bool descend = false;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            snprintf(below, sizeof below, "%s/%s", path, entry->d_name) >= (int)sizeof below)
            continue;
        if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
            rc = unseen(below, err);
            continue;
        }
        rc = at(context, below, &st, &descend, err);
        if (rc != 0 || !descend || !S_ISDIR(st.st_mode))
            continue;
        auto_close int inner =
            openat(dirfd(dir), entry->d_name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        rc = inner < 0 ? unseen(below, err) : look_below(inner, below, depth + 1, at, context, err);
    }
    return rc;
}

/* --- others --- */

static int by_others(const char *path, cairn_error *err)
{
    return cairn_fail(err, CAIRN_ECHANGED,
                      "%s was changed after the step ended, and the step had changed it since the "
                      "checkpoint; --accept-changed undoes both",
                      path);
}

static int unchanged_since_end(void *context, const char *path, const struct stat *st,
                               bool *descend, cairn_error *err)
{
    const struct doubts *d = context;
    *descend = true;
    return !S_ISDIR(st->st_mode) && ns_of(st->st_ctim) > d->ended ? by_others(path, err) : 0;
}

/* A file that the undoing would remove or overwrite. */
static int check_path(const struct doubts *d, const struct record *r, cairn_error *err)
{
    struct stat st;
    auto_close int fd = rb_open_absolute(r->path, O_PATH);
    if (fd < 0 || fstat(fd, &st) < 0)
        return unseen(r->path, err);
    if (S_ISDIR(st.st_mode))
        return r->type == RECORD_ABSENT
                   ? look_below(fd, r->path, 0, unchanged_since_end, (void *)d, err)
                   : 0;
    return ns_of(st.st_ctim) > d->ended ? by_others(r->path, err) : 0;
}

/* --- a power cut --- */

static struct rb_digest key_of_path(const char *path)
{
    return rb_digest_bytes(path, strlen(path));
}

int doubts_cover(struct doubts *d, const struct record *r, cairn_error *err)
{
    uint32_t what = r->type == RECORD_ABSENT ? MARK_NEW : MARK_OLD;
    bool done = marks_change(&d->covered, key_of_path(r->path), what, 0);
    if (r->type == RECORD_MOVE)
        done = done && marks_change(&d->covered, key_of_path(r->other), MARK_NEW, 0);
    if (r->type != RECORD_ABSENT) /* which describes the folder */
        done = done && marks_change(&d->covered, marks_inode(r->dev, r->ino, 0), MARK_OLD, 0);
    return done ? 0 : cairn_fail(err, ENOMEM, "out of memory looking at the journal");
}

static bool copy_may_be_lost(const struct doubts *d, const struct record *r)
{
    unsigned epoch;
    unsigned long long serial;
    bool may_have = r->type == RECORD_CONTENT || r->type == RECORD_SIZE;
    return may_have && sscanf(r->other, "%8u-copy-%llx", &epoch, &serial) == 2 &&
           (epoch > d->epoch || (epoch == d->epoch && serial >= d->serial));
}

static bool is_unchanged(const struct record *r)
{
    struct stat st;
    auto_close int fd = rb_open_absolute(r->path, O_PATH);
    return fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == r->ino && st.st_size == r->size &&
           ns_of(st.st_mtim) == r->mtime;
}

/* Whether an undoing needs the copy of the file. For a file that was only appended to, its present
 * size is enough, unless the file is gone. */
static bool needs_copy(const struct record *r, int subject)
{
    struct stat st;
    if (r->type != RECORD_SIZE)
        return !is_unchanged(r);
    auto_close int fd = subject >= 0 ? -1 : rb_open_absolute(r->path, O_PATH);
    return subject < 0 && (fd < 0 || fstat(fd, &st) < 0 || st.st_size < r->size);
}

int doubts_about(struct doubts *d, const struct record *r, int subject, cairn_error *err)
{
    struct stat st;
    if (!r->path[0])
        return 0;
    int rc = r->type == RECORD_FOLDER ? 0 : check_path(d, r, err);
    /* A removal of a name by another process changes the inode's ctime too, and is allowed; a write
     * is not. */
    if (rc == 0 && subject >= 0 && fstat(subject, &st) == 0 && S_ISREG(st.st_mode) &&
        ns_of(st.st_mtim) > d->ended)
        rc = by_others(r->path, err);
    if (rc != 0 || !d->cut)
        return rc;
    if (copy_may_be_lost(d, r) && needs_copy(r, subject))
        return cairn_fail(err, CAIRN_EROLLBACK,
                          "%s cannot come back: its copy in the journal was not yet durable when "
                          "the host went down",
                          r->path);
    return doubts_cover(d, r, err);
}

/* --- files without a record --- */

struct looking {
    const struct doubts *d;
    unsigned entries;
    bool deep;
};

static int is_known(void *context, const char *path, const struct stat *st, bool *descend,
                    cairn_error *err)
{
    struct looking *l = context;
    const struct doubts *d = l->d;
    if (++l->entries > MOST_ENTRIES)
        return cairn_fail(err, CAIRN_ECHANGED,
                          "the host went down, and there are too many files up to %s to look for "
                          "what the journal does not know; --accept-changed resumes all the same",
                          path);
    uint32_t known = marks_get(&d->covered, key_of_path(path));
    if (known & MARK_NEW) /* the folder is moved away as a whole */
        return 0;
    bool covered = known || marks_get(&d->covered, marks_inode(st->st_dev, st->st_ino, 0)) != 0;
    if (!covered && ns_of(st->st_ctim) > d->durable && ns_of(st->st_ctim) <= d->ended)
        return cairn_fail(err, CAIRN_ECHANGED,
                          "%s changed in the last moments before the host went down, which the "
                          "journal does not know; --accept-changed resumes all the same",
                          path);
    *descend = l->deep;
    return 0;
}

static int look_from(const struct doubts *d, const char *path, bool deep, cairn_error *err)
{
    struct looking looking = {d, 0, deep};
    auto_close int folder = rb_open_absolute(path, O_PATH | O_DIRECTORY);
    return folder < 0
               ? unseen(path, err)
               : look_below(folder, strcmp(path, "/") == 0 ? "" : path, 0, is_known, &looking, err);
}

int doubts_look_around(struct doubts *d, const char *cwd, cairn_error *err)
{
    return d->cut && cwd ? look_from(d, cwd, true, err) : 0;
}

int doubts_look_in(struct doubts *d, const struct record *folder, cairn_error *err)
{
    return d->cut && folder->type == RECORD_FOLDER ? look_from(d, folder->path, false, err) : 0;
}
