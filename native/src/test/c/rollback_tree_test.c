/* Trees, one thing at a time. */
#include "rollback_world.h"

#include <sys/mman.h>
#include <sys/wait.h>

#define MIB (1 << 20)
#define BIG (65 * MIB) /* more than is copied while the step stands still */

static void put(struct world *w, const char *name, const char *content, int flags)
{
    int fd = openat(w->fd, name, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
    must(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content), name);
    close(fd);
}

static void expect_content(int at, const char *name, const char *expected)
{
    char buf[1000];
    int fd = openat(at, name, O_RDONLY | O_CLOEXEC);
    must(fd >= 0, name);
    ssize_t n = read(fd, buf, sizeof buf - 1);
    must(n >= 0, name);
    buf[n] = '\0';
    assert_string_equal(buf, expected);
    close(fd);
}

static ino_t inode_of(int at, const char *name)
{
    struct stat st;
    must(fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0, name);
    return st.st_ino;
}

static bool exists(int at, const char *name)
{
    struct stat st;
    return fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Path in undone of what was at dir/name. */
static const char *undone_path(const struct world *w, const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "0%s/%s", w->dir, name);
    return path;
}

/* Checkpoint, change, roll back, and the world's `out` is as it was. */
static void expect_undone(struct world *w, void (*change)(struct world *))
{
    cairn_error err;
    char *before = tree_text(w->fd, "out");
    json_t *record = checkpoint(w, 1, -1, NULL, NULL, 0, NULL);
    change(w);
    expect_ok(check(w, 1, record, &err), &err);
    expect_ok(roll_back(w, 1, record, &err), &err);
    char *after = tree_text(w->fd, "out");
    assert_string_equal(after, before);
    free(before);
    free(after);
    json_decref(record);
}

static void append_lines(struct world *w)
{
    for (int i = 0; i < 50; i++)
        put(w, "out/log", "more\n", O_APPEND);
}

static void cuts_an_appended_log_in_place_and_keeps_its_tail(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, 1);
    put(&w, "out/log", "one\n", 0);
    ino_t ino = inode_of(w.fd, "out/log");
    expect_undone(&w, append_lines);
    assert_int_equal(inode_of(w.fd, "out/log"), ino);
    expect_content(w.fd, "out/log", "one\n");
    struct stat st;
    must(fstatat(w.undone, undone_path(&w, "out/log.from-4"), &st, 0) == 0, "the tail");
    assert_int_equal(st.st_size, 50 * 5);
    world_close(&w);
}

static void write_over(struct world *w)
{
    put(w, "out/db", "longer than before, and other pages", 0);
}

static void writes_over_again_what_was_written_over(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, 1);
    put(&w, "out/db", "pages of a database", 0);
    must(linkat(w.fd, "out/db", w.fd, "other-name", 0) == 0, "linking");
    ino_t inode = inode_of(w.fd, "out/db");
    expect_undone(&w, write_over);
    assert_int_equal(inode_of(w.fd, "out/db"), inode);
    expect_content(w.fd, "other-name", "pages of a database");
    expect_content(w.undone, undone_path(&w, "out/db.from-0"),
                   "longer than before, and other pages");
    world_close(&w);
}

static void rotate(struct world *w)
{
    must(renameat(w->fd, "out/log", w->fd, "out/log.1") == 0, "rename");
    put(w, "out/log", "new\n", O_TRUNC);
    put(w, "out/log.1", "late\n", O_APPEND);
}

/* The name b becomes another name of a, which was written over with b's content. */
static void join_a_and_b(struct world *w)
{
    put(w, "out/a", "bbb", 0);
    must(unlinkat(w->out, "b", 0) == 0 && linkat(w->out, "a", w->out, "b", 0) == 0, "link");
}

static void an_inode_serves_one_file_only(void **state)
{
    (void)state;
    for (int first = 0; first < 2; first++) { /* the order of inodes is not that of names */
        struct world w;
        world_open(&w, 1);
        put(&w, "out/z", "zzz", 0);
        put(&w, first ? "out/b" : "out/a", first ? "bbb" : "aaa", 0);
        put(&w, first ? "out/a" : "out/b", first ? "aaa" : "bbb", 0);
        ino_t a = inode_of(w.fd, "out/a");
        expect_undone(&w, join_a_and_b);
        expect_content(w.out, "a", "aaa");
        expect_content(w.out, "b", "bbb");
        assert_int_equal(inode_of(w.fd, "out/a"), a);
        world_close(&w);
    }
}

static void write_siblings_over(struct world *w)
{
    put(w, "out/z", "new", 0);
}

static void a_file_with_siblings_that_was_written_over_stays_the_same_inode(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, 1);
    put(&w, "out/z", "old", 0);
    for (int i = 0; i < 5; i++) {
        char name[20];
        snprintf(name, sizeof name, "out/%c", 'a' + i);
        must(linkat(w.fd, "out/z", w.fd, name, 0) == 0, name);
    }
    put(&w, "out/other", "other", 0);
    ino_t ino = inode_of(w.fd, "out/z");
    expect_undone(&w, write_siblings_over);
    assert_int_equal(inode_of(w.fd, "out/z"), ino);
    assert_int_equal(inode_of(w.fd, "out/a"), ino);
    expect_content(w.out, "c", "old");
    world_close(&w);
}

static void undoes_log_rotation(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, 1);
    put(&w, "out/log", "one\n", 0);
    ino_t ino = inode_of(w.fd, "out/log");
    expect_undone(&w, rotate);
    assert_int_equal(inode_of(w.fd, "out/log"), ino);
    expect_content(w.undone, undone_path(&w, "out/log"), "new\n");
    world_close(&w);
}

static void replace_folder_by_link(struct world *w)
{
    must(renameat(w->fd, "out/sub", w->fd, "elsewhere") == 0, "rename");
    must(symlinkat("../outside", w->fd, "out/sub") == 0, "symlink");
}

static void follows_no_links(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, 1);
    close(make_folder(w.fd, "outside"));
    close(make_folder(w.out, "sub"));
    put(&w, "outside/a", "theirs", 0);
    put(&w, "out/sub/a", "ours", 0);
    must(symlinkat("../outside", w.fd, "out/link") == 0, "symlink");
    char *outside = tree_text(w.fd, "outside");
    expect_undone(&w, replace_folder_by_link);
    char *after = tree_text(w.fd, "outside");
    assert_string_equal(after, outside);
    free(outside);
    free(after);
    world_close(&w);
}

static void break_links(struct world *w)
{
    must(unlinkat(w->fd, "out/b", 0) == 0, "unlink");
    put(w, "out/b", "b alone", 0);
    must(linkat(w->fd, "out/a", w->fd, "out/c", 0) == 0, "link");
}

static void keeps_hard_links_hard(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, 1);
    put(&w, "out/a", "one inode", 0);
    must(linkat(w.fd, "out/a", w.fd, "out/b", 0) == 0, "link");
    expect_undone(&w, break_links);
    assert_int_equal(inode_of(w.fd, "out/a"), inode_of(w.fd, "out/b"));
    world_close(&w);
}

static void remove_root(struct world *w)
{
    remove_tree(path_in(w, "out"));
}

static void root_becomes_a_file(struct world *w)
{
    remove_tree(path_in(w, "out"));
    put(w, "out", "a file now", 0);
}

static void brings_back_the_root(void **state)
{
    (void)state;
    void (*const changes[])(struct world *) = {remove_root, root_becomes_a_file};
    for (size_t i = 0; i < 2; i++) {
        struct world w;
        world_open(&w, 1);
        change_much(&w, 40);
        expect_undone(&w, changes[i]);
        world_close(&w);
    }
}

static void takes_odd_names(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, 1);
    put(&w, "out/100%\n", "x", 0);
    put(&w, "out/\xff\xfe%41", "y", 0);
    put(&w, "out/\xc3\xa4", "z", 0);
    must(symlinkat("\x80%", w.fd, "out/l") == 0, "symlink");
    expect_undone(&w, remove_root);
    world_close(&w);
}

static void an_absent_tree_becomes_absent_with_the_folders_that_led_to_it(void **state)
{
    (void)state;
    struct world w;
    cairn_error err;
    world_open(&w, 1);
    const char *const trees[] = {path_in(&w, "new/deep/out"), path_in(&w, "out/x/y"), NULL};
    json_t *record = checkpoint(&w, 0, -1, trees, NULL, 0, NULL);
    expect_ok(roll_back(&w, 0, record, &err), &err);
    close(make_folder(w.fd, "new"));
    close(make_folder(w.fd, "new/deep"));
    close(make_folder(w.fd, "new/deep/out"));
    put(&w, "new/deep/out/f", "made since", 0);
    close(make_folder(w.fd, "out/x"));
    put(&w, "out/x/other", "nobody named it", 0);
    put(&w, "out/x/y", "made since", 0);
    expect_ok(roll_back(&w, 0, record, &err), &err);
    assert_false(exists(w.fd, "new"));
    assert_false(exists(w.fd, "out/x/y"));
    assert_true(exists(w.fd, "out/x/other"));
    expect_content(w.undone, undone_path(&w, "new/deep/out/f"), "made since");
    json_decref(record);
    world_close(&w);
}

static void a_tree_may_be_one_file(void **state)
{
    (void)state;
    struct world w;
    cairn_error err;
    world_open(&w, 1);
    put(&w, "result", "first", 0);
    put(&w, "neighbour", "left alone", 0);
    const char *const trees[] = {path_in(&w, "result"), NULL};
    json_t *record = checkpoint(&w, 1, -1, trees, NULL, 0, NULL);
    must(renameat(w.fd, "neighbour", w.fd, "result") == 0, "rename");
    char *around;
    expect_ok(roll_back(&w, 1, record, &err), &err);
    expect_content(w.fd, "result", "first");
    around = tree_text(w.fd, "neighbour");
    assert_string_equal(around, "absent\n");
    expect_content(w.undone, undone_path(&w, "result"), "left alone");
    free(around);
    json_decref(record);
    world_close(&w);
}

static void a_linked_root_is_the_folder_it_led_to(void **state)
{
    (void)state;
    struct world w;
    cairn_error err;
    world_open(&w, 1);
    put(&w, "out/f", "first", 0);
    must(symlinkat("out", w.fd, "alias") == 0, "symlink");
    const char *const trees[] = {path_in(&w, "alias"), path_in(&w, "out"), path_in(&w, "out/f"),
                                 NULL};
    json_t *record = checkpoint(&w, 1, -1, trees, NULL, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(record, "trees")), 1);
    put(&w, "out/f", "second", O_TRUNC);
    expect_ok(roll_back(&w, 1, record, &err), &err);
    expect_content(w.fd, "out/f", "first");
    json_decref(record);
    world_close(&w);
}

static void leaves_cairns_own_folders_alone(void **state)
{
    (void)state;
    struct world w;
    cairn_error err;
    world_open(&w, 1);
    const char *const trees[] = {w.dir, NULL};
    close(make_folder(w.fd, ".cairn"));
    json_t *record = checkpoint(&w, 1, -1, trees, NULL, 0, NULL);
    put(&w, ".cairn/manifest", "new", 0);
    put(&w, "checkpoints/new", "new", 0);
    put(&w, "undone/new", "new", 0);
    put(&w, "out/new", "new", 0);
    expect_ok(roll_back(&w, 1, record, &err), &err);
    assert_true(exists(w.fd, ".cairn/manifest"));
    assert_true(exists(w.fd, "checkpoints/new"));
    assert_true(exists(w.fd, "undone/new"));
    assert_false(exists(w.fd, "out/new"));
    json_decref(record);
    world_close(&w);
}

static void refuses_a_run_folder_as_a_tree(void **state)
{
    (void)state;
    struct world w;
    cairn_error err;
    world_open(&w, 1);
    int run = -1;
    const char *const path[] = {"runs", "r1", "steps", "s", "checkpoints"};
    int at = dup(w.fd);
    for (size_t i = 0; i < 5; i++) {
        int below = make_folder(at, path[i]);
        if (i == 1)
            run = dup(below);
        close(at);
        at = below;
    }
    const char *const trees[] = {path_in(&w, "runs/r1"), NULL};
    const struct rollback_options options = {.trees = trees, .checkpoints_fd = at, .previous = -1};
    rollback_notes *notes;
    assert_int_equal(rb_record_at(&options, NULL, 0, at, &notes, &err), -EINVAL);
    assert_non_null(strstr(err.message, "Cairn's own"));
    close(at);
    close(run);
    world_close(&w);
}

static ino_t only_copy(const struct world *w, unsigned sequence)
{
    char path[128];
    ino_t ino = 0;
    snprintf(path, sizeof path, "%s/checkpoints/%06u/files", w->dir, sequence);
    DIR *dir = opendir(path);
    must(dir != NULL, path);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            ino = entry->d_ino;
    closedir(dir);
    return ino;
}

static void an_unchanged_file_is_copied_once(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, 1);
    put(&w, "out/a", "settled", 0);
    let_times_settle(&w);
    json_decref(checkpoint(&w, 1, -1, NULL, NULL, 0, NULL));
    json_decref(checkpoint(&w, 2, 1, NULL, NULL, 0, NULL));
    assert_int_equal(only_copy(&w, 1), only_copy(&w, 2));
    put(&w, "out/a", "changed", O_TRUNC);
    json_decref(checkpoint(&w, 3, 2, NULL, NULL, 0, NULL));
    assert_int_not_equal(only_copy(&w, 2), only_copy(&w, 3));
    world_close(&w);
}

/* --- files too large to be copied while the step stands still --- */

static int make_big(struct world *w, const char *name)
{
    int fd = openat(w->fd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    must(fd >= 0 && ftruncate(fd, BIG) == 0, name);
    must(pwrite(fd, "head", 4, 0) == 4 && pwrite(fd, "tail", 4, BIG - 4) == 4, name);
    return fd;
}

/* Can the file system reflink? Then nothing is too large to be kept. */
static bool shares_blocks(const struct world *w)
{
    int from = openat(w->fd, "from", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int to = openat(w->fd, "to", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    must(from >= 0 && to >= 0 && write(from, "x", 1) == 1, "probing for reflinks");
    bool can = rb_content_reflink(from, 1, to);
    close(from);
    close(to);
    return can;
}

static const char *keep_of(const json_t *record, const char *name)
{
    size_t i;
    const json_t *node, *tree = json_array_get(json_object_get(record, "trees"), 0);
    json_array_foreach(json_object_get(tree, "nodes"), i, node)
    {
        if (strcmp(json_string_value(json_object_get(node, "path")), name) == 0)
            return json_string_value(json_object_get(node, "keep"));
    }
    return "not recorded";
}

/* A checkpoint while out/big is large and open; then `change`; then the roll-back's answer. */
static int with_open_big(struct world *w, void (*change)(struct world *), cairn_error *err)
{
    int fd = make_big(w, "out/big");
    const struct rollback_open_file open_file = {.path = path_in(w, "out/big"), .fd = fd};
    char *before = tree_text(w->fd, "out");
    json_t *record = checkpoint(w, 1, -1, NULL, &open_file, 1, NULL);
    assert_string_equal(keep_of(record, "out/big"), shares_blocks(w) ? "copy" : "link");
    close(fd);
    change(w);
    int rc = check(w, 1, record, err);
    assert_int_equal(roll_back(w, 1, record, err), rc);
    char *after = tree_text(w->fd, "out");
    if (rc == 0)
        assert_string_equal(after, before);
    free(before);
    free(after);
    json_decref(record);
    return rc;
}

static void append_big(struct world *w)
{
    put(w, "out/big", "more", O_APPEND);
}

static void remove_big(struct world *w)
{
    append_big(w);
    must(unlinkat(w->fd, "out/big", 0) == 0, "unlink");
    put(w, "out/big", "another", 0);
}

static void rewrite_big(struct world *w)
{
    close(openat(w->fd, "out/big", O_WRONLY | O_TRUNC | O_CLOEXEC));
    put(w, "out/big", "another", 0);
}

static void write_inside_big(struct world *w)
{
    int fd = openat(w->fd, "out/big", O_WRONLY | O_CLOEXEC);
    must(pwrite(fd, "inside", 6, BIG / 2) == 6, "pwrite");
    close(fd);
}

static void a_large_file_being_written_comes_back_unless_it_was_rewritten(void **state)
{
    (void)state;
    static const struct {
        void (*change)(struct world *);
        int rc;
    } cases[] = {{append_big, 0},
                 {remove_big, 0},
                 {rewrite_big, -CAIRN_EROLLBACK},
                 {write_inside_big, -CAIRN_EROLLBACK}};
    for (size_t i = 0; i < 4; i++) {
        struct world w;
        cairn_error err = {0};
        world_open(&w, 1);
        int expected = shares_blocks(&w) ? 0 : cases[i].rc;
        assert_int_equal(with_open_big(&w, cases[i].change, &err), expected);
        if (expected != 0)
            assert_non_null(strstr(err.message, path_in(&w, "out/big")));
        world_close(&w);
    }
}

static void a_large_file_at_rest_is_copied_after_the_pause(void **state)
{
    (void)state;
    struct world w;
    cairn_error err;
    world_open(&w, 1);
    close(make_big(&w, "out/big"));
    let_times_settle(&w);
    char *before = tree_text(w.fd, "out");
    json_t *record = checkpoint(&w, 1, -1, NULL, NULL, 0, NULL);
    assert_string_equal(keep_of(record, "out/big"), "copy");
    rewrite_big(&w);
    expect_ok(roll_back(&w, 1, record, &err), &err);
    char *after = tree_text(w.fd, "out");
    assert_string_equal(after, before);
    free(before);
    free(after);
    json_decref(record);
    world_close(&w);
}

static void a_large_file_that_changes_before_its_copy_is_not_believed(void **state)
{
    (void)state;
    struct world w;
    cairn_error err;
    world_open(&w, 1);
    close(make_big(&w, "out/big"));
    let_times_settle(&w);
    json_t *record = checkpoint(&w, 1, -1, NULL, NULL, 0, write_inside_big);
    assert_string_equal(keep_of(record, "out/big"), "link");
    assert_int_equal(check(&w, 1, record, &err), -CAIRN_EROLLBACK);
    assert_non_null(strstr(err.message, "changed while it was copied"));
    json_decref(record);
    world_close(&w);
}

/* Its bytes are memory, and in the image as such; what roll-back owes is the file. */
static void a_mapped_file_keeps_its_inode_and_size(void **state)
{
    (void)state;
    struct world w;
    cairn_error err;
    world_open(&w, 1);
    int fd = make_big(&w, "out/big");
    const struct rollback_open_file open_file = {
        .path = path_in(&w, "out/big"), .fd = fd, .mapped = true};
    ino_t ino = inode_of(w.fd, "out/big");
    json_t *record = checkpoint(&w, 1, -1, NULL, &open_file, 1, NULL);
    char *map = mmap(NULL, BIG, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    must(map != MAP_FAILED, "mmap");
    map[0] = map[BIG / 2] = 2;
    munmap(map, BIG);
    append_big(&w);
    must(renameat(w.fd, "out/big", w.fd, "out/renamed") == 0, "rename");
    close(fd);
    expect_ok(roll_back(&w, 1, record, &err), &err);
    struct stat st;
    must(fstatat(w.fd, "out/big", &st, 0) == 0, "out/big");
    assert_int_equal(st.st_size, BIG);
    if (!shares_blocks(&w))
        assert_int_equal(st.st_ino, ino);
    json_decref(record);
    world_close(&w);
}

static void the_times_of_a_mapped_file_prove_nothing(void **state)
{
    (void)state;
    struct world w;
    cairn_error err;
    world_open(&w, 1);
    put(&w, "out/small", "a", 0);
    int fd = openat(w.fd, "out/small", O_RDWR | O_CLOEXEC);
    char *map = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    must(map != MAP_FAILED, "mmap");
    map[0] = 'b';
    let_times_settle(&w);
    const struct rollback_open_file open_file = {
        .path = path_in(&w, "out/small"), .fd = fd, .mapped = true};
    json_t *record = checkpoint(&w, 1, -1, NULL, &open_file, 1, NULL);
    map[0] = 'c'; /* the page is writable already: mtime stays */
    expect_ok(roll_back(&w, 1, record, &err), &err);
    expect_content(w.fd, "out/small", "b");
    munmap(map, 1);
    close(fd);
    json_decref(record);
    world_close(&w);
}

/* --- as an ordinary user --- */

static void close_folders_and_files(struct world *w)
{
    put(w, "out/d/f", "changed", O_TRUNC);
    must(fchmodat(w->fd, "out/d/g", 0400, 0) == 0, "chmod");
    must(fchmodat(w->fd, "out/d", 0, 0) == 0, "chmod");
}

static void restores_what_its_owner_closed(void)
{
    struct world w;
    world_open(&w, 1);
    close(make_folder(w.out, "d"));
    put(&w, "out/d/f", "first", 0);
    put(&w, "out/d/g", "read only", 0);
    must(fchmodat(w.fd, "out/d/g", 0444, 0) == 0, "chmod");
    must(fchmodat(w.fd, "out/d", 0555, 0) == 0, "chmod");
    char *before = tree_text(w.fd, "out");
    cairn_error err;
    json_t *record = checkpoint(&w, 1, -1, NULL, NULL, 0, NULL);
    must(fchmodat(w.fd, "out/d", 0755, 0) == 0, "chmod");
    close_folders_and_files(&w);
    expect_ok(roll_back(&w, 1, record, &err), &err);
    char *after = tree_text(w.fd, "out");
    assert_string_equal(after, before);
    free(before);
    free(after);
    json_decref(record);
    world_close(&w);
}

static void names_an_unreadable_file_that_cannot_come_back(void)
{
    struct world w;
    cairn_error err;
    world_open(&w, 1);
    put(&w, "out/secret", "x", 0);
    must(fchmodat(w.fd, "out/secret", 0, 0) == 0, "chmod");
    json_t *record = checkpoint(&w, 1, -1, NULL, NULL, 0, NULL);
    expect_ok(check(&w, 1, record, &err), &err);
    must(fchmodat(w.fd, "out/secret", 0600, 0) == 0, "chmod");
    put(&w, "out/secret", "rewritten", O_TRUNC);
    assert_int_equal(check(&w, 1, record, &err), -CAIRN_EROLLBACK);
    assert_non_null(strstr(err.message, "out/secret"));
    assert_non_null(strstr(err.message, "it could not be read"));
    json_decref(record);
    world_close(&w);
}

/* As nobody, where we are root. */
static void as_user(void (*test)(void))
{
    int status;
    pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
        if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
            _exit(100);
        test(); /* a failed assertion ends the child by a signal or another status */
        _exit(0);
    }
    must(waitpid(child, &status, 0) == child, "waitpid");
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void as_a_user_restores_what_its_owner_closed(void **state)
{
    (void)state;
    as_user(restores_what_its_owner_closed);
}

static void as_a_user_names_an_unreadable_file_that_cannot_come_back(void **state)
{
    (void)state;
    as_user(names_an_unreadable_file_that_cannot_come_back);
}

static void as_root_gives_files_back_to_their_owners(void **state)
{
    (void)state;
    struct world w;
    if (geteuid() != 0)
        skip();
    world_open(&w, 1);
    put(&w, "out/theirs", "x", 0);
    must(fchownat(w.fd, "out/theirs", 12345, 12345, 0) == 0, "chown");
    expect_undone(&w, remove_root);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_an_appended_log_in_place_and_keeps_its_tail),
        cmocka_unit_test(writes_over_again_what_was_written_over),
        cmocka_unit_test(an_inode_serves_one_file_only),
        cmocka_unit_test(a_file_with_siblings_that_was_written_over_stays_the_same_inode),
        cmocka_unit_test(undoes_log_rotation),
        cmocka_unit_test(follows_no_links),
        cmocka_unit_test(keeps_hard_links_hard),
        cmocka_unit_test(brings_back_the_root),
        cmocka_unit_test(takes_odd_names),
        cmocka_unit_test(an_absent_tree_becomes_absent_with_the_folders_that_led_to_it),
        cmocka_unit_test(a_tree_may_be_one_file),
        cmocka_unit_test(a_linked_root_is_the_folder_it_led_to),
        cmocka_unit_test(leaves_cairns_own_folders_alone),
        cmocka_unit_test(refuses_a_run_folder_as_a_tree),
        cmocka_unit_test(an_unchanged_file_is_copied_once),
        cmocka_unit_test(a_large_file_being_written_comes_back_unless_it_was_rewritten),
        cmocka_unit_test(a_large_file_at_rest_is_copied_after_the_pause),
        cmocka_unit_test(a_large_file_that_changes_before_its_copy_is_not_believed),
        cmocka_unit_test(a_mapped_file_keeps_its_inode_and_size),
        cmocka_unit_test(the_times_of_a_mapped_file_prove_nothing),
        cmocka_unit_test(as_a_user_restores_what_its_owner_closed),
        cmocka_unit_test(as_a_user_names_an_unreadable_file_that_cannot_come_back),
        cmocka_unit_test(as_root_gives_files_back_to_their_owners),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
