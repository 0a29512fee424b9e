/* Files that are open for writing, outside any tree. */
#include "rollback_world.h"

static const char *const NO_TREES[] = {NULL};

static int open_log(struct world *w, const char *name, const char *content)
{
    int fd = openat(w->fd, name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    must(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content), name);
    return fd;
}

static json_t *note(struct world *w, const char *name, int fd)
{
    const struct rollback_open_file file = {.path = path_in(w, name), .fd = fd};
    return checkpoint(w, 1, -1, NO_TREES, &file, 1, NULL);
}

static char *content_of(const struct world *w, const char *name)
{
    static char buf[200];
    int fd = openat(w->fd, name, O_RDONLY | O_CLOEXEC);
    must(fd >= 0, name);
    ssize_t n = read(fd, buf, sizeof buf - 1);
    buf[n < 0 ? 0 : n] = '\0';
    close(fd);
    return buf;
}

static void expect_refused(struct world *w, const json_t *record, const char *name, int code)
{
    cairn_error err;
    char *before = tree_text(w->fd, name);
    assert_int_equal(check(w, 1, record, &err), -code);
    assert_non_null(strstr(err.message, path_in(w, name)));
    assert_int_equal(roll_back(w, 1, record, &err), -code);
    char *after = tree_text(w->fd, name);
    assert_string_equal(after, before);
    free(before);
    free(after);
}

static void cuts_back_what_grew(void **state)
{
    (void)state;
    struct world w;
    cairn_error err;
    world_open(&w, 1);
    int fd = open_log(&w, "log", "one\ntwo\n");
    char *before = tree_text(w.fd, "log");
    json_t *record = note(&w, "log", fd);
    must(write(fd, "three\n", 6) == 6, "write");
    expect_ok(check(&w, 1, record, &err), &err);
    assert_string_equal(content_of(&w, "log"), "one\ntwo\nthree\n");
    for (int i = 0; i < 2; i++) {
        expect_ok(roll_back(&w, 1, record, &err), &err);
        char *after = tree_text(w.fd, "log");
        assert_string_equal(after, before);
        free(after);
    }
    close(fd);
    free(before);
    json_decref(record);
    world_close(&w);
}

static void refuses_by_name_what_did_not_only_grow(void **state)
{
    (void)state;
    enum { REMOVED, REPLACED, CUT, REWRITTEN, LINKED, CASES };
    for (int i = 0; i < CASES; i++) {
        struct world w;
        world_open(&w, 1);
        int fd = open_log(&w, "log", "one\ntwo\n");
        json_t *record = note(&w, "log", fd);
        if (i == REMOVED || i == REPLACED || i == LINKED)
            must(unlinkat(w.fd, "log", 0) == 0, "unlink");
        if (i == REPLACED)
            close(open_log(&w, "log", "one\nTWO\nthree\n"));
        if (i == LINKED)
            must(symlinkat("undone", w.fd, "log") == 0, "symlink");
        if (i == CUT || i == REWRITTEN)
            must(ftruncate(fd, 0) == 0, "ftruncate");
        if (i == REWRITTEN)
            must(write(fd, "ONE\nTWO\nTHREE\n", 14) == 14, "write");
        expect_refused(&w, record, "log", CAIRN_EROLLBACK);
        close(fd);
        json_decref(record);
        world_close(&w);
    }
}

/* As a backup does that is played back: the content is that of the log, the inode is not. */
static void cuts_back_what_grew_and_was_copied(void **state)
{
    (void)state;
    struct world w;
    cairn_error err;
    world_open(&w, 1);
    int fd = open_log(&w, "log", "one\ntwo\n");
    json_t *record = note(&w, "log", fd);
    must(renameat(w.fd, "log", w.fd, "former") == 0, "rename");
    close(open_log(&w, "log", "one\ntwo\nthree\n"));
    for (int i = 0; i < 2; i++) {
        expect_ok(roll_back(&w, 1, record, &err), &err);
        assert_string_equal(content_of(&w, "log"), "one\ntwo\n");
    }
    close(fd);
    json_decref(record);
    world_close(&w);
}

static int cut(void *context, uint32_t *epoch, cairn_error *err)
{
    (void)err;
    *epoch = (*(uint32_t *)context)++;
    return 0;
}

static bool only_grew(void *context, int fd)
{
    (void)context, (void)fd;
    return true;
}

static uint32_t epochs;
static const struct rollback_journal JOURNAL = {&epochs, cut, only_grew, 8 << 20};

static json_t *note_appended(struct world *w, unsigned sequence, const char *name, int fd)
{
    const struct rollback_open_file file = {.path = path_in(w, name), .fd = fd, .append = true};
    w->journal = &JOURNAL;
    return checkpoint(w, sequence, (int64_t)sequence - 1, NO_TREES, &file, 1, NULL);
}

static void append(int fd, size_t bytes, char what)
{
    char *block = malloc(bytes);
    must(block != NULL, "malloc");
    memset(block, what, bytes);
    must(write(fd, block, bytes) == (ssize_t)bytes, "write");
    free(block);
}

/* As a workflow engine does with the outputs of a job that failed. */
static void brings_back_what_others_removed_with_its_folder(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 10, 300000, 3 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct world w;
        struct stat st;
        cairn_error err;
        world_open(&w, 1);
        must(mkdirat(w.fd, "inner", 0750) == 0, "mkdir");
        int fd = open_log(&w, "inner/log", "");
        append(fd, sizes[i], 'x');
        must(fchmod(fd, 0640) == 0, "chmod");
        char *before = tree_text(w.fd, "inner");
        json_t *record = note_appended(&w, 1, "inner/log", fd);
        must(fstat(fd, &st) == 0 && st.st_nlink == 1, "no second name");
        append(fd, 5000, 'y');
        must(unlinkat(w.fd, "inner/log", 0) == 0 && unlinkat(w.fd, "inner", AT_REMOVEDIR) == 0,
             "remove");
        expect_ok(check(&w, 1, record, &err), &err);
        assert_int_not_equal(faccessat(w.fd, "inner", F_OK, 0), 0);
        for (int k = 0; k < 2; k++) {
            expect_ok(roll_back(&w, 1, record, &err), &err);
            char *after = tree_text(w.fd, "inner");
            assert_string_equal(after, before);
            free(after);
        }
        close(fd);
        free(before);
        json_decref(record);
        world_close(&w);
    }
}

static ino_t inode_in_image(const struct world *w, unsigned sequence)
{
    char path[32];
    ino_t found = 0;
    snprintf(path, sizeof path, "%06u/files", sequence);
    int fd = openat(w->checkpoints, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    must(dir != NULL, path);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (strncmp(entry->d_name, "grown-", 6) == 0)
            found = entry->d_ino;
    closedir(dir);
    return found;
}

/* Images share the copy of a large log; each brings back its own part of it. */
static void copies_only_what_was_appended(void **state)
{
    (void)state;
    struct world w;
    cairn_error err;
    world_open(&w, 1);
    int fd = open_log(&w, "log", "begin\n");
    char *before[4];
    json_t *records[4];
    for (unsigned i = 1; i <= 3; i++) {
        append(fd, 2 << 20, (char)('a' + i));
        before[i] = tree_text(w.fd, "log");
        records[i] = note_appended(&w, i, "log", fd);
    }
    assert_true(inode_in_image(&w, 1) == inode_in_image(&w, 2) &&
                inode_in_image(&w, 2) == inode_in_image(&w, 3));
    for (unsigned i = 3; i >= 1; i--) {
        must(unlinkat(w.fd, "log", 0) == 0, "unlink");
        expect_ok(roll_back(&w, i, records[i], &err), &err);
        char *after = tree_text(w.fd, "log");
        assert_string_equal(after, before[i]);
        free(after);
        free(before[i]);
        json_decref(records[i]);
    }
    close(fd);
    world_close(&w);
}

/* What an earlier image holds of a file of that inode number need not be its beginning. */
static void copies_anew_what_was_written_over(void **state)
{
    (void)state;
    struct world w;
    cairn_error err;
    world_open(&w, 1);
    int fd = open_log(&w, "log", "begin\n");
    append(fd, 2 << 20, 'a');
    json_decref(note_appended(&w, 1, "log", fd));
    must(ftruncate(fd, 0) == 0, "truncate");
    append(fd, 3 << 20, 'b');
    char *before = tree_text(w.fd, "log");
    json_t *record = note_appended(&w, 2, "log", fd);
    assert_true(inode_in_image(&w, 1) != inode_in_image(&w, 2));
    must(unlinkat(w.fd, "log", 0) == 0, "unlink");
    expect_ok(roll_back(&w, 2, record, &err), &err);
    char *after = tree_text(w.fd, "log");
    assert_string_equal(after, before);
    free(after);
    free(before);
    json_decref(record);
    close(fd);
    world_close(&w);
}

static int64_t after_all_changes(struct world *w)
{
    struct timespec now;
    let_times_settle(w);
    clock_gettime(CLOCK_REALTIME, &now);
    let_times_settle(w);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* After the step's end another process replaced its log, or wrote to it. */
static void names_what_others_changed_and_puts_it_aside_when_told_to(void **state)
{
    (void)state;
    enum { REPLACED, CUT, APPENDED, CASES };
    for (int i = 0; i < CASES; i++) {
        struct world w;
        cairn_error err;
        world_open(&w, 1);
        int fd = open_log(&w, "log", "one\ntwo\n");
        json_t *record = note_appended(&w, 1, "log", fd);
        must(write(fd, "three\n", 6) == 6, "write");
        w.others.ended = after_all_changes(&w);
        if (i == REPLACED) {
            must(unlinkat(w.fd, "log", 0) == 0, "unlink");
            close(open_log(&w, "log", "theirs"));
        } else {
            must(i == CUT ? ftruncate(fd, 3) == 0 : write(fd, "theirs", 6) == 6, "change");
        }
        expect_refused(&w, record, "log", CAIRN_ECHANGED);
        w.others.accept_changed = true;
        expect_ok(roll_back(&w, 1, record, &err), &err);
        assert_string_equal(content_of(&w, "log"), "one\ntwo\n");
        close(fd);
        json_decref(record);
        world_close(&w);
    }
}

/* As Java's /tmp/hsperfdata_USER/PID, which any other Java of that user takes for a leftover. */
static void makes_a_mapped_file_again_that_was_removed(void **state)
{
    (void)state;
    struct world w;
    struct stat st;
    cairn_error err;
    world_open(&w, 1);
    int fd = open_log(&w, "mapped", "four");
    const struct rollback_open_file file = {
        .path = path_in(&w, "mapped"), .fd = fd, .mapped = true, .whole = true};
    json_t *record = checkpoint(&w, 1, -1, NO_TREES, &file, 1, NULL);
    must(unlinkat(w.fd, "mapped", 0) == 0, "unlink");
    expect_ok(check(&w, 1, record, &err), &err);
    assert_int_not_equal(faccessat(w.fd, "mapped", F_OK, 0), 0);
    for (int i = 0; i < 2; i++) {
        expect_ok(roll_back(&w, 1, record, &err), &err);
        must(fstatat(w.fd, "mapped", &st, AT_SYMLINK_NOFOLLOW) == 0, "stat");
        assert_true(st.st_size == 4 && (st.st_mode & 07777) == 0644);
    }
    close(open_log(&w, "another", "four"));
    must(renameat(w.fd, "another", w.fd, "mapped") == 0, "rename");
    expect_refused(&w, record, "mapped", CAIRN_EROLLBACK);
    close(fd);
    json_decref(record);
    world_close(&w);
}

static void renames_back_what_was_finished_by_a_rename(void **state)
{
    (void)state;
    struct world w;
    cairn_error err;
    world_open(&w, 1);
    int fd = open_log(&w, "data.part", "one\n");
    json_t *record = note(&w, "data.part", fd);
    must(write(fd, "two\n", 4) == 4, "write");
    must(renameat(w.fd, "data.part", w.fd, "data") == 0, "rename");
    expect_ok(roll_back(&w, 1, record, &err), &err);
    assert_string_equal(content_of(&w, "data.part"), "one\n");
    assert_int_not_equal(faccessat(w.fd, "data", F_OK, 0), 0);
    close(fd);
    json_decref(record);
    world_close(&w);
}

static void a_file_in_a_tree_is_the_trees(void **state)
{
    (void)state;
    struct world w;
    cairn_error err;
    world_open(&w, 1);
    int fd = open_log(&w, "out/log", "one\n");
    const struct rollback_open_file file = {.path = path_in(&w, "out/log"), .fd = fd};
    json_t *record = checkpoint(&w, 1, -1, NULL, &file, 1, NULL);
    const json_t *open = json_object_get(json_object_get(record, "open"), "nodes");
    assert_int_equal(json_array_size(open), 0);
    must(unlinkat(w.out, "log", 0) == 0, "unlink");
    expect_ok(roll_back(&w, 1, record, &err), &err);
    assert_string_equal(content_of(&w, "out/log"), "one\n");
    close(fd);
    json_decref(record);
    world_close(&w);
}

static void a_file_without_a_name_is_not_noted(void **state)
{
    (void)state;
    struct world w;
    cairn_error err;
    world_open(&w, 1);
    int fd = open_log(&w, "gone", "one\n");
    must(unlinkat(w.fd, "gone", 0) == 0, "unlink");
    json_t *record = note(&w, "gone", fd);
    expect_ok(roll_back(&w, 1, record, &err), &err);
    close(fd);
    json_decref(record);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_back_what_grew),
        cmocka_unit_test(refuses_by_name_what_did_not_only_grow),
        cmocka_unit_test(cuts_back_what_grew_and_was_copied),
        cmocka_unit_test(brings_back_what_others_removed_with_its_folder),
        cmocka_unit_test(copies_only_what_was_appended),
        cmocka_unit_test(copies_anew_what_was_written_over),
        cmocka_unit_test(names_what_others_changed_and_puts_it_aside_when_told_to),
        cmocka_unit_test(makes_a_mapped_file_again_that_was_removed),
        cmocka_unit_test(renames_back_what_was_finished_by_a_rename),
        cmocka_unit_test(a_file_in_a_tree_is_the_trees),
        cmocka_unit_test(a_file_without_a_name_is_not_noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
