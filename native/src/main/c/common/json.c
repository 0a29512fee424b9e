#include "common/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/io.h"

static const char *type_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "an integer";
    case JSON_REAL:
        return "a fraction";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    case JSON_NULL:
        break;
    }
    return "null";
}

static int wrong_type(const json_t *value, const char *key, const char *wanted, cairn_error *err)
{
    return cairn_fail(err, EINVAL, "\"%s\" is %s, not %s", key, type_name(value), wanted);
}

static int need(const json_t *object, const char *key, json_t **out, cairn_error *err)
{
    *out = json_object_get(object, key);
    return *out ? 0 : cairn_fail(err, EINVAL, "\"%s\" is missing", key);
}

static json_t *may(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

int json_parse_object(const char *text, size_t len, const char *what, json_t **out,
                      cairn_error *err)
{
    json_error_t problem;
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &problem);
    if (!root)
        return cairn_fail(err, EINVAL, "%s: line %d, column %d: %s", what, problem.line,
                          problem.column, problem.text);
    if (!json_is_object(root)) {
        json_decref(root);
        return cairn_fail(err, EINVAL, "%s is not a JSON object", what);
    }
    *out = root;
    return 0;
}

int json_read_object(int dirfd, const char *name, size_t limit, json_t **out, cairn_error *err)
{
    auto_free char *text = NULL;
    size_t len;
    int rc = io_read_file(dirfd, name, limit, &text, &len, err);
    return rc != 0 ? rc : json_parse_object(text, len, name, out, err);
}

static int as_int(const json_t *value, const char *key, int64_t min, int64_t max, int64_t *out,
                  cairn_error *err)
{
    if (!json_is_integer(value))
        return wrong_type(value, key, "an integer", err);
    json_int_t number = json_integer_value(value);
    if (number < min || number > max)
        return cairn_fail(err, EINVAL, "\"%s\" is %" PRId64 ", not %" PRId64 " to %" PRId64, key,
                          (int64_t)number, min, max);
    *out = number;
    return 0;
}

int json_need_int(const json_t *object, const char *key, int64_t min, int64_t max, int64_t *out,
                  cairn_error *err)
{
    json_t *value;
    int rc = need(object, key, &value, err);
    return rc != 0 ? rc : as_int(value, key, min, max, out, err);
}

int json_may_int(const json_t *object, const char *key, int64_t min, int64_t max, int64_t *out,
                 cairn_error *err)
{
    json_t *value = may(object, key);
    return value ? as_int(value, key, min, max, out, err) : 0;
}

int json_need_u64(const json_t *object, const char *key, uint64_t *out, cairn_error *err)
{
    int64_t number;
    int rc = json_need_int(object, key, 0, INT64_MAX, &number, err);
    if (rc == 0)
        *out = (uint64_t)number;
    return rc;
}

int json_may_u64(const json_t *object, const char *key, uint64_t *out, cairn_error *err)
{
    return may(object, key) ? json_need_u64(object, key, out, err) : 0;
}

int json_need_u32(const json_t *object, const char *key, uint32_t *out, cairn_error *err)
{
    int64_t number;
    int rc = json_need_int(object, key, 0, UINT32_MAX, &number, err);
    if (rc == 0)
        *out = (uint32_t)number;
    return rc;
}

json_t *json_hex(uint64_t value)
{
    char text[19];
    snprintf(text, sizeof text, "0x%" PRIx64, value);
    return json_string(text);
}

int json_need_hex(const json_t *object, const char *key, uint64_t *out, cairn_error *err)
{
    const char *text;
    int rc = json_need_string(object, key, 18, &text, err);
    if (rc != 0)
        return rc;
    size_t digits = strncmp(text, "0x", 2) == 0 ? strspn(text + 2, "0123456789abcdefABCDEF") : 0;
    if (digits == 0 || text[2 + digits] != '\0')
        return cairn_fail(err, EINVAL, "\"%s\" is \"%s\", not a number such as \"0x1f\"", key,
                          text);
    *out = strtoull(text + 2, NULL, 16);
    return 0;
}

static int as_bool(const json_t *value, const char *key, bool *out, cairn_error *err)
{
    if (!json_is_boolean(value))
        return wrong_type(value, key, "a boolean", err);
    *out = json_is_true(value);
    return 0;
}

int json_need_bool(const json_t *object, const char *key, bool *out, cairn_error *err)
{
    json_t *value;
    int rc = need(object, key, &value, err);
    return rc != 0 ? rc : as_bool(value, key, out, err);
}

int json_may_bool(const json_t *object, const char *key, bool *out, cairn_error *err)
{
    json_t *value = may(object, key);
    return value ? as_bool(value, key, out, err) : 0;
}

static int as_string(const json_t *value, const char *key, size_t most, const char **out,
                     cairn_error *err)
{
    if (!json_is_string(value))
        return wrong_type(value, key, "a string", err);
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    if (len > most)
        return cairn_fail(err, EINVAL, "\"%s\" has %zu bytes, more than %zu", key, len, most);
    if (strlen(text) != len)
        return cairn_fail(err, EINVAL, "\"%s\" has a NUL inside", key);
    *out = text;
    return 0;
}

int json_need_string(const json_t *object, const char *key, size_t most, const char **out,
                     cairn_error *err)
{
    json_t *value;
    int rc = need(object, key, &value, err);
    return rc != 0 ? rc : as_string(value, key, most, out, err);
}

int json_may_string(const json_t *object, const char *key, size_t most, const char **out,
                    cairn_error *err)
{
    json_t *value = may(object, key);
    return value ? as_string(value, key, most, out, err) : 0;
}

static int as_array(json_t *value, const char *key, size_t most, json_t **out, cairn_error *err)
{
    if (!json_is_array(value))
        return wrong_type(value, key, "an array", err);
    if (json_array_size(value) > most)
        return cairn_fail(err, EINVAL, "\"%s\" has %zu elements, more than %zu", key,
                          json_array_size(value), most);
    *out = value;
    return 0;
}

int json_need_array(const json_t *object, const char *key, size_t most, json_t **out,
                    cairn_error *err)
{
    json_t *value;
    int rc = need(object, key, &value, err);
    return rc != 0 ? rc : as_array(value, key, most, out, err);
}

int json_may_array(const json_t *object, const char *key, size_t most, json_t **out,
                   cairn_error *err)
{
    json_t *value = may(object, key);
    return value ? as_array(value, key, most, out, err) : 0;
}

static int as_object(json_t *value, const char *key, json_t **out, cairn_error *err)
{
    if (!json_is_object(value))
        return wrong_type(value, key, "an object", err);
    *out = value;
    return 0;
}

int json_need_object(const json_t *object, const char *key, json_t **out, cairn_error *err)
{
    json_t *value;
    int rc = need(object, key, &value, err);
    return rc != 0 ? rc : as_object(value, key, out, err);
}

int json_may_object(const json_t *object, const char *key, json_t **out, cairn_error *err)
{
    json_t *value = may(object, key);
    return value ? as_object(value, key, out, err) : 0;
}
