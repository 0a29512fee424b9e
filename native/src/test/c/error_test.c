/* Errors: their messages, and that the code is returned also to callers without a buffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "common/error.h"

static int fail_inside(cairn_error *err)
{
    int rc = cairn_fail(err, CAIRN_EIMAGE_TORN, "it ends after %d bytes", 7);
    return cairn_fail_within(err, rc, "image %s", "/x");
}

static void says_where_it_happened(void **state)
{
    (void)state;
    cairn_error err = {0};
    assert_int_equal(fail_inside(&err), -CAIRN_EIMAGE_TORN);
    assert_int_equal(err.code, CAIRN_EIMAGE_TORN);
    assert_string_equal(err.message, "image /x: it ends after 7 bytes");
}

static void keeps_its_code_without_words(void **state)
{
    (void)state;
    assert_int_equal(fail_inside(NULL), -CAIRN_EIMAGE_TORN);
}

static void says_what_the_system_said(void **state)
{
    (void)state;
    cairn_error err = {0};
    errno = ENOSPC;
    assert_int_equal(cairn_fail_errno(&err, "writing %s", "/x"), -ENOSPC);
    assert_string_equal(err.message, "writing /x: No space left on device");
}

static void cuts_what_is_too_long(void **state)
{
    (void)state;
    char context[2000];
    memset(context, 'x', sizeof context - 1);
    context[sizeof context - 1] = '\0';
    cairn_error err = {0};
    int rc = cairn_fail(&err, EIO, "inside");
    assert_int_equal(cairn_fail_within(&err, rc, "%s", context), -EIO);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_where_it_happened),
        cmocka_unit_test(keeps_its_code_without_words),
        cmocka_unit_test(says_what_the_system_said),
        cmocka_unit_test(cuts_what_is_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
