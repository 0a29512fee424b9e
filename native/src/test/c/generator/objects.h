#ifndef CAIRN_TEST_GENERATOR_OBJECTS_H
#define CAIRN_TEST_GENERATOR_OBJECTS_H

#include "generator.h"

/* What is made, and what is left out. Lists are of names with commas between them. */
struct choice {
    uint64_t seed;
    const char *only;    /* a kind, alone in one process; NULL: a tree of all kinds */
    const char *without; /* kinds */
    const char *dropped; /* objects (NODE.INDEX) and processes (NODE) */
};

uint64_t random_from(uint64_t a, uint64_t b, uint64_t c);

/* Makes one of the kind `named`, or of one by chance. */
void objects_make(const struct choice *choice, int node, int index, uint32_t member,
                  const char *named);
/* After a fork: they stay, and their maker acts on them. */
void objects_forget_members(void);
void objects_act(uint32_t member);
void objects_drain(uint32_t member);

#endif
