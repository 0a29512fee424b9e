/* File names as JSON text. A file name is bytes, but JSON is UTF-8. So '%' and control characters
 * are written %XX, and in a name that is not UTF-8 also every byte from 0x80 on. */
#ifndef CAIRN_ROLLBACK_NAMES_H
#define CAIRN_ROLLBACK_NAMES_H

#include <jansson.h>
#include <stdbool.h>

#include "rollback/arena.h"

/* NULL when memory is out. */
json_t *rb_name_encode(const char *name);
/* Decodes it; NULL if the text is not in this form, or when out of memory. */
char *rb_name_decode(struct rb_arena *arena, const char *text);

/* Whether it is a relative path that stays below its base: no empty, "." or ".." component, shorter
 * than PATH_MAX.
 */
bool rb_path_is_plain(const char *path);
/* Whether path is `folder` itself or lies below it. */
bool rb_path_within(const char *path, const char *folder);

#endif
