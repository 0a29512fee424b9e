#include "journal/merge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "journal/folder.h"
#include "journal/log.h"
#include "journal/marks.h"
#include "journal/names.h"

enum { HAS_CONTENT = 1, IS_ABSENT = 2, IS_KNOWN = 4, HAS_SIZE = 8 };

struct merging {
    int folder, kept;
    uint32_t earlier, later;
    struct marks marks; /* of the earlier epoch */
    bool folders_moved; /* true if either epoch moved files: then a path does not identify a file */
    cairn_error *err;
};

static struct rb_digest key_of_inode(const struct record *r)
{
    return marks_inode(r->dev, r->ino, r->born);
}

static struct rb_digest key_of_path(const char *path, size_t len)
{
    return rb_digest_bytes(path, len);
}

static int note(struct merging *m, const struct record *r)
{
    bool done = true;
    if (r->type == RECORD_ABSENT)
        done = marks_change(&m->marks, key_of_path(r->path, strlen(r->path)), IS_ABSENT, 0);
    else if (r->type == RECORD_CONTENT)
        done = marks_change(&m->marks, key_of_inode(r), HAS_CONTENT | IS_KNOWN, 0);
    else if (r->type == RECORD_SIZE)
        done = marks_change(&m->marks, key_of_inode(r), HAS_SIZE | IS_KNOWN, 0);
    else if (r->type != RECORD_FOLDER)
        done = marks_change(&m->marks, key_of_inode(r), IS_KNOWN, 0);
    m->folders_moved |= r->type == RECORD_MOVE;
    return done ? 0 : cairn_fail(m->err, ENOMEM, "out of memory merging the journal");
}

/* Whether the name, or a folder above it, was absent when the earlier epoch began. */
static bool was_absent(const struct merging *m, const char *path)
{
    for (size_t len = strlen(path); len > 0; len--)
        if ((path[len] == '\0' || path[len] == '/') &&
            (marks_get(&m->marks, key_of_path(path, len)) & IS_ABSENT))
            return true;
    return false;
}

/* Whether the earlier epoch restores this content anyway, or removes the file. */
static bool is_superfluous(const struct merging *m, const struct record *r)
{
    if (r->type != RECORD_CONTENT && r->type != RECORD_SIZE && r->type != RECORD_LOST)
        return false;
    uint32_t known = marks_get(&m->marks, key_of_inode(r));
    if ((known & HAS_CONTENT) || (r->type == RECORD_SIZE && (known & HAS_SIZE)))
        return true;
    return r->path[0] && !(known & IS_KNOWN) && !m->folders_moved && was_absent(m, r->path);
}

static int append(const struct merging *m, const struct record *r, int to)
{
    char from[KEPT_NAME_BYTES], name[KEPT_NAME_BYTES];
    kept_link_name(m->later, r->dev, r->ino, from);
    kept_link_name(m->earlier, r->dev, r->ino, name);
    if (linkat(m->kept, from, m->kept, name, 0) < 0 && errno != ENOENT && errno != EEXIST)
        return cairn_fail_errno(m->err, "merging the journal");
    return log_append(to, r, m->err);
}

static int merge_into(struct merging *m, const struct log *a, const struct log *b, int to)
{
    int rc = 0;
    for (size_t i = 0; i < a->count && rc == 0; i++)
        rc = note(m, &a->records[i]);
    for (size_t i = 0; i < b->count; i++)
        m->folders_moved |= b->records[i].type == RECORD_MOVE;
    for (size_t i = 0; i < a->count && rc == 0; i++)
        rc = log_append(to, &a->records[i], m->err);
    for (size_t i = 0; i < b->count && rc == 0; i++)
        if (!is_superfluous(m, &b->records[i]))
            rc = append(m, &b->records[i], to);
    return rc;
}

/* Removes copies that no record refers to any more, and the later epoch's links. */
static void remove_superfluous(const struct merging *m, const struct log *b)
{
    char name[KEPT_NAME_BYTES];
    for (size_t i = 0; i < b->count; i++) {
        const struct record *r = &b->records[i];
        bool has_copy = r->type == RECORD_CONTENT || r->type == RECORD_SIZE;
        if (has_copy && r->other[0] && is_superfluous(m, r))
            unlinkat(m->kept, r->other, 0);
        kept_link_name(m->later, r->dev, r->ino, name);
        unlinkat(m->kept, name, 0);
    }
}

static int replace(struct merging *m, const struct log *a, const struct log *b)
{
    char name[LOG_NAME_BYTES];
    auto_close int to = -1;
    int rc = log_begin(m->folder, m->earlier, a->boot_id, &to, m->err);
    if (rc == 0)
        rc = merge_into(m, a, b, to);
    if (rc == 0)
        rc = log_publish(m->folder, m->earlier, to, m->err);
    if (rc != 0)
        return rc;
    log_name(m->later, name);
    if (unlinkat(m->folder, name, 0) < 0)
        return cairn_fail_errno(m->err, "removing the journal %s", name);
    remove_superfluous(m, b);
    return 0;
}

int merge_epochs(int folder, uint32_t earlier, uint32_t later, cairn_error *err)
{
    struct merging m = {.folder = folder, .earlier = earlier, .later = later, .err = err};
    struct log a = {0}, b = {0};
    m.kept = openat(folder, JOURNAL_KEPT, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int rc = m.kept < 0 ? cairn_fail_errno(err, "opening what the journal keeps") : 0;
    if (rc == 0)
        rc = log_read(folder, earlier, &a, err);
    if (rc == 0)
        rc = log_read(folder, later, &b, err);
    if (rc == 0)
        rc = replace(&m, &a, &b);
    log_free(&a);
    log_free(&b);
    marks_free(&m.marks);
    cairn_cleanup_close(&m.kept);
    return rc;
}
