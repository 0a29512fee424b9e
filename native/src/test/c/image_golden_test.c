/* Images of every released version still load; the bad ones are refused by the name that their
 * folder begins with. */
#include "image_fixture.h"

#include <dirent.h>

static int expected_code(const char *name)
{
    if (strncmp(name, "good-", 5) == 0)
        return 0;
    if (strncmp(name, "torn-", 5) == 0)
        return CAIRN_EIMAGE_TORN;
    if (strncmp(name, "corrupt-", 8) == 0)
        return CAIRN_EIMAGE_CORRUPT;
    if (strncmp(name, "version-", 8) == 0)
        return CAIRN_EIMAGE_VERSION;
    fail_msg("%s does not say what is expected of it", name);
    return -1;
}

/* A checkout's modes are the user's own affair; an image's are not. */
static void copy_golden(struct fixture *f, const char *name)
{
    char path[1000];
    auto_free char *bytes = NULL;
    size_t len;
    cairn_error err;
    snprintf(path, sizeof path, "%s/images/%s/image.cairn", CAIRN_TEST_RESOURCES, name);
    assert_ok(io_read_file(AT_FDCWD, path, 1 << 20, &bytes, &len, &err), &err);
    assert_int_equal(mkdirat(f->fd, name, 0700), 0);
    auto_close int dirfd = openat(f->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_ok(io_publish_file(dirfd, "image.cairn", bytes, len, &err), &err);
}

static void assert_golden_content(struct fixture *f, const char *name)
{
    uint8_t noise[600], buf[900];
    cairn_error err;
    image_reader *r;
    assert_ok(image_reader_open(f->fd, name, &r, &err), &err);
    assert_int_equal(image_reader_chunks(r), 3);
    assert_non_null(strstr(image_reader_meta(r, NULL), "\"comm\":\"python3\""));
    fill_noise(noise, sizeof noise, 7);
    assert_ok(image_reader_chunk_data(r, 0, buf, &err), &err);
    assert_memory_equal(buf, noise, sizeof noise);
    assert_ok(image_reader_chunk_data(r, 1, buf, &err), &err);
    for (size_t i = 0; i < sizeof buf; i++)
        assert_int_equal(buf[i], 0);
    image_reader_close(r);
}

static void judges_each_golden_image(void **state)
{
    struct fixture *f = *state;
    int good = 0, bad = 0;
    auto_closedir DIR *dir = opendir(CAIRN_TEST_RESOURCES "/images");
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        cairn_error err = {0};
        copy_golden(f, entry->d_name);
        int code = expected_code(entry->d_name), rc = check_image(f->fd, entry->d_name, &err);
        if (rc != -code)
            fail_msg("%s: %d, not %d: %s", entry->d_name, rc, -code, err.message);
        if (code == 0)
            assert_golden_content(f, entry->d_name);
        code == 0 ? good++ : bad++;
    }
    assert_true(good >= 2 && bad >= 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(judges_each_golden_image, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
