/* Names as JSON text. A name is bytes, JSON is UTF-8: '%', control characters and, in a name that
 * is not UTF-8, every byte from 0x80 on are written %XX. */
#ifndef CAIRN_ROLLBACK_NAMES_H
#define CAIRN_ROLLBACK_NAMES_H

#include <jansson.h>
#include <stdbool.h>

#include "rollback/arena.h"

/* NULL when memory is out. */
json_t *rb_name_encode(const char *name);
/* NULL when it is not such text (or memory is out). */
char *rb_name_decode(struct rb_arena *arena, const char *text);

/* A relative path that stays where it is: no empty, "." or ".." component, shorter than PATH_MAX.
 */
bool rb_path_is_plain(const char *path);
/* Is path `folder` itself or below it? */
bool rb_path_within(const char *path, const char *folder);

#endif
