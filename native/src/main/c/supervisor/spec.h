/* Reads spec.json, the order to a supervisor (native/docs/supervisor.md). */
#ifndef CAIRN_SUPERVISOR_SPEC_H
#define CAIRN_SUPERVISOR_SPEC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"
#include "common/path_map.h"

#define CHECKPOINT_AUTO 0
#define CHECKPOINT_NEVER (-1)

/* For a program that saves its own state. */
struct app_spec {
    int signal;         /* signal that asks it to save; 0 if it saves on its own schedule */
    const char **files; /* relative to cwd, NULL-terminated; none of them leads out of cwd */
    char **resume_argv; /* NULL repeats argv */
    int64_t settle_ms;
};

/* How other hosts are kept from running the step as well. The supervisor renews the lease every
 * renew_ms. It freezes the step when that has failed for freeze_ms. Another supervisor takes the
 * lease when it has not been renewed for take_ms.
 */
struct lease_spec {
    int64_t renew_ms, freeze_ms, take_ms; /* 0 < renew < freeze < take */
};

struct spec {
    json_t *document; /* owns every text below */
    const char *engine;
    char **argv;
    const char *cwd;
    mode_t umask;
    bool baseline_cpu;
    const char *stdin_path, *stdout_path, *stderr_path;
    bool pty;
    unsigned short rows, cols;
    const char *checkpoints;
    int64_t every_ms; /* > 0, CHECKPOINT_AUTO or CHECKPOINT_NEVER */
    int64_t mtbf_ms;
    int keep; /* >= 1 */
    int compression;
    uint64_t min_free;
    int64_t before_timeout_ms; /* 0 for none */
    bool keep_binaries;
    uint64_t journal;   /* bytes that the journal may keep; 0: no journal */
    bool io_uring;      /* the step may use it */
    int64_t timeout_ms; /* 0 for none */
    int64_t spent_ms, grace_ms;
    bool rollback_open;
    const char **rollback_trees; /* NULL-terminated */
    const char *restore_image;   /* NULL starts from the beginning */
    struct path_map moved;       /* restore.map: where recorded paths lead now */
    bool accept_changed;         /* also undoes what others changed */
    json_t *renewals;            /* see tree_spec */
    bool detach;
    bool has_lease;
    struct lease_spec lease;
    bool has_app;
    struct app_spec app;
};

CAIRN_CHECKED int spec_read(int attempt_fd, struct spec *out, cairn_error *err);
void spec_free(struct spec *s);

#endif
