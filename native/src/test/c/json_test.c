/* What is read from JSON has the type and the bounds that were asked for, or the error names the
 * key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/json.h"

static const char document[] =
    "{\"n\":-5,\"big\":9223372036854775807,\"mask\":\"0xffffffffffffffff\",\"yes\":true,"
    "\"name\":\"abc\",\"list\":[1,2,3],\"sub\":{},\"nothing\":null,\"half\":0.5}";

static json_t *parsed(void)
{
    json_t *root = NULL;
    assert_int_equal(json_parse_object(document, strlen(document), "test", &root, NULL), 0);
    return root;
}

static void reads_what_fits(void **state)
{
    (void)state;
    json_auto_t *root = parsed();
    int64_t n;
    uint64_t big, mask;
    bool yes;
    const char *name;
    json_t *list, *sub;
    assert_int_equal(json_need_int(root, "n", -5, 5, &n, NULL), 0);
    assert_int_equal(n, -5);
    assert_int_equal(json_need_u64(root, "big", &big, NULL), 0);
    assert_true(big == INT64_MAX);
    assert_int_equal(json_need_hex(root, "mask", &mask, NULL), 0);
    assert_true(mask == UINT64_MAX);
    assert_int_equal(json_need_bool(root, "yes", &yes, NULL), 0);
    assert_true(yes);
    assert_int_equal(json_need_string(root, "name", 3, &name, NULL), 0);
    assert_string_equal(name, "abc");
    assert_int_equal(json_need_array(root, "list", 3, &list, NULL), 0);
    assert_int_equal(json_array_size(list), 3);
    assert_int_equal(json_need_object(root, "sub", &sub, NULL), 0);
}

static void names_what_does_not_fit(void **state)
{
    (void)state;
    json_auto_t *root = parsed();
    cairn_error err;
    int64_t n;
    uint32_t u;
    uint64_t x;
    const char *text;
    json_t *value;
    assert_int_equal(json_need_int(root, "absent", 0, 1, &n, &err), -EINVAL);
    assert_string_equal(err.message, "\"absent\" is missing");
    assert_int_equal(json_need_int(root, "n", 0, 511, &n, &err), -EINVAL);
    assert_string_equal(err.message, "\"n\" is -5, not 0 to 511");
    assert_int_equal(json_need_int(root, "half", 0, 1, &n, &err), -EINVAL);
    assert_string_equal(err.message, "\"half\" is a fraction, not an integer");
    assert_int_equal(json_need_u32(root, "big", &u, &err), -EINVAL);
    assert_int_equal(json_need_hex(root, "name", &x, &err), -EINVAL);
    assert_int_equal(json_need_string(root, "name", 2, &text, &err), -EINVAL);
    assert_string_equal(err.message, "\"name\" has 3 bytes, more than 2");
    assert_int_equal(json_need_array(root, "list", 2, &value, &err), -EINVAL);
    assert_int_equal(json_need_object(root, "nothing", &value, &err), -EINVAL);
    assert_string_equal(err.message, "\"nothing\" is null, not an object");
}

static void keeps_the_default_of_what_is_absent(void **state)
{
    (void)state;
    json_auto_t *root = parsed();
    cairn_error err;
    int64_t n = 3;
    bool yes = false;
    const char *text = "default";
    assert_int_equal(json_may_int(root, "absent", 0, 9, &n, NULL), 0);
    assert_int_equal(json_may_string(root, "nothing", 9, &text, NULL), 0);
    assert_int_equal(json_may_bool(root, "yes", &yes, NULL), 0);
    assert_int_equal(n, 3);
    assert_string_equal(text, "default");
    assert_true(yes);
    assert_int_equal(json_may_int(root, "name", 0, 9, &n, &err), -EINVAL);
}

static void carries_all_bits_as_hex(void **state)
{
    (void)state;
    const uint64_t values[] = {0, 1, 0x7fffffffffffffffu, UINT64_MAX};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        json_auto_t *root = json_object();
        json_object_set_new(root, "v", json_hex(values[i]));
        uint64_t back;
        assert_int_equal(json_need_hex(root, "v", &back, NULL), 0);
        assert_true(back == values[i]);
    }
    const char *bad[] = {"", "0x", "12", "0x1g", "-0x1", "0x 1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        json_auto_t *root = json_pack("{s:s}", "v", bad[i]);
        uint64_t back;
        assert_int_equal(json_need_hex(root, "v", &back, NULL), -EINVAL);
    }
}

static void refuses_documents_that_are_no_object(void **state)
{
    (void)state;
    const char *bad[] = {"", "[]", "1", "{\"a\":1", "{\"a\":1,\"a\":2}", "{\"a\":1}x"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        json_t *root = NULL;
        cairn_error err;
        assert_int_equal(json_parse_object(bad[i], strlen(bad[i]), "spec.json", &root, &err),
                         -EINVAL);
        assert_non_null(strstr(err.message, "spec.json"));
        assert_null(root);
    }
    json_t *root = NULL;
    assert_int_equal(json_read_object(AT_FDCWD, "/absent/spec.json", 100, &root, NULL), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_fits),
        cmocka_unit_test(names_what_does_not_fit),
        cmocka_unit_test(keeps_the_default_of_what_is_absent),
        cmocka_unit_test(carries_all_bits_as_hex),
        cmocka_unit_test(refuses_documents_that_are_no_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
