#include "journal/marks.h"

#include <stdlib.h>
#include <string.h>

/* A slot without marks is marked so, to remain part of its hash chain. */
#define PRESENT (1u << 31)

struct rb_digest marks_inode(uint64_t dev, uint64_t ino, int64_t born)
{
    const uint64_t all[3] = {dev, ino, (uint64_t)born};
    return rb_digest_bytes(all, sizeof all);
}

struct rb_digest marks_name(struct rb_digest folder, const char *name)
{
    char bytes[sizeof folder + 256];
    size_t len = strnlen(name, 255);
    memcpy(bytes, &folder, sizeof folder);
    memcpy(bytes + sizeof folder, name, len);
    return rb_digest_bytes(bytes, sizeof folder + len);
}

static size_t slot_of(const struct marks *m, struct rb_digest key)
{
    size_t i = key.low & (m->room - 1);
    while (m->values[i] && !rb_digest_equal(m->keys[i], key))
        i = (i + 1) & (m->room - 1);
    return i;
}

uint32_t marks_get(const struct marks *m, struct rb_digest key)
{
    return m->room ? m->values[slot_of(m, key)] & ~PRESENT : 0;
}

static bool grow(struct marks *m)
{
    struct marks larger = {.room = m->room ? m->room * 2 : 1024};
    larger.keys = calloc(larger.room, sizeof *larger.keys);
    larger.values = calloc(larger.room, sizeof *larger.values);
    if (!larger.keys || !larger.values) {
        free(larger.keys);
        free(larger.values);
        return false;
    }
    for (size_t i = 0; i < m->room; i++)
        if (m->values[i]) {
            size_t to = slot_of(&larger, m->keys[i]);
            larger.keys[to] = m->keys[i];
            larger.values[to] = m->values[i];
            larger.count++;
        }
    marks_free(m);
    *m = larger;
    return true;
}

bool marks_change(struct marks *m, struct rb_digest key, uint32_t add, uint32_t remove)
{
    if (m->count * 2 >= m->room && !grow(m))
        return false;
    size_t i = slot_of(m, key);
    if (!m->values[i]) {
        m->keys[i] = key;
        m->count++;
    }
    m->values[i] = ((m->values[i] | add) & ~remove) | PRESENT;
    return true;
}

void marks_free(struct marks *m)
{
    free(m->keys);
    free(m->values);
    *m = (struct marks){0};
}
