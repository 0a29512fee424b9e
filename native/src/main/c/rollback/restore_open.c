#include "rollback/restore_open.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "rollback/beneath.h"
#include "rollback/truncate.h"
#include "rollback/undone.h"

struct search {
    const struct rb_tree *open;
    int root_fd, kept_fd;
    const struct rb_conflicts *conflicts;
    struct rb_arena *arena;
    struct rb_problems *problems;
    cairn_error *err;
};

/* others: other processes changed the file after the step's end. */
static int judge_at(const struct search *s, const struct rb_node *want, const char *path,
                    enum rb_verdict *out, bool *others)
{
    struct stat st;
    struct rb_node now = {0};
    *out = RB_OTHER;
    *others = false;
    auto_close int path_fd = rb_open_beneath(s->root_fd, path, O_PATH);
    if (path_fd < 0 && (io_is_absent(errno) || errno == EACCES))
        return 0;
    if (path_fd < 0 || fstat(path_fd, &st) < 0)
        return cairn_fail_errno(s->err, "looking at /%s", path);
    *others = rb_is_by_others(s->conflicts, want, path, &st);
    if (!S_ISREG(st.st_mode))
        return 0;
    auto_close int fd = rb_open_beneath(s->root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    rb_node_stat(&now, &st);
    return rb_compare(want, &now, path == want->path ? RB_AT_ITS_PLACE : RB_BY_INODE, fd,
                      s->kept_fd, out, s->err);
}

/* Judges the errno of a folder that cannot be opened. A missing or unreadable folder holds no file
 * for us. */
static int without_folder(const struct search *s, const struct rb_node *want)
{
    return io_is_absent(errno) || errno == EACCES
               ? 0
               : cairn_fail_errno(s->err, "looking for /%s under another name", want->path);
}

/* Searches the file's folder, where a renamed file usually stays (`x.part` becomes `x`). NULL if it
 * is not there. */
static int find_renamed(const struct search *s, const struct rb_node *want, const char **out)
{
    const char *last;
    *out = NULL;
    auto_close int parent = rb_open_parent(s->root_fd, want->path, &last);
    auto_close int listed = parent < 0 ? -1 : rb_open_beneath(parent, ".", O_RDONLY | O_DIRECTORY);
    auto_closedir DIR *stream = listed < 0 ? NULL : fdopendir(listed);
    if (!stream)
        return without_folder(s, want);
    steal_fd(&listed);
    size_t folder = (size_t)(last - want->path);
    struct dirent *entry;
    do {
        errno = 0;
        entry = readdir(stream);
    } while (entry && entry->d_ino != want->ino);
    if (!entry)
        return errno == 0 ? 0 : without_folder(s, want);
    char *path = rb_arena_alloc(s->arena, folder + strlen(entry->d_name) + 1);
    if (!path)
        return cairn_fail(s->err, ENOMEM, "out of memory looking for /%s", want->path);
    memcpy(path, want->path, folder);
    strcpy(path + folder, entry->d_name);
    *out = path;
    return 0;
}

static bool is_vacant(const struct search *s, const char *path)
{
    auto_close int fd = rb_open_beneath(s->root_fd, path, O_PATH);
    return fd < 0 && errno == ENOENT;
}

/* Whether the image holds the whole content of the file. */
static bool has_copy(const struct search *s, const struct rb_node *want)
{
    struct stat st;
    struct rb_ends ends;
    cairn_error ignored;
    if (want->keep != RB_KEEP_GROWN || s->kept_fd < 0 || !want->has_ends ||
        (want->uid != geteuid() && geteuid() != 0))
        return false;
    auto_close int fd =
        openat(s->kept_fd, want->kept, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= want->size &&
           rb_content_ends(fd, (uint64_t)want->size, want->path, &ends, &ignored) == 0 &&
           rb_digest_equal(ends.head, want->ends.head) &&
           rb_digest_equal(ends.tail, want->ends.tail);
}

/* Whether the content exists as memory, which comes back with the mapping, or as a copy. A folder
 * without a record cannot be made again. */
static bool can_be_made(const struct search *s, const struct rb_node *want)
{
    const char *last;
    auto_close int parent = rb_open_parent(s->root_fd, want->path, &last);
    return has_copy(s, want) || (want->whole && parent >= 0);
}

static void plan_occupied(const struct search *s, const struct rb_node *want,
                          enum rb_verdict verdict, bool others, struct rb_open_fate *fate)
{
    fate->cut = verdict == RB_LONGER;
    if (verdict == RB_SAME || (verdict == RB_LONGER && !others))
        return;
    fate->replaced = !others && has_copy(s, want);
    if (fate->replaced)
        fate->found = NULL;
    else if (others)
        rb_problem_by_others(s->problems, s->open, want->path);
    else
        rb_problem(
            s->problems, s->open, want->path,
            "did not only grow since the checkpoint: it was replaced, cut or written over, and "
            "is not among the files of which `rollback` keeps copies");
}

static int plan_one(const struct search *s, const struct rb_node *want, struct rb_open_fate *fate)
{
    enum rb_verdict verdict;
    bool others;
    fate->found = want->path;
    if (is_vacant(s, want->path)) {
        int rc = find_renamed(s, want, &fate->found);
        if (rc != 0 || (!fate->found && can_be_made(s, want)))
            return rc;
        if (!fate->found) {
            rb_problem(s->problems, s->open, want->path,
                       "was open for writing at the checkpoint and has been removed since");
            return 0;
        }
    }
    int rc = judge_at(s, want, fate->found, &verdict, &others);
    if (rc == 0)
        plan_occupied(s, want, verdict, others, fate);
    return rc;
}

int rb_open_plan(const struct rb_tree *open, int root_fd, int kept_fd,
                 const struct rb_conflicts *conflicts, struct rb_arena *arena,
                 struct rb_open_fate *fates, struct rb_problems *problems, cairn_error *err)
{
    const struct search s = {.open = open,
                             .root_fd = root_fd,
                             .kept_fd = kept_fd,
                             .conflicts = conflicts,
                             .arena = arena,
                             .problems = problems,
                             .err = err};
    int rc = 0;
    for (size_t i = 0; i < open->n && rc == 0; i++)
        rc = plan_one(&s, &open->nodes[i], &fates[i]);
    return rc;
}

static int rename_back(int root_fd, const struct rb_node *want, const char *found, cairn_error *err)
{
    const char *from, *to;
    auto_close int folder = rb_open_parent(root_fd, found, &from);
    auto_close int same = rb_open_parent(root_fd, want->path, &to);
    if (folder < 0 || same < 0 || rb_rename_vacant(folder, from, same, to) < 0)
        return cairn_fail_errno(err, "renaming /%s back to /%s", found, want->path);
    return 0;
}

static int fill(int fd, const struct rb_node *want, int kept_fd, cairn_error *err)
{
    struct rb_digest digest;
    if (want->keep != RB_KEEP_GROWN)
        return ftruncate(fd, want->size) < 0 ? cairn_fail_errno(err, "making /%s", want->path) : 0;
    auto_close int from = openat(kept_fd, want->kept, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (from < 0)
        return cairn_fail_errno(err, "opening the copy of /%s", want->path);
    if (!want->has_digest && rb_content_reflink(from, (uint64_t)want->size, fd))
        return 0;
    int rc = rb_content_copy(from, 0, (uint64_t)want->size, fd, want->path, &digest, err);
    if (rc == 0 && want->has_digest && !rb_digest_equal(digest, want->digest))
        rc =
            cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "the image's copy of /%s is damaged", want->path);
    return rc == 0 && fsync(fd) < 0 ? cairn_fail_errno(err, "writing /%s", want->path) : rc;
}

/* Gives the file its name last: until then no process finds it, and afterwards every plan
 * recognises it. */
static int make_anew(int root_fd, const struct rb_node *want, int kept_fd, cairn_error *err)
{
    const char *last;
    char link[40];
    struct stat st;
    auto_close int parent = rb_open_parent(root_fd, want->path, &last);
    auto_close int fd = parent < 0 ? -1 : openat(parent, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 || fstat(fd, &st) < 0)
        return cairn_fail_errno(err, "making /%s again, which has been removed", want->path);
    int rc = fill(fd, want, kept_fd, err);
    if (rc == 0)
        rc = rb_mark_made(kept_fd, want, st.st_ino, err);
    if (rc != 0)
        return rc;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (linkat(AT_FDCWD, link, parent, last, AT_SYMLINK_FOLLOW) < 0)
        return cairn_fail_errno(err, "naming /%s again, which has been removed", want->path);
    return 0;
}

int rb_open_restore(const struct rb_tree *open, int root_fd, int kept_fd, int undone_fd,
                    const struct rb_open_fate *fates, cairn_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < open->n && rc == 0; i++) {
        const struct rb_node *want = &open->nodes[i];
        if (fates[i].replaced)
            rc = rb_undone_take(undone_fd, root_fd, "/", want->path, err);
        if (rc == 0 && !fates[i].found)
            rc = make_anew(root_fd, want, kept_fd, err);
        else if (rc == 0 && fates[i].found != want->path)
            rc = rename_back(root_fd, want, fates[i].found, err);
        if (rc == 0 && fates[i].cut)
            rc = rb_truncate(root_fd, "/", want->path, want, kept_fd, undone_fd, err);
        if (rc == 0)
            rc = rb_set_attributes(root_fd, "/", want, err);
    }
    return rc;
}
