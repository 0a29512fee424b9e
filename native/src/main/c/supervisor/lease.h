/* The lease: a file in the folder of images that says who supervises the step, for hosts that do
 * not see each other's processes. Its owner renews it by setting the modification time. A
 * supervisor that wants to take it watches that time by its own clock. */
#ifndef CAIRN_SUPERVISOR_LEASE_H
#define CAIRN_SUPERVISOR_LEASE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "supervisor/spec.h"

struct lease {
    const struct lease_spec *times; /* NULL without a lease: then it always counts as held */
    const char *attempt;            /* its folder, for people */
    const char *path;               /* of the folder of images */
    int folder;                     /* -1 until it is taken */
    int images_fd;                  /* the folder by the name that others use */
    char *text;                     /* what the file says while we hold the lease */
    pthread_t renewer;
    int check_fd;            /* eventfd: makes the renewer check now */
    int checked_fd;          /* eventfd: the renewer has looked */
    atomic_llong renewed_at; /* clock_boot_ms() at the beginning of the last success */
    atomic_bool step_frozen; /* the step is frozen, so an expired lease can be checked */
    atomic_int recreated;    /* how often the lease had been removed */
    atomic_bool released;    /* the renewer, which may hang, must not make the file again */
    atomic_bool lost; /* another supervisor has the lease, or may have had it: see why_lost */
    char why_lost[600];
};

/* Waits until no supervisor on another host renews it (CAIRN_EHELD, naming who does), takes it, and
 * waits until a former owner must have noticed. The caller has already waited for an owner on this
 * host. `ran_elsewhere`: another host ran the step last and did not end properly; then a missing
 * lease was removed. */
CAIRN_CHECKED int lease_take(struct lease *l, int folder, const char *path, bool ran_elsewhere,
                             cairn_error *err);

/* From now on a thread renews the lease. The thread may hang while the folder cannot be reached. */
CAIRN_CHECKED int lease_start_renewing(struct lease *l, cairn_error *err);

/* For how long the lease has not been renewed; a sleep of the machine counts. */
int64_t lease_silent_ms(const struct lease *l);

/* Whether we hold the lease, and it has not expired. */
bool lease_is_held(const struct lease *l);

/* Whether the lease has been renewed since `asked` (clock_boot_ms()), so that the folder was
 * reachable. */
bool lease_was_renewed(const struct lease *l, int64_t asked);

/* Makes the renewer check the lease now, and tells it whether the step is frozen. An expired lease
 * is checked only while the step is frozen, because it may belong to another supervisor that runs a
 * second copy. */
void lease_check_now(struct lease *l, bool step_frozen);

/* Whether the file names us as owner, or no lease is used. */
bool lease_is_ours(const struct lease *l);

/* Removes the file if we hold the lease. */
void lease_release(struct lease *l);

#endif
