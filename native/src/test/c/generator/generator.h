/* Random process trees that hold random objects, made from a seed: the same from the same seed, as
 * far as a program can tell (observer/).
 *
 * A tree has members: the threads of its processes. They take turns, in the order in which they
 * were made, at what the test asks for: to observe, to act (each on the objects that it made), or
 * to take out all that waits. What an action gives is written down too. */
#ifndef CAIRN_TEST_GENERATOR_H
#define CAIRN_TEST_GENERATOR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "observer/observer.h"

#define OBJECT_FDS 6

struct object {
    const struct kind *kind;
    uint64_t random; /* state of its own source, so that others may be left out */
    int node, index; /* its name: the process that made it, and its number there */
    int fds[OBJECT_FDS], fd_count;
    pid_t child;
    uint8_t *memory; /* in a range of its own: place_of */
    size_t memory_len;
    uint64_t counts[4];
};

struct kind {
    const char *name;
    void (*make)(struct object *o);
    void (*act)(struct object *o);   /* NULL: lies idle */
    void (*drain)(struct object *o); /* NULL: its descriptors are drained */
};

#define KIND(title) KIND_(title, NULL, NULL)
#define ACTING_KIND(title) KIND_(title, act_##title, NULL)
#define ENDING_KIND(title) KIND_(title, NULL, drain_##title)
#define KIND_(title, act, drain)                                                                   \
    static void title(struct object *o);                                                           \
    __attribute__((used, section("kinds"), aligned(32))) static const struct kind kind_##title = { \
        #title, title, act, drain};                                                                \
    static void title(struct object *o)
_Static_assert(sizeof(struct kind) == 32, "linkers place them without gaps");

extern const struct kind __start_kinds[], __stop_kinds[];

uint64_t random_of(uint64_t *state);
uint32_t pick(struct object *o, uint32_t below);
bool chance(struct object *o, uint32_t percent);

/* Keeps a descriptor (or -1, which is noted with its errno) as the object's. Gives it back. */
int keep(struct object *o, int fd);
/* Notes a call that may fail on some host: its result is part of what is compared. */
long note(struct object *o, const char *call, long rc);
void say(const struct object *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A file name of its own in the working folder, "x.NODE.INDEX.SUFFIX". Static. */
const char *name_of(const struct object *o, const char *suffix);
/* A range of addresses of its own, 16 MiB, that nothing else is mapped in. */
void *place_of(const struct object *o);
/* Bytes that differ everywhere, and for every object and number. Static, at most 64 KiB. */
const uint8_t *bytes_of(const struct object *o, uint32_t number, size_t len);

/* An object that was made before by the same process; NULL when there is none. */
struct object *earlier_object(struct object *o);

#endif
