/* Which files a restore accepts as unchanged, and which it names. */
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
#include "proc/content_id.h"
#include "proc/file_identity.h"

#define SMALL 1000
#define LARGE (40 << 20)

static char dir[] = "/tmp/cairn-identity-XXXXXX";
static char path[64], other[64];

static void fill(const char *name, off_t size)
{
    auto_close int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0 && ftruncate(fd, size) == 0 && pwrite(fd, "head", 4, 0) == 4 &&
                pwrite(fd, "tail", 4, size - 4) == 4);
}

static void set_time(const char *name, time_t time)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = time}};
    assert_int_equal(0, utimensat(AT_FDCWD, name, times, 0));
}

static json_t *identity_of(const char *name)
{
    char content[CONTENT_ID_SIZE];
    struct stat st;
    cairn_error err;
    json_t *json = json_object();
    auto_close int fd = open(name, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    assert_int_equal(0, file_identity_note(json, &st, false));
    assert_int_equal(0, content_id(fd, name, content, &err));
    json_object_set_new(json, "file_content", json_string(content));
    return json;
}

static void write_at(off_t at, const char *text)
{
    auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0 && pwrite(fd, text, strlen(text), at) == (ssize_t)strlen(text));
}

static void replace_by_copy(off_t size)
{
    fill(other, size);
    assert_int_equal(0, rename(other, path));
}

enum change { NOTHING, TOUCH, MODE, COPY, COPY_IN_TIME, APPEND, MIDDLE, MIDDLE_IN_TIME, END, CUT };

static void change(enum change what, off_t size)
{
    switch (what) {
    case NOTHING:
        break;
    case TOUCH:
        set_time(path, 2000);
        break;
    case MODE:
        assert_int_equal(0, chmod(path, 0644));
        break;
    case COPY:
    case COPY_IN_TIME:
        replace_by_copy(size);
        break;
    case APPEND:
        write_at(size, "more");
        break;
    case MIDDLE:
    case MIDDLE_IN_TIME:
        write_at(size / 2, "new!");
        break;
    case END:
        write_at(size - 4, "TAIL");
        break;
    case CUT:
        assert_int_equal(0, truncate(path, size - 1));
        break;
    }
    if (what == COPY_IN_TIME || what == MIDDLE_IN_TIME)
        set_time(path, 1000);
}

static enum file_verdict verdict_after(enum change what, off_t size)
{
    enum file_verdict verdict;
    cairn_error err;
    fill(path, size);
    set_time(path, 1000);
    json_auto_t *json = identity_of(path);
    change(what, size);
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    int rc = file_identity_compare(json, path, fd, &verdict, &err);
    if (rc != 0)
        fail_msg("%s", err.message);
    assert_int_equal(0, lseek(fd, 0, SEEK_CUR));
    return verdict;
}

static void tells_a_change_of_a_small_file_by_its_content(void **state)
{
    (void)state;
    static const enum file_verdict expected[] = {
        [NOTHING] = FILE_SAME,      [TOUCH] = FILE_SAME,    [MODE] = FILE_SAME,
        [COPY] = FILE_SAME,         [APPEND] = FILE_LONGER, [MIDDLE] = FILE_OTHER,
        [COPY_IN_TIME] = FILE_SAME, [END] = FILE_OTHER,     [MIDDLE_IN_TIME] = FILE_OTHER,
        [CUT] = FILE_OTHER};
    for (enum change what = NOTHING; what <= CUT; what++)
        if (verdict_after(what, SMALL) != expected[what])
            fail_msg("change %d", (int)what);
}

/* All of it is not read: what has another time is not taken for the same. */
static void tells_a_change_of_a_large_file_by_time_and_samples(void **state)
{
    (void)state;
    static const enum file_verdict expected[] = {
        [NOTHING] = FILE_SAME,      [TOUCH] = FILE_OTHER,   [MODE] = FILE_SAME,
        [COPY] = FILE_OTHER,        [APPEND] = FILE_LONGER, [MIDDLE] = FILE_OTHER,
        [COPY_IN_TIME] = FILE_SAME, [END] = FILE_OTHER,     [MIDDLE_IN_TIME] = FILE_OTHER,
        [CUT] = FILE_OTHER};
    for (enum change what = NOTHING; what <= CUT; what++)
        if (verdict_after(what, LARGE) != expected[what])
            fail_msg("change %d", (int)what);
}

/* As in images that earlier versions made, or where the file changed before it could be read. */
static void takes_size_and_time_where_nothing_else_is_known(void **state)
{
    (void)state;
    enum file_verdict verdict;
    cairn_error err;
    struct stat st;
    fill(path, SMALL);
    set_time(path, 1000);
    assert_int_equal(0, stat(path, &st));
    json_auto_t *json = json_object();
    assert_int_equal(0, file_identity_note(json, &st, true));
    change(MODE, SMALL);
    for (int i = 0; i < 2; i++) {
        auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_int_equal(0, file_identity_compare(json, path, fd, &verdict, &err));
        assert_int_equal(i == 0 ? FILE_SAME : FILE_OTHER, verdict);
        change(TOUCH, SMALL);
    }
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/file", dir);
    snprintf(other, sizeof other, "%s/other", dir);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_a_change_of_a_small_file_by_its_content),
        cmocka_unit_test(tells_a_change_of_a_large_file_by_time_and_samples),
        cmocka_unit_test(takes_size_and_time_where_nothing_else_is_known),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
