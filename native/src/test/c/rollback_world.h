/* A small world for roll-back tests: a folder with `out` (the tree), `checkpoints` and `undone`;
 * random changes by a seeded generator; and a text that says all of a tree, so that two states can
 * be compared. */
#ifndef CAIRN_TEST_ROLLBACK_WORLD_H
#define CAIRN_TEST_ROLLBACK_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/error.h"
#include "rollback/apply.h"
#include "rollback/file_content.h"
#include "rollback/record.h"
#include "rollback/rollback.h"
#include "rollback/sync.h"

#define WORLD_UNUSED __attribute__((unused))
#define NAMES 24 /* the generator works with this many names, in 4 folders and the root */

struct world {
    char dir[64], apart[64]; /* apart: where checkpoints and undone lie, if not in dir */
    int fd, out, checkpoints, undone;
    uint64_t random;
    struct rollback_others others;
    const struct rollback_journal *journal; /* of its checkpoints; NULL: none */
};

/* --- the generator --- */

WORLD_UNUSED static uint32_t pick(struct world *w, uint32_t n)
{
    /* splitmix64 */
    uint64_t z = (w->random += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return (uint32_t)((z ^ (z >> 31)) % n);
}

static void must(bool ok, const char *what)
{
    if (!ok)
        fail_msg("%s: %s", what, strerror(errno));
}

WORLD_UNUSED static int make_folder(int at, const char *name)
{
    must(mkdirat(at, name, 0755) == 0 || errno == EEXIST, name);
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(fd >= 0, name);
    return fd;
}

static int temporary_folder(const char *in, char path[64])
{
    snprintf(path, 64, "%s/cairn-rollback-XXXXXX", in);
    must(mkdtemp(path) != NULL, path);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(fd >= 0, path);
    return fd;
}

WORLD_UNUSED static void world_open(struct world *w, uint64_t seed)
{
    *w = (struct world){.random = seed, .others = {.ended = INT64_MAX}};
    const char *tmp = getenv("CAIRN_TEST_DIR");
    w->fd = temporary_folder(tmp ? tmp : "/tmp", w->dir);
    w->out = make_folder(w->fd, "out");
    w->checkpoints = make_folder(w->fd, "checkpoints");
    w->undone = make_folder(w->fd, "undone");
}

/* As world_open, with checkpoints and undone on another file system than out. */
WORLD_UNUSED static void world_open_apart(struct world *w, uint64_t seed)
{
    world_open(w, seed);
    close(w->checkpoints);
    close(w->undone);
    int apart = temporary_folder("/dev/shm", w->apart);
    w->checkpoints = make_folder(apart, "checkpoints");
    w->undone = make_folder(apart, "undone");
    close(apart);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static int open_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)ftw, (void)flag;
    return S_ISDIR(st->st_mode) ? chmod(path, 0700) : 0;
}

WORLD_UNUSED static void remove_tree(const char *path)
{
    nftw(path, open_one, 16, FTW_PHYS);
    nftw(path, remove_one, 16, FTW_PHYS | FTW_DEPTH);
}

WORLD_UNUSED static void world_close(struct world *w)
{
    close(w->out);
    close(w->checkpoints);
    close(w->undone);
    close(w->fd);
    remove_tree(w->dir);
    if (w->apart[0])
        remove_tree(w->apart);
}

WORLD_UNUSED static const char *path_in(const struct world *w, const char *name)
{
    static char path[4][512];
    static unsigned turn;
    char *p = path[turn++ % 4];
    snprintf(p, 512, "%s/%s", w->dir, name);
    return p;
}

static void some_name(struct world *w, char name[32])
{
    uint32_t folder = pick(w, 5), file = pick(w, NAMES);
    if (folder == 4)
        snprintf(name, 32, "n%u", file);
    else
        snprintf(name, 32, "d%u/n%u", folder, file);
}

static void write_some(struct world *w, int fd)
{
    static const uint32_t sizes[] = {0, 10, 3000, 70000, 300000};
    static char buf[300000];
    uint32_t n = sizes[pick(w, 5)], letter = pick(w, 26);
    for (uint32_t i = 0; i < n; i++)
        buf[i] = (char)('a' + (letter + i / 97 + pick(w, 3)) % 26);
    must(write(fd, buf, n) == (ssize_t)n, "write");
}

static void write_to(struct world *w, const char *name, int flags, bool seek)
{
    int fd = openat(w->out, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags, 0644);
    struct stat st;
    if (fd < 0)
        return;
    if (seek && fstat(fd, &st) == 0 && st.st_size > 0)
        lseek(fd, pick(w, (uint32_t)st.st_size), SEEK_SET);
    write_some(w, fd);
    close(fd);
}

/* One change such as a step makes to its outputs. What cannot be done just then is not. */
WORLD_UNUSED static void change_something(struct world *w)
{
    char a[32], b[32], folder[8];
    some_name(w, a);
    some_name(w, b);
    snprintf(folder, sizeof folder, "d%u", pick(w, 4));
    switch (pick(w, 16)) {
    case 0:
    case 1:
    case 2:
        write_to(w, a, O_CREAT | O_APPEND, false);
        break;
    case 3:
    case 4:
        write_to(w, a, O_CREAT | O_TRUNC, false);
        break;
    case 5:
        write_to(w, a, 0, true);
        break;
    case 6: {
        int fd = openat(w->out, a, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0 && ftruncate(fd, pick(w, 5000)) == 0)
            close(fd);
        break;
    }
    case 7:
        (void)!renameat(w->out, a, w->out, b);
        break;
    case 8:
        (void)!renameat2(w->out, a, w->out, b, RENAME_EXCHANGE);
        break;
    case 9:
        (void)!unlinkat(w->out, a, 0);
        break;
    case 10:
        (void)!symlinkat(b, w->out, a);
        break;
    case 11:
        (void)!linkat(w->out, a, w->out, b, 0);
        break;
    case 12: {
        static const mode_t modes[] = {0644, 0600, 0444, 0755};
        struct stat st;
        if (fstatat(w->out, a, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
            (void)!fchmodat(w->out, a, modes[pick(w, 4)], 0);
        break;
    }
    case 13:
        (void)!mkdirat(w->out, folder, 0755);
        (void)!mkdirat(w->out, pick(w, 2) ? folder : a, 0750);
        break;
    case 14:
        (void)!renameat(w->out, folder, w->out, a);
        break;
    case 15: {
        char path[512];
        snprintf(path, sizeof path, "%s/out/%s", w->dir, pick(w, 2) ? folder : a);
        if (pick(w, 3) == 0)
            remove_tree(path);
        else
            (void)!mkfifoat(w->out, b, 0600);
        break;
    }
    }
}

WORLD_UNUSED static void change_much(struct world *w, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        change_something(w);
}

/* --- what a tree is, as text --- */

struct text {
    char *s;
    size_t len;
    bool times;
};

static void say(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct text *t, const char *format, ...)
{
    char line[700];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    t->s = realloc(t->s, t->len + (size_t)n + 1);
    memcpy(t->s + t->len, line, (size_t)n + 1);
    t->len += (size_t)n;
}

struct seen {
    ino_t ino;
    char name[256];
};

static void say_file(struct text *t, int at, const char *path, const struct stat *st,
                     struct seen *seen, size_t *n_seen)
{
    char hex[RB_HEX + 1] = "unreadable";
    struct rb_digest digest;
    for (size_t i = 0; i < *n_seen; i++) {
        if (seen[i].ino == st->st_ino) {
            say(t, " = %s", seen[i].name);
            return;
        }
    }
    if (st->st_nlink > 1 && *n_seen < 256) {
        seen[*n_seen].ino = st->st_ino;
        snprintf(seen[(*n_seen)++].name, 256, "%s", path);
    }
    const char *last = strrchr(path, '/');
    int fd = openat(at, last ? last + 1 : path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        assert_int_equal(rb_content_digest(fd, (uint64_t)st->st_size, path, &digest, NULL), 0);
        rb_digest_hex(digest, hex);
        close(fd);
    }
    say(t, " %lld %s", (long long)st->st_size, hex);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void say_one(struct text *t, int at, const char *name, const char *path, struct seen *seen,
                    size_t *n_seen)
{
    struct stat st;
    must(fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0, path);
    say(t, "%s %o %u", path, st.st_mode, st.st_uid);
    if (t->times)
        say(t, " %lld.%09ld", (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    if (S_ISREG(st.st_mode))
        say_file(t, at, path, &st, seen, n_seen);
    if (S_ISLNK(st.st_mode)) {
        char target[300];
        ssize_t n = readlinkat(at, name, target, sizeof target - 1);
        target[n < 0 ? 0 : n] = '\0';
        say(t, " -> %s", target);
    }
    say(t, "\n");
    int fd = S_ISDIR(st.st_mode) ? openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    struct dirent **entries;
    int n = scandirat(fd, ".", &entries, NULL, by_name);
    for (int i = 0; i < n; i++) {
        char below[512];
        snprintf(below, sizeof below, "%s/%s", path, entries[i]->d_name);
        if (strcmp(entries[i]->d_name, ".") != 0 && strcmp(entries[i]->d_name, "..") != 0)
            say_one(t, fd, entries[i]->d_name, below, seen, n_seen);
        free(entries[i]);
    }
    free(entries);
    close(fd);
}

static char *say_tree(int base, const char *name, bool times)
{
    struct text t = {.times = times};
    struct stat st;
    struct seen seen[256];
    size_t n_seen = 0;
    if (fstatat(base, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        say_one(&t, base, name, name, seen, &n_seen);
    else
        say(&t, "absent\n");
    return t.s;
}

/* Names, types, modes, owners, times, link identity and content of base/name and all below; the
 * caller frees. */
WORLD_UNUSED static char *tree_text(int base, const char *name)
{
    return say_tree(base, name, true);
}

/* As tree_text without times: what two runs of one program have in common. */
WORLD_UNUSED static char *tree_text_timeless(int base, const char *name)
{
    return say_tree(base, name, false);
}

/* Waits until what was written up to now is older than the clock of file times is coarse. */
WORLD_UNUSED static void let_times_settle(struct world *w)
{
    struct stat st;
    struct timespec start, now;
    clock_gettime(CLOCK_REALTIME, &start);
    do {
        const struct timespec tick = {.tv_nsec = 5000000};
        nanosleep(&tick, NULL);
        int fd = openat(w->fd, "clock", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        must(fd >= 0 && fstat(fd, &st) == 0, "clock");
        close(fd);
        now = st.st_ctim;
    } while ((now.tv_sec - start.tv_sec) * 1000000000LL + now.tv_nsec - start.tv_nsec < 80000000LL);
}

/* --- images as plain folders --- */

static void expect_ok(int rc, const cairn_error *err)
{
    if (rc != 0)
        fail_msg("%d: %s", rc, err->message);
}

static int image_folder(const struct world *w, unsigned sequence)
{
    char name[16];
    snprintf(name, sizeof name, "%06u", sequence);
    return make_folder(w->checkpoints, name);
}

/* A checkpoint of `trees` (NULL: out) and files; `meanwhile` happens between the pause and
 * durability. */
WORLD_UNUSED static json_t *checkpoint(struct world *w, unsigned sequence, int64_t previous,
                                       const char *const *trees,
                                       const struct rollback_open_file *files, size_t n_files,
                                       void (*meanwhile)(struct world *))
{
    char out[128];
    snprintf(out, sizeof out, "%s/out", w->dir);
    const char *const only_out[] = {out, NULL};
    const struct rollback_options options = {.trees = trees ? trees : only_out,
                                             .open_files = true,
                                             .checkpoints_fd = w->checkpoints,
                                             .journal = w->journal,
                                             .previous = previous};
    rollback_notes *notes;
    json_t *record;
    cairn_error err;
    int image = image_folder(w, sequence);
    expect_ok(rb_record_at(&options, files, n_files, image, &notes, &err), &err);
    if (meanwhile)
        meanwhile(w);
    expect_ok(rb_sync_at(notes, image, &record, &err), &err);
    rollback_free(notes);
    close(image);
    return record;
}

WORLD_UNUSED static int roll_back(struct world *w, unsigned sequence, const json_t *record,
                                  cairn_error *err)
{
    int image = image_folder(w, sequence);
    int rc = rb_apply_at(record, image, &w->others, w->undone, err);
    close(image);
    return rc;
}

WORLD_UNUSED static int check(struct world *w, unsigned sequence, const json_t *record,
                              cairn_error *err)
{
    int image = image_folder(w, sequence);
    int rc = rb_check_at(record, image, &w->others, err);
    close(image);
    return rc;
}

#endif
