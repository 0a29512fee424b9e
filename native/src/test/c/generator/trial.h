/* One generated step, lived through twice: undisturbed, and checkpointed on its way. */
#ifndef CAIRN_TEST_GENERATOR_TRIAL_H
#define CAIRN_TEST_GENERATOR_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* By how bad they are, the best first. */
enum outcome {
    SAME,
    REFUSED,      /* the checkpoint named what it cannot save, and all else is the same */
    FAILED,       /* the checkpoint failed, and did not say that it does not support something */
    DIFFERS,      /* the step came back, or went on, other than it was */
    UNRESTORABLE, /* an image was published that cannot be restored */
    HARMED,       /* the step ended or hung, having been checkpointed or restored */
    BROKEN,       /* it is not the same undisturbed, either: the generator's own fault */
    OUTCOMES
};

extern const char *const outcome_names[OUTCOMES];

struct trial {
    uint64_t seed;
    char only[64], without[8192], dropped[2048]; /* as generated(1) takes them */
    bool all;                                    /* what known-differences lists counts, too */
    bool verbose;                                /* prints each difference */
    enum outcome outcome;
    char message[1024];   /* of the worst: a refusal, or the first difference */
    char objects[64][96]; /* "NODE.INDEX KIND" of all that were made */
    size_t object_count;
    int checkpoints, restores;
};

/* allowed-differences or known-differences. */
const char *trial_list(const char *name);

/* Before the first: has the program where every user can start it. */
void trial_prepare(void);

/* Runs it in homes of its own, and fills in what came of it. */
void trial_run(struct trial *t);

/* Leaves out what the outcome does not need, one by one. */
void trial_minimise(struct trial *t);

#endif
