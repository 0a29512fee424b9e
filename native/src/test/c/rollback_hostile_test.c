/* A record written by another user is refused completely: nothing outside its trees is reached,
 * nothing crashes. */
#include "rollback_world.h"

#include "common/io.h"
#include "rollback/format.h"

static json_t *a_record(struct world *w)
{
    world_open(w, 7);
    change_much(w, 60);
    close(openat(w->out, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
    must(linkat(w->out, "file", w->out, "again", 0) == 0, "link");
    int fd = openat(w->fd, "log", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    const struct rollback_open_file file = {.path = path_in(w, "log"), .fd = fd};
    json_t *record = checkpoint(w, 1, -1, NULL, &file, 1, NULL);
    close(fd);
    return record;
}

static json_t *tree_of(json_t *record)
{
    return json_array_get(json_object_get(record, "trees"), 0);
}

static json_t *node_of(json_t *record, const char *type)
{
    size_t i;
    json_t *node;
    json_array_foreach(json_object_get(tree_of(record), "nodes"), i, node)
    {
        if (i > 0 && strcmp(json_string_value(json_object_get(node, "type")), type) == 0)
            return node;
    }
    fail_msg("no %s in the record", type);
    return NULL;
}

static void expect_refused(struct world *w, const json_t *record, const char *why)
{
    cairn_error err = {0};
    char *before = tree_text(w->fd, "out");
    int rc = roll_back(w, 1, record, &err);
    if (rc == 0 || err.message[0] == '\0')
        fail_msg("accepted: %s", why);
    char *after = tree_text(w->fd, "out");
    assert_string_equal(after, before);
    free(before);
    free(after);
}

static void refuses_paths_that_leave_their_tree(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "..",   "../out/x", "/etc/passwd", "out/../x", "out//x",       "out/./x",
        "out/", "",         "other",       "out/%00",  "out/%2E%2E/x", "out/no-such-folder/x",
        "out"};
    struct world w;
    json_t *record = a_record(&w);
    json_t *file = node_of(record, "file");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        json_object_set_new(file, "path", json_string(paths[i]));
        expect_refused(&w, record, paths[i]);
    }
    json_decref(record);
    world_close(&w);
}

static void refuses_kept_names_that_leave_their_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"../x", "..", "/etc/passwd", "a/b", ""};
    struct world w;
    json_t *record = a_record(&w);
    json_t *file = node_of(record, "file");
    json_object_set_new(file, "keep", json_string("copy"));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        json_object_set_new(file, "kept", json_string(names[i]));
        expect_refused(&w, record, names[i]);
    }
    json_decref(record);
    world_close(&w);
}

static void refuses_other_nonsense(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value; /* of a file's node */
    } cases[] = {
        {"size", "-1"},        {"size", "\"x\""},  {"same", "1000000"}, {"same", "-1"},
        {"type", "\"door\""},  {"mode", "1e9"},    {"uid", "-1"},       {"keep", "\"always\""},
        {"digest", "\"abc\""}, {"digest", "\"\""}, {"head", "7"},       {"ino", "null"},
    };
    struct world w;
    json_t *record = a_record(&w);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *bad = json_deep_copy(record);
        json_object_set_new(node_of(bad, "file"), cases[i].key,
                            json_loads(cases[i].value, JSON_DECODE_ANY, NULL));
        expect_refused(&w, bad, cases[i].key);
        json_decref(bad);
    }
    json_object_set_new(record, "version", json_integer(2));
    expect_refused(&w, record, "another version");
    json_decref(record);
    world_close(&w);
}

static void refuses_a_base_with_a_link_in_it(void **state)
{
    (void)state;
    struct world w;
    json_t *record = a_record(&w);
    must(symlinkat(w.dir, w.fd, "loop") == 0, "symlink");
    json_object_set_new(tree_of(record), "base", json_string(path_in(&w, "loop")));
    expect_refused(&w, record, "a link in the base");
    json_decref(record);
    world_close(&w);
}

/* Damages the text at random: text that is still JSON is parsed or refused with a message. */
static void survives_random_damage(void **state)
{
    (void)state;
    struct world w;
    json_t *record = a_record(&w);
    char *text = json_dumps(record, JSON_COMPACT);
    size_t len = strlen(text), parsed = 0;
    for (int i = 0; i < 20000; i++) {
        char *damaged = strdup(text);
        for (uint32_t n = 1 + pick(&w, 3); n > 0; n--) {
            uint32_t at = pick(&w, (uint32_t)len);
            damaged[at] = pick(&w, 2) ? text[pick(&w, (uint32_t)len)] : (char)(32 + pick(&w, 95));
        }
        json_t *bad = json_loads(damaged, JSON_ALLOW_NUL, NULL);
        struct rb_record out;
        cairn_error err = {0};
        if (bad && rb_parse(bad, &out, &err) != 0)
            assert_true(err.message[0] != '\0');
        if (bad) {
            parsed++;
            rb_record_free(&out);
        }
        json_decref(bad);
        free(damaged);
    }
    assert_true(parsed > 1000);
    free(text);
    json_decref(record);
    world_close(&w);
}

/* The example in the documentation is a record. */
static void takes_the_documented_record(void **state)
{
    (void)state;
    static const char here[] = __FILE__, below[] = "src/test/c/rollback_hostile_test.c";
    char doc[600];
    snprintf(doc, sizeof doc, "%.*sdocs/rollback.md", (int)(sizeof here - sizeof below), here);
    char *text;
    cairn_error err;
    expect_ok(io_read_file(AT_FDCWD, doc, 1 << 20, &text, NULL, &err), &err);
    char *begin = strstr(text, "```json\n") + strlen("```json\n");
    json_t *record = json_loadb(begin, (size_t)(strstr(begin, "```") - begin), 0, NULL);
    struct rb_record parsed;
    expect_ok(rb_parse(record, &parsed, &err), &err);
    assert_string_equal(parsed.trees[0].nodes[1].target, "100%.dat");
    assert_int_equal(parsed.trees[0].nodes[3].same, 2);
    rb_record_free(&parsed);
    json_decref(record);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_paths_that_leave_their_tree),
        cmocka_unit_test(refuses_kept_names_that_leave_their_folder),
        cmocka_unit_test(refuses_other_nonsense),
        cmocka_unit_test(refuses_a_base_with_a_link_in_it),
        cmocka_unit_test(survives_random_damage),
        cmocka_unit_test(takes_the_documented_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
