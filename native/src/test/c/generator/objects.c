/* The objects of one process. */
#include "objects.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_OBJECTS 64

static struct object objects[MOST_OBJECTS];
static uint32_t members[MOST_OBJECTS]; /* who made it */
static size_t count;

uint64_t random_of(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15ull;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    return x ^ x >> 31;
}

uint64_t random_from(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t state = a * 0x9e3779b97f4a7c15ull ^ b << 32 ^ c;
    random_of(&state);
    return random_of(&state);
}

uint32_t pick(struct object *o, uint32_t below)
{
    return below ? (uint32_t)(random_of(&o->random) % below) : 0;
}

bool chance(struct object *o, uint32_t percent)
{
    return pick(o, 100) < percent;
}

int keep(struct object *o, int fd)
{
    note(o, "descriptor", fd < 0 ? -1 : 0);
    if (fd >= 0 && o->fd_count < OBJECT_FDS)
        o->fds[o->fd_count++] = fd;
    return fd;
}

void say(const struct object *o, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    observe("object.%d.%d.%s %s", o->node, o->index, o->kind->name, text);
}

long note(struct object *o, const char *call, long rc)
{
    if (rc < 0)
        say(o, "%s: %s", call, strerrorname_np(errno));
    return rc;
}

const char *name_of(const struct object *o, const char *suffix)
{
    static char name[128];
    snprintf(name, sizeof name, "x.%d.%d.%s", o->node, o->index, suffix);
    return name;
}

void *place_of(const struct object *o)
{
    uint64_t number = (uint64_t)o->node * MOST_OBJECTS + (uint64_t)o->index;
    return (void *)(OBSERVED_MEMORY_START + (number << 24));
}

const uint8_t *bytes_of(const struct object *o, uint32_t number, size_t len)
{
    static uint8_t bytes[1 << 16];
    uint64_t state = random_from((uint64_t)o->node, (uint64_t)o->index, number);
    for (size_t i = 0; i < len; i += 8) {
        uint64_t word = random_of(&state);
        memcpy(bytes + i, &word, 8);
    }
    return bytes;
}

struct object *earlier_object(struct object *o)
{
    size_t own = (size_t)(o - objects);
    return own ? &objects[pick(o, (uint32_t)own)] : NULL;
}

static bool listed(const char *list, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = list; (at = strstr(at, name)); at += len)
        if ((at == list || at[-1] == ',') && (at[len] == ',' || at[len] == '\0'))
            return true;
    return false;
}

static const struct kind *kind_named(const char *name)
{
    for (const struct kind *k = __start_kinds; k < __stop_kinds; k++)
        if (strcmp(k->name, name) == 0)
            return k;
    fprintf(stderr, "no kind %s\n", name);
    exit(2);
}

static uint64_t hash_of_name(const char *name)
{
    uint64_t hash = 5381;
    while (*name)
        hash = hash * 33 + (uint8_t)*name++;
    return hash;
}

/* The kind that scores highest, so that a new or a left out kind changes no other choice. */
static const struct kind *choose_kind(uint64_t random, const char *without)
{
    const struct kind *best = NULL;
    uint64_t highest = 0;
    for (const struct kind *k = __start_kinds; k < __stop_kinds; k++) {
        uint64_t score = random_from(random, hash_of_name(k->name), 1);
        if (score >= highest && !listed(without, k->name)) {
            highest = score;
            best = k;
        }
    }
    return best;
}

void objects_make(const struct choice *choice, int node, int index, uint32_t member,
                  const char *named)
{
    char name[32];
    snprintf(name, sizeof name, "%d.%d", node, index);
    if (count == MOST_OBJECTS || listed(choice->dropped, name))
        return;
    uint64_t random = random_from(choice->seed, (uint64_t)node, (uint64_t)index);
    const struct kind *kind = named ? kind_named(named) : choose_kind(random, choice->without);
    struct object *o = &objects[count];
    *o = (struct object){.kind = kind, .random = random, .node = node, .index = index};
    members[count++] = member;
    say(o, "is made");
    kind->make(o);
    for (int i = 0; i < o->fd_count; i++)
        say(o, "has %d", o->fds[i]);
}

void objects_forget_members(void)
{
    memset(members, 0xff, sizeof members);
}

void objects_act(uint32_t member)
{
    for (size_t i = 0; i < count; i++)
        if (members[i] == member && objects[i].kind->act)
            objects[i].kind->act(&objects[i]);
}

void objects_drain(uint32_t member)
{
    for (size_t i = 0; i < count; i++) {
        struct object *o = &objects[i];
        if (members[i] != member)
            continue;
        if (o->kind->drain)
            o->kind->drain(o);
        for (int k = 0; k < o->fd_count; k++)
            observe_by_draining(o->fds[k]);
    }
}
