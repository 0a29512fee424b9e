#include "rollback/names.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

static json_t *encode(const char *name, bool escape_high)
{
    static const char digits[] = "0123456789ABCDEF";
    auto_free char *text = malloc(strlen(name) * 3 + 1);
    if (!text)
        return NULL;
    char *t = text;
    for (const char *n = name; *n; n++) {
        unsigned char c = (unsigned char)*n;
        if (c < 0x20 || c == 0x7f || c == '%' || (c >= 0x80 && escape_high)) {
            *t++ = '%';
            *t++ = digits[c >> 4];
            *t++ = digits[c & 15];
        } else {
            *t++ = (char)c;
        }
    }
    *t = '\0';
    return json_string(text);
}

json_t *rb_name_encode(const char *name)
{
    json_t *text = encode(name, false);
    return text ? text : encode(name, true);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

char *rb_name_decode(struct rb_arena *arena, const char *text)
{
    char *name = rb_arena_text(arena, text);
    if (!name)
        return NULL;
    char *n = name;
    for (const char *t = text; *t; t++) {
        if (*t != '%') {
            *n++ = *t;
            continue;
        }
        int high = hex_value(t[1]);
        int low = high < 0 ? -1 : hex_value(t[2]);
        if (low < 0 || (high == 0 && low == 0))
            return NULL;
        *n++ = (char)(high << 4 | low);
        t += 2;
    }
    *n = '\0';
    return name;
}

bool rb_path_is_plain(const char *path)
{
    if (strlen(path) >= PATH_MAX)
        return false;
    for (const char *p = path;; p++) {
        size_t len = strcspn(p, "/");
        if (len == 0 || len > NAME_MAX || (len == 1 && p[0] == '.') ||
            (len == 2 && p[0] == '.' && p[1] == '.'))
            return false;
        p += len;
        if (!*p)
            return true;
    }
}

bool rb_path_within(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    return strncmp(path, folder, len) == 0 && (path[len] == '\0' || path[len] == '/');
}
