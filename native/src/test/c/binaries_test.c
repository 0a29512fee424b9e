/* Kept programs and libraries: a step resumes with its own after the host's were replaced; for root
 * also as an ordinary user. */
#include "capture_fixture.h"

#include <sched.h>
#include <sys/mount.h>

#include "common/json.h"
#include "restore/binaries.h"

#define ORDINARY_UID 60123

static uid_t user;    /* of the homes */
static int builds[2]; /* their folders: they may lie where an ordinary user cannot go */

static void open_builds(void)
{
    for (int i = 0; i < 2; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s%d", CAIRN_KEPT_BUILDS, i + 1);
        builds[i] = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    }
}

static void install(const struct home *home, int build, const char *name)
{
    char partial[64];
    snprintf(partial, sizeof partial, "%s.new", name);
    auto_close int from = openat(builds[build - 1], name, O_RDONLY | O_CLOEXEC);
    auto_close int to = openat(home->work, partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    assert_true(from >= 0 && to >= 0);
    ssize_t n;
    while ((n = copy_file_range(from, NULL, to, NULL, 1 << 30, 0)) > 0) {
    }
    assert_int_equal(0, n);
    assert_int_equal(0, fchmod(to, 0755));
    assert_int_equal(0, renameat(home->work, partial, home->work, name));
}

static void install_all(const struct home *home, int build)
{
    install(home, build, "program");
    install(home, build, "libanswer.so");
}

static void home_of_first_build(struct home *home)
{
    home_open(home, user);
    install_all(home, 1);
}

static int start_and_capture(const struct home *home, char *const *argv, bool keep)
{
    life_keeps_binaries = keep;
    return live_first(home, argv);
}

static char program[] = "./program", checkpoint[] = "checkpoint";
static char *const usual[] = {program, checkpoint, NULL};

static int life_that_keeps(const struct home *home, const void *unused)
{
    (void)unused;
    return start_and_capture(home, usual, true);
}

static int life_that_keeps_nothing(const struct home *home, const void *unused)
{
    (void)unused;
    return start_and_capture(home, usual, false);
}

/* argument: the image to resume from; captures the next. */
static int life_in_between(const struct home *home, const void *argument)
{
    life_keeps_binaries = true;
    return live_next(home, *(const uint32_t *)argument);
}

static int life_in_between_that_keeps_nothing(const struct home *home, const void *unused)
{
    (void)unused;
    return live_next(home, 1);
}

static int last_life(const struct home *home, const void *argument)
{
    return live_last(home, *(const uint32_t *)argument);
}

#define INSTALLED_FILE "/usr/lib/os-release"

static int life_that_maps_an_installed_file(const struct home *home, const void *unused)
{
    (void)unused;
    static char file[] = INSTALLED_FILE;
    char *argv[] = {program, file, checkpoint, NULL};
    return start_and_capture(home, argv, true);
}

/* On a host that has another file of that name. */
static int be_elsewhere(const struct home *home)
{
    char other[96];
    snprintf(other, sizeof other, "%s/work/libanswer.so", home->path);
    int rc = unshare(CLONE_NEWNS);
    if (rc == 0)
        rc = mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
    if (rc == 0)
        rc = mount(other, INSTALLED_FILE, NULL, MS_BIND, NULL);
    if (rc != 0)
        perror("binding another file over " INSTALLED_FILE);
    return rc;
}

static int life_in_between_elsewhere(const struct home *home, const void *argument)
{
    return be_elsewhere(home) == 0 ? life_in_between(home, argument) : -1;
}

static int last_life_elsewhere(const struct home *home, const void *argument)
{
    return be_elsewhere(home) == 0 ? last_life(home, argument) : -1;
}

static int let_go_on(const struct life *l)
{
    auto_close int go = openat(l->home->work, "go", O_WRONLY | O_CLOEXEC);
    return go >= 0 && write(go, "g", 1) == 1 ? 0 : -1;
}

/* Captured as it was installed, then while another build has its name: that of its child too. */
static int life_that_is_upgraded(const struct home *home, const void *unused)
{
    (void)unused;
    static char child[] = "child";
    char *argv[] = {program, checkpoint, child, NULL};
    cairn_error err = {0};
    struct life l;
    life_keeps_binaries = true;
    LIVE(life_start(&l, home, argv, &err), &err);
    LIVE(life_capture(&l, 1, &err), &err);
    install_all(home, 2);
    LIVE(let_go_on(&l), &err);
    LIVE(life_await_ready(&l), &err);
    LIVE(life_capture(&l, 2, &err), &err);
    tree_destroy(&l.tree);
    return 0;
}

static int expect_refusal(const struct home *home, const void *message)
{
    cairn_error err = {0};
    struct life l;
    int rc = life_resume(&l, home, 1, &err);
    if (rc < 0 && strstr(err.message, message))
        return 0;
    fprintf(stderr, "not a refusal with \"%s\": %d %s\n", (const char *)message, rc, err.message);
    return -1;
}

static void assert_printed(const struct home *home, const char *expected)
{
    auto_free char *log = NULL;
    assert_int_equal(0, io_read_file(home->work, "log", 4096, &log, NULL, NULL));
    assert_string_equal(expected, log);
}

static json_t *meta_of(const struct home *home, uint32_t sequence)
{
    char name[16];
    image_reader *reader;
    json_t *meta;
    size_t len;
    snprintf(name, sizeof name, "%06u", sequence);
    if (home->uid != geteuid())
        assert_int_equal(0, seteuid(home->uid));
    assert_int_equal(0, image_reader_open(home->checkpoints, name, &reader, NULL));
    const char *text = image_reader_meta(reader, &len);
    assert_int_equal(0, json_parse_object(text, len, "META", &meta, NULL));
    image_reader_close(reader);
    if (getuid() != geteuid())
        assert_int_equal(0, seteuid(getuid()));
    return meta;
}

/* The name of the file that image `sequence` keeps of a file of the home, or "". */
static void kept_name(const struct home *home, uint32_t sequence, const char *file, char out[33])
{
    char path[128];
    const char *name;
    json_t *entry;
    json_auto_t *meta = meta_of(home, sequence);
    snprintf(path, sizeof path, "%s/work/%s", home->path, file);
    *out = '\0';
    json_object_foreach(json_object_get(meta, "binaries"), name, entry)
    {
        if (strcmp(json_string_value(json_object_get(entry, "path")), path) == 0)
            strcpy(out, name);
    }
}

static void goes_on_with_what_was_replaced(void **state)
{
    (void)state;
    struct home home;
    const uint32_t first = 1, second = 2, third = 3;
    char before[33], after[33];
    home_of_first_build(&home);
    assert_int_equal(0, live(&home, life_that_keeps, NULL));
    install_all(&home, 2);
    assert_int_equal(0, live(&home, life_in_between, &first));
    assert_int_equal(0, live(&home, life_in_between, &second));
    assert_int_equal(0, live(&home, last_life, &third));
    assert_printed(&home, "own 10, of the library 1\n");
    const char *const files[] = {"program", "libanswer.so"};
    for (size_t i = 0; i < 2; i++) { /* under its own name, also when mapped from the copy */
        kept_name(&home, 1, files[i], before);
        kept_name(&home, 3, files[i], after);
        assert_string_not_equal("", before);
        assert_string_equal(before, after);
    }
    home_close(&home);
}

/* What was kept before an upgrade need not be in any image after it. */
static void goes_on_with_both_builds_when_upgraded_meanwhile(void **state)
{
    (void)state;
    struct home home;
    const uint32_t second = 2, third = 3;
    home_of_first_build(&home);
    assert_int_equal(0, live(&home, life_that_is_upgraded, NULL));
    json_auto_t *meta = meta_of(&home, 2);
    assert_int_equal(0, json_array_size(json_object_get(meta, "objects")));
    assert_int_equal(6, json_object_size(json_object_get(meta, "binaries")));
    assert_int_equal(0, live(&home, life_in_between, &second));
    assert_int_equal(0, live(&home, last_life, &third));
    assert_printed(&home, "own 20, of the library 2\nown 10, of the library 1\n");
    home_close(&home);
}

/* Only root can have another host of its own. */
static void goes_on_with_other_files_that_were_installed(void **state)
{
    (void)state;
    struct home home;
    const uint32_t first = 1, second = 2;
    if (user != 0)
        skip();
    home_of_first_build(&home);
    assert_int_equal(0, live(&home, life_that_maps_an_installed_file, NULL));
    assert_int_equal(0, live(&home, life_in_between_elsewhere, &first));
    json_auto_t *meta = meta_of(&home, 2);
    assert_int_equal(5, json_object_size(json_object_get(meta, "binaries")));
    assert_int_equal(0, live(&home, last_life_elsewhere, &second));
    assert_printed(&home, "own 10, of the library 1\n");
    home_close(&home);
}

static void goes_on_when_they_have_gone(void **state)
{
    (void)state;
    struct home home;
    const uint32_t first = 1;
    home_of_first_build(&home);
    assert_int_equal(0, live(&home, life_that_keeps, NULL));
    assert_int_equal(0, unlinkat(home.work, "program", 0));
    assert_int_equal(0, unlinkat(home.work, "libanswer.so", 0));
    assert_int_equal(0, live(&home, last_life, &first));
    assert_printed(&home, "own 10, of the library 1\n");
    home_close(&home);
}

static void still_keeps_what_it_lives_on_when_told_no_more(void **state)
{
    (void)state;
    struct home home;
    const uint32_t second = 2;
    char name[33];
    home_of_first_build(&home);
    assert_int_equal(0, live(&home, life_that_keeps, NULL));
    install_all(&home, 2);
    assert_int_equal(0, live(&home, life_in_between_that_keeps_nothing, NULL));
    kept_name(&home, 2, "libanswer.so", name);
    assert_string_not_equal("", name);
    assert_int_equal(0, live(&home, last_life, &second));
    assert_printed(&home, "own 10, of the library 1\n");
    home_close(&home);
}

static void refuses_what_was_replaced_and_is_not_kept(void **state)
{
    (void)state;
    struct home home;
    home_of_first_build(&home);
    assert_int_equal(0, live(&home, life_that_keeps_nothing, NULL));
    install(&home, 2, "libanswer.so");
    assert_int_equal(-1, faccessat(home.checkpoints, BINARIES_FOLDER, F_OK, 0));
    assert_int_equal(0, live(&home, expect_refusal, "libanswer.so is not the file that the step"));
    home_close(&home);
}

static void alter(const struct home *home, const char *path)
{
    char byte;
    assert_int_equal(0, fchmodat(home->checkpoints, path, 0700, 0));
    auto_close int fd = openat(home->checkpoints, path, O_RDWR | O_CLOEXEC);
    assert_int_equal(1, pread(fd, &byte, 1, 4711));
    byte ^= 1;
    assert_int_equal(1, pwrite(fd, &byte, 1, 4711));
}

static void refuses_a_kept_file_that_was_altered(void **state)
{
    (void)state;
    struct home home;
    char name[33], path[64], message[128];
    home_of_first_build(&home);
    assert_int_equal(0, live(&home, life_that_keeps, NULL));
    kept_name(&home, 1, "libanswer.so", name);
    snprintf(path, sizeof path, BINARIES_FOLDER "/%s", name);
    alter(&home, path);
    install(&home, 2, "libanswer.so");
    snprintf(message, sizeof message,
             "work/libanswer.so: the digest of " BINARIES_FOLDER "/%s does not match", name);
    assert_int_equal(0, live(&home, expect_refusal, message));
    home_close(&home);
}

static void keeps_anew_what_was_altered(void **state)
{
    (void)state;
    struct home home;
    const uint32_t first = 1, second = 2;
    char name[33], path[64];
    home_of_first_build(&home);
    assert_int_equal(0, live(&home, life_that_keeps, NULL));
    kept_name(&home, 1, "libanswer.so", name);
    snprintf(path, sizeof path, BINARIES_FOLDER "/%s", name);
    alter(&home, path);
    assert_int_equal(0, live(&home, life_in_between, &first)); /* with the host's own */
    install(&home, 2, "libanswer.so");
    assert_int_equal(0, live(&home, last_life, &second));
    assert_printed(&home, "own 10, of the library 1\n");
    home_close(&home);
}

static void refuses_a_kept_file_that_others_may_write(void **state)
{
    (void)state;
    struct home home;
    char name[33], path[64];
    home_of_first_build(&home);
    assert_int_equal(0, live(&home, life_that_keeps, NULL));
    kept_name(&home, 1, "program", name);
    snprintf(path, sizeof path, BINARIES_FOLDER "/%s", name);
    assert_int_equal(0, fchmodat(home.checkpoints, path, 0777, 0));
    install(&home, 2, "program");
    assert_int_equal(0, live(&home, expect_refusal, "is writable by others"));
    home_close(&home);
}

static void follows_no_link_to_a_kept_file(void **state)
{
    (void)state;
    struct home home;
    char name[33], path[64];
    home_of_first_build(&home);
    assert_int_equal(0, live(&home, life_that_keeps, NULL));
    kept_name(&home, 1, "program", name);
    snprintf(path, sizeof path, BINARIES_FOLDER "/%s", name);
    assert_int_equal(0, renameat(home.checkpoints, path, home.work, "elsewhere"));
    assert_int_equal(0, symlinkat("../../work/elsewhere", home.checkpoints, path));
    install(&home, 2, "program");
    assert_int_equal(0, live(&home, expect_refusal, "the kept copy of"));
    home_close(&home);
}

/* Nothing is read or written again for an image after the first. */
static void keeps_each_file_once(void **state)
{
    (void)state;
    struct home home;
    const uint32_t first = 1;
    struct stat before, after;
    char name[33], path[64];
    home_of_first_build(&home);
    assert_int_equal(0, live(&home, life_that_keeps, NULL));
    kept_name(&home, 1, "program", name);
    snprintf(path, sizeof path, BINARIES_FOLDER "/%s", name);
    assert_int_equal(0, fstatat(home.checkpoints, path, &before, 0));
    assert_int_equal(0500, before.st_mode & 07777);
    assert_int_equal(home.uid, before.st_uid);
    assert_int_equal(0, live(&home, life_in_between, &first));
    assert_int_equal(0, fstatat(home.checkpoints, path, &after, 0));
    assert_int_equal(before.st_ino, after.st_ino);
    home_close(&home);
}

/* What cairn-image says of image 1, and its exit code. */
static int ask_tool(const struct home *home, const char *verb, char said[4096])
{
    char command[512];
    snprintf(command, sizeof command, "%s %s %s/checkpoints/000001 2>&1", CAIRN_IMAGE, verb,
             home->path);
    FILE *out = popen(command, "re");
    assert_non_null(out);
    said[fread(said, 1, 4095, out)] = '\0';
    return pclose(out);
}

static void the_tool_counts_and_verifies_what_is_kept(void **state)
{
    (void)state;
    struct home home;
    char name[33], path[64], said[4096];
    user = geteuid();
    home_of_first_build(&home);
    assert_int_equal(0, live(&home, life_that_keeps, NULL));
    assert_int_equal(0, ask_tool(&home, "show", said));
    assert_non_null(strstr(said, "\nkeeps    4 programs and libraries, ")); /* and libc, ld.so */
    assert_int_equal(0, ask_tool(&home, "verify", said));
    kept_name(&home, 1, "libanswer.so", name);
    snprintf(path, sizeof path, BINARIES_FOLDER "/%s", name);
    alter(&home, path);
    assert_int_not_equal(0, ask_tool(&home, "verify", said));
    assert_non_null(strstr(said, "libanswer.so: the digest of"));
    home_close(&home);
}

static int as_ordinary_user(void **state)
{
    (void)state;
    user = ORDINARY_UID;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on_with_what_was_replaced),
        cmocka_unit_test(goes_on_with_both_builds_when_upgraded_meanwhile),
        cmocka_unit_test(goes_on_with_other_files_that_were_installed),
        cmocka_unit_test(goes_on_when_they_have_gone),
        cmocka_unit_test(still_keeps_what_it_lives_on_when_told_no_more),
        cmocka_unit_test(refuses_what_was_replaced_and_is_not_kept),
        cmocka_unit_test(refuses_a_kept_file_that_was_altered),
        cmocka_unit_test(keeps_anew_what_was_altered),
        cmocka_unit_test(refuses_a_kept_file_that_others_may_write),
        cmocka_unit_test(follows_no_link_to_a_kept_file),
        cmocka_unit_test(keeps_each_file_once),
    };
    const struct CMUnitTest tool[] = {
        cmocka_unit_test(the_tool_counts_and_verifies_what_is_kept),
    };
    user = geteuid();
    open_builds();
    int failed = cmocka_run_group_tests_name("binaries", tests, NULL, NULL);
    if (geteuid() == 0)
        failed |= cmocka_run_group_tests_name("binaries, as an ordinary user", tests,
                                              as_ordinary_user, NULL);
    failed |= cmocka_run_group_tests_name("binaries, by cairn-image", tool, NULL, NULL);
    return failed != 0;
}
