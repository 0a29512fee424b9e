#include "journal/siblings.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "journal/folder.h"
#include "journal/stamp.h"

#define UNHEARD_NS 10000000000LL

static struct rb_digest key_of(const char *path, size_t len)
{
    return rb_digest_bytes(path, len);
}

static bool mark_path(struct marks *m, const char *path)
{
    size_t len = strlen(path);
    bool done = marks_change(m, key_of(path, len), MARK_NAMED, 0);
    while (done && len > 1) {
        while (len > 1 && path[len - 1] != '/')
            len--;
        if (len > 1)
            len--;
        if (marks_get(m, key_of(path, len)) & MARK_BELOW)
            break; /* and all above it */
        done = marks_change(m, key_of(path, len), MARK_BELOW, 0);
    }
    return done;
}

static bool mark_record(struct marks *m, const struct record *r)
{
    if (r->type == RECORD_FOLDER || !r->path[0])
        return true; /* any number of steps may make names in one folder */
    bool done = mark_path(m, r->path);
    if (r->type == RECORD_MOVE)
        done = done && mark_path(m, r->other);
    if (r->type != RECORD_ABSENT && !S_ISDIR(r->mode))
        done = done && marks_change(m, marks_inode(r->dev, r->ino, 0), MARK_OLD, 0);
    return done;
}

/* In this step's own journal, only paths left alone before count, because the other step's record
 * of them may be gone. A damaged journal tells nothing. */
static int read_journal(int folder, bool own, struct siblings *s, cairn_error *err)
{
    int64_t epoch = -1;
    int rc = folder_next(folder, epoch, &epoch, err);
    while (rc == 0 && epoch >= 0) {
        struct log log;
        cairn_error unread;
        int got = log_read(folder, (uint32_t)epoch, &log, &unread);
        if (got < 0 && got > -CAIRN_EIMAGE_TORN && got != -ENOENT)
            return cairn_fail(err, -got, "other steps' journals: %s", unread.message);
        if (got == 0) {
            for (size_t i = 0; i < log.count && rc == 0; i++)
                if ((!own || log.records[i].type == RECORD_SHARED) &&
                    !mark_record(&s->marks, &log.records[i]))
                    rc = cairn_fail(err, ENOMEM, "out of memory reading other steps' journals");
            log_free(&log);
        }
        if (rc == 0)
            rc = folder_next(folder, epoch, &epoch, err);
    }
    return rc;
}

/* Returns 1 and *out; 0 if the folder does not exist, or belongs to another user and so to no step
 * of this run.
 */
static int open_below(int folder, const char *name, int *out, cairn_error *err)
{
    *out = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*out >= 0)
        return 1;
    return io_is_absent(errno) || errno == EACCES
               ? 0
               : cairn_fail_errno(err, "looking for other steps in %s", name);
}

/* Whether everything in that journal is older than `since`. A supervisor that recorded no end was
 * killed soon after its last heartbeat. If it was only stopped, its step's calls were stopped, too.
 */
static bool is_over(int folder, int64_t since)
{
    struct stamp alive;
    return stamp_read(folder, STAMP_ALIVE, &alive) &&
           alive.at < since - (alive.ended ? 0 : UNHEARD_NS);
}

/* A run may have thousands of steps. Most have ended and left no journal; those cost one call each.
 */
static int read_step(int steps, const char *name, const struct stat *own, int64_t since,
                     struct siblings *s, cairn_error *err)
{
    struct stat st;
    char path[NAME_MAX + sizeof "/checkpoints/" JOURNAL_FOLDER];
    snprintf(path, sizeof path, "%s/checkpoints/" JOURNAL_FOLDER, name);
    auto_close int folder = -1;
    int rc = open_below(steps, path, &folder, err);
    if (rc <= 0)
        return rc;
    if (fstatat(folder, "..", &st, 0) < 0)
        return cairn_fail_errno(err, "looking at the images of another step");
    bool is_own = st.st_ino == own->st_ino && st.st_dev == own->st_dev;
    return is_own || !is_over(folder, since) ? read_journal(folder, is_own, s, err) : 0;
}

int siblings_read(int checkpoints, int64_t since, struct siblings *out, cairn_error *err)
{
    struct stat own;
    *out = (struct siblings){0};
    if (fstat(checkpoints, &own) < 0)
        return cairn_fail_errno(err, "looking at the folder of images");
    auto_close int steps = -1;
    int rc = open_below(checkpoints, "../..", &steps, err);
    if (rc <= 0)
        return rc;
    auto_closedir DIR *dir = fdopendir(steps);
    if (!dir)
        return cairn_fail_errno(err, "looking for other steps");
    steal_fd(&steps);
    rc = 0;
    for (struct dirent *entry; rc == 0 && (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            rc = read_step(dirfd(dir), entry->d_name, &own, since, out, err);
    return rc;
}

static bool knows_inode(const struct siblings *s, uint64_t dev, uint64_t ino)
{
    return marks_get(&s->marks, marks_inode(dev, ino, 0)) != 0;
}

enum share siblings_share_path(const struct siblings *s, const char *path, const struct stat *at)
{
    uint32_t known = marks_get(&s->marks, key_of(path, strlen(path)));
    if (at && S_ISDIR(at->st_mode))
        return known ? SHARE_BELOW : SHARE_NOTHING;
    bool shared = (known & MARK_NAMED) || (at && knows_inode(s, at->st_dev, at->st_ino));
    return shared ? SHARE_ALL : SHARE_NOTHING;
}

enum share siblings_share(const struct siblings *s, const struct record *r, const struct stat *at)
{
    if (!s->marks.count || r->type == RECORD_FOLDER || !r->path[0])
        return SHARE_NOTHING;
    if (r->type == RECORD_ABSENT)
        return siblings_share_path(s, r->path, at);
    if (S_ISDIR(r->mode))
        return SHARE_NOTHING; /* its times and mode */
    bool moved = r->type == RECORD_MOVE && siblings_share_path(s, r->other, NULL) != SHARE_NOTHING;
    return moved || knows_inode(s, r->dev, r->ino) ? SHARE_ALL
                                                   : siblings_share_path(s, r->path, at);
}

void siblings_free(struct siblings *s)
{
    marks_free(&s->marks);
}
