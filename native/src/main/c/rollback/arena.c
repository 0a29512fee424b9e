#include "rollback/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES (64u << 10)

struct rb_block {
    struct rb_block *older;
    size_t used, size;
    alignas(16) char bytes[];
};

void *rb_arena_alloc(struct rb_arena *a, size_t size)
{
    size = (size + 15) & ~(size_t)15;
    struct rb_block *b = a->newest;
    if (!b || b->size - b->used < size) {
        size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
        b = calloc(1, sizeof *b + room);
        if (!b)
            return NULL;
        b->size = room;
        b->older = a->newest;
        a->newest = b;
    }
    void *p = b->bytes + b->used;
    b->used += size;
    return p;
}

char *rb_arena_text(struct rb_arena *a, const char *text)
{
    return rb_arena_join(a, "", text);
}

char *rb_arena_join(struct rb_arena *a, const char *folder, const char *name)
{
    size_t f = strlen(folder), n = strlen(name), slash = f > 0;
    char *joined = rb_arena_alloc(a, f + slash + n + 1);
    if (!joined)
        return NULL;
    memcpy(joined, folder, f);
    if (slash)
        joined[f] = '/';
    memcpy(joined + f + slash, name, n);
    return joined;
}

void rb_arena_free(struct rb_arena *a)
{
    while (a->newest) {
        struct rb_block *b = a->newest;
        a->newest = b->older;
        free(b);
    }
}
