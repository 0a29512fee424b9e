#include "rollback/compare.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"

#define CUTTING "cutting-"
#define BEGUN "begun"
#define MARK_BYTES 64

static void cutting_mark(const struct rb_node *want, char name[MARK_BYTES])
{
    snprintf(name, MARK_BYTES, CUTTING "%llx", (unsigned long long)want->ino);
}

static void made_mark(const struct rb_node *want, uint64_t ino, char name[MARK_BYTES])
{
    snprintf(name, MARK_BYTES, "made-%llx-%llx", (unsigned long long)want->ino,
             (unsigned long long)ino);
}

static bool is_marked(int kept_fd, const char *name)
{
    struct stat st;
    return kept_fd >= 0 && fstatat(kept_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int mark(int kept_fd, const char *name, const char *path, cairn_error *err)
{
    auto_close int fd = openat(kept_fd, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || fsync(kept_fd) < 0)
        return cairn_fail_errno(err, "marking in the image what is done to %s", path);
    return 0;
}

int rb_mark_begun(int kept_fd, cairn_error *err)
{
    return mark(kept_fd, BEGUN, "the step's files", err);
}

bool rb_is_begun(int kept_fd)
{
    return is_marked(kept_fd, BEGUN);
}

int rb_mark_cutting(int kept_fd, const struct rb_node *want, cairn_error *err)
{
    char name[MARK_BYTES];
    cutting_mark(want, name);
    return mark(kept_fd, name, want->path, err);
}

int rb_mark_made(int kept_fd, const struct rb_node *want, uint64_t ino, cairn_error *err)
{
    char name[MARK_BYTES];
    made_mark(want, ino, name);
    return mark(kept_fd, name, want->path, err);
}

void rb_unmark_all(int kept_fd)
{
    auto_close int fd = openat(kept_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_closedir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return;
    steal_fd(&fd);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (strncmp(entry->d_name, CUTTING, strlen(CUTTING)) == 0 ||
            strcmp(entry->d_name, BEGUN) == 0)
            unlinkat(kept_fd, entry->d_name, 0);
}

static enum rb_verdict by_size(const struct rb_node *want, const struct rb_node *now)
{
    return now->size == want->size ? RB_SAME : RB_LONGER;
}

static int judge_by_digest(const struct rb_node *want, const struct rb_node *now, int fd,
                           enum rb_verdict *out, cairn_error *err)
{
    struct rb_digest digest;
    int rc = rb_content_digest(fd, (uint64_t)want->size, want->path, &digest, err);
    if (rc == 0 && rb_digest_equal(digest, want->digest))
        *out = by_size(want, now);
    return rc;
}

static int judge_by_ends(const struct rb_node *want, const struct rb_node *now, int fd, int kept_fd,
                         enum rb_verdict *out, cairn_error *err)
{
    struct rb_ends ends;
    int rc = rb_content_ends(fd, (uint64_t)want->size, want->path, &ends, err);
    if (rc != 0)
        return rc;
    char cutting[MARK_BYTES];
    cutting_mark(want, cutting);
    bool ends_say_all = want->size <= (int64_t)RB_END_BYTES * 2;
    bool same_size_is_same =
        ends_say_all || now->mtime == want->mtime || is_marked(kept_fd, cutting);
    if (rb_digest_equal(ends.head, want->ends.head) &&
        rb_digest_equal(ends.tail, want->ends.tail) &&
        (now->size > want->size || same_size_is_same))
        *out = by_size(want, now);
    return 0;
}

static bool is_made(int kept_fd, const struct rb_node *want, const struct rb_node *now)
{
    char name[MARK_BYTES];
    made_mark(want, now->ino, name);
    return is_marked(kept_fd, name);
}

int rb_compare(const struct rb_node *want, const struct rb_node *now, enum rb_place place, int fd,
               int kept_fd, enum rb_verdict *out, cairn_error *err)
{
    bool same_inode = now->ino == want->ino;
    bool same_times = now->mtime == want->mtime && now->ctime == want->ctime;
    *out = RB_OTHER;
    if (now->type != RB_FILE || now->size < want->size)
        return 0;
    if (want->settled && same_inode && now->size == want->size && same_times) {
        *out = RB_SAME;
        return 0;
    }
    if (want->has_digest && fd >= 0)
        return judge_by_digest(want, now, fd, out, err);
    if (want->mapped) {
        if (same_inode || is_made(kept_fd, want, now))
            *out = by_size(want, now);
        return 0;
    }
    if (!same_inode && place == RB_BY_INODE)
        return 0;
    /* A reflink has no digest. Restoring the file is safer than a guess that it is unchanged. */
    if (want->has_ends && fd >= 0 && (want->keep != RB_KEEP_COPY || now->size == want->size))
        return judge_by_ends(want, now, fd, kept_fd, out, err);
    if (!want->has_ends && same_inode && now->size == want->size && now->mtime == want->mtime)
        *out = RB_SAME; /* the file could not be read for a digest, so only its times can be
                         * compared */
    return 0;
}
