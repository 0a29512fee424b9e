/* Translates recorded paths of folders that were moved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/path_map.h"
#include "supervisor/moved_home.h"

static void expect(const struct path_map *m, const char *path, const char *expected)
{
    char out[PATH_MAX];
    bool moved = path_map_apply(m, path, out);
    assert_string_equal(expected ? expected : path, moved ? out : path);
}

static void translates_what_lies_in_a_moved_folder(void **state)
{
    (void)state;
    struct path_map m = {0};
    assert_true(path_map_add(&m, "/old", "/new/place"));
    assert_true(path_map_add(&m, "/old/deep", "/elsewhere"));
    expect(&m, "/old", "/new/place");
    expect(&m, "/old/x", "/new/place/x");
    expect(&m, "/old/deep/x", "/elsewhere/x");
    expect(&m, "/older/x", NULL);
    expect(&m, "/a/old/x", NULL);
    expect(NULL, "/old", NULL);
}

static const char *at(const json_t *meta, const char *part, size_t i, const char *list, size_t k,
                      const char *key)
{
    const json_t *item = json_array_get(json_object_get(meta, part), i);
    if (list)
        item = json_array_get(json_object_get(item, list), k);
    return json_string_value(json_object_get(item, key));
}

static void translates_every_path_of_an_image(void **state)
{
    (void)state;
    cairn_error err;
    struct path_map m = {0};
    assert_true(path_map_add(&m, "/old/w", "/new/v"));
    json_auto_t *meta = json_pack(
        "{s:[{s:s, s:s, s:[{s:s}]}], s:[{s:s, s:s}], s:{s:{s:[{s:s}, {s:s}]}, s:{s:[{s:s}]},"
        " s:[{s:s, s:s, s:s, s:[{s:s}]}, {s:s, s:s, s:s, s:[{s:s}, {s:s}]}]}}",
        "processes", "cwd", "/old/w", "exe", "/bin/sh", "maps", "path", "/old/w/lib.so",
        "descriptions", "path", "/old/w/in", "link", "/old/w/other", "files", "open", "nodes",
        "path", "old/w/log", "path", "older", "folders", "nodes", "path", "old/w", "trees", "root",
        "/old/w/out", "base", "/old/w", "name", "out", "nodes", "path", "out", "root", "/old/w",
        "base", "/old", "name", "w", "nodes", "path", "w", "path", "w/a");
    assert_non_null(meta);
    assert_int_equal(0, path_map_translate(&m, meta, &err));
    const json_t *files = json_object_get(meta, "files");
    assert_string_equal("/new/v", at(meta, "processes", 0, NULL, 0, "cwd"));
    assert_string_equal("/bin/sh", at(meta, "processes", 0, NULL, 0, "exe"));
    assert_string_equal("/new/v/lib.so", at(meta, "processes", 0, "maps", 0, "path"));
    assert_string_equal("/new/v/in", at(meta, "descriptions", 0, NULL, 0, "path"));
    assert_string_equal("/new/v/other", at(meta, "descriptions", 0, NULL, 0, "link"));
    assert_string_equal("new/v/log",
                        at(json_object_get(files, "open"), "nodes", 0, NULL, 0, "path"));
    assert_string_equal("older", at(json_object_get(files, "open"), "nodes", 1, NULL, 0, "path"));
    assert_string_equal("new/v",
                        at(json_object_get(files, "folders"), "nodes", 0, NULL, 0, "path"));
    assert_string_equal("/new/v", at(files, "trees", 0, NULL, 0, "base"));
    assert_string_equal("out", at(files, "trees", 0, "nodes", 0, "path"));
    assert_string_equal("/new", at(files, "trees", 1, NULL, 0, "base"));
    assert_string_equal("v", at(files, "trees", 1, NULL, 0, "name"));
    assert_string_equal("v", at(files, "trees", 1, "nodes", 0, "path"));
    assert_string_equal("v/a", at(files, "trees", 1, "nodes", 1, "path"));
}

static void finds_a_home_that_was_moved(void **state)
{
    (void)state;
    char dir[] = "/tmp/cairn-home-XXXXXX", path[200], was[200], expected[200];
    assert_non_null(mkdtemp(dir));
    const char *const folders[] = {"runs", "runs/r", "runs/r/steps", "runs/r/steps/s",
                                   "runs/r/steps/s/checkpoints"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, folders[i]);
        assert_int_equal(0, mkdir(path, 0700));
    }
    auto_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct moved_home home;
    struct path_map same = {0}, moved = {0}, told = {0};
    moved_home_add(&home, path, fd, &same);
    assert_int_equal(0, same.count);
    moved_home_add(&home, "/old/home/runs/r/steps/s/checkpoints", fd, &moved);
    assert_int_equal(1, moved.count);
    snprintf(expected, sizeof expected, "%s/runs/r/log", dir);
    expect(&moved, "/old/home/runs/r/log", expected);
    expect(&moved, "/old/data", NULL);
    snprintf(was, sizeof was, "/old/home/runs/r/steps/s/checkpoints");
    assert_true(path_map_add(&told, "/old", "/somewhere"));
    moved_home_add(&home, was, fd, &told);
    assert_int_equal(1, told.count);
    for (size_t i = sizeof folders / sizeof *folders; i-- > 0;) {
        snprintf(path, sizeof path, "%s/%s", dir, folders[i]);
        rmdir(path);
    }
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(translates_what_lies_in_a_moved_folder),
        cmocka_unit_test(translates_every_path_of_an_image),
        cmocka_unit_test(finds_a_home_that_was_moved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
