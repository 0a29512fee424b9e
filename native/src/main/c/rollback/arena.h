/* Memory for the names and lists of one record, which is freed all at once. */
#ifndef CAIRN_ROLLBACK_ARENA_H
#define CAIRN_ROLLBACK_ARENA_H

#include <stddef.h>

struct rb_block;
struct rb_arena {
    struct rb_block *newest;
};

/* Zeroed; NULL when memory is out. */
void *rb_arena_alloc(struct rb_arena *a, size_t size);
char *rb_arena_text(struct rb_arena *a, const char *text);
/* Joins "folder/name"; "name" if the folder is empty. */
char *rb_arena_join(struct rb_arena *a, const char *folder, const char *name);
void rb_arena_free(struct rb_arena *a);

#endif
