#include "supervisor/spec.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"

#define SPEC_NAME "spec.json"
#define SPEC_VERSION 1
#define SPEC_LIMIT (16u << 20)
#define PATH_LIMIT 65536
#define LONGEST_MS (1000LL * 366 * 24 * 3600 * 1000)

static int complain(cairn_error *err, const char *key, const char *what)
{
    return cairn_fail(err, EINVAL, "%s %s", key, what);
}

/* Returns the texts of an array, borrowed, as a NULL-terminated vector that the caller frees. */
static int read_texts(json_t *array, const char *key, size_t at_least, const char ***out,
                      cairn_error *err)
{
    if (!json_is_array(array) || json_array_size(array) < at_least)
        return complain(err, key, "must be a list of texts");
    const char **texts = calloc(json_array_size(array) + 1, sizeof *texts);
    if (!texts)
        return cairn_fail(err, ENOMEM, "out of memory");
    size_t i;
    json_t *item;
    json_array_foreach(array, i, item)
    {
        texts[i] = json_string_value(item);
        if (!texts[i]) {
            free(texts);
            return complain(err, key, "must be a list of texts");
        }
    }
    *out = texts;
    return 0;
}

static int parse_signal(const char *name, int *out, cairn_error *err)
{
    for (int signo = 1; name && signo < NSIG; signo++) {
        const char *abbreviation = sigabbrev_np(signo);
        if (abbreviation && strcmp(abbreviation, name) == 0) {
            *out = signo;
            return 0;
        }
    }
    return name ? complain(err, "app.signal", "must be a signal's name without SIG, such as TERM")
                : 0;
}

static bool leads_out(const char *path)
{
    if (path[0] == '/' || path[0] == '\0')
        return true;
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return true;
    }
    return false;
}

static int read_app(const json_t *document, struct spec *s, cairn_error *err)
{
    json_t *app = NULL;
    const char *signal_name = NULL;
    int rc = json_may_object(document, "app", &app, err);
    s->has_app = app != NULL;
    if (rc != 0 || !app)
        return rc;
    json_t *resume = json_object_get(app, "resume_argv");
    rc = json_need_int(app, "settle_ms", 0, LONGEST_MS, &s->app.settle_ms, err);
    if (rc == 0)
        rc = json_may_string(app, "signal", 20, &signal_name, err);
    if (rc == 0)
        rc = parse_signal(signal_name, &s->app.signal, err);
    if (rc == 0)
        rc = read_texts(json_object_get(app, "files"), "app.files", 1, &s->app.files, err);
    if (rc == 0 && resume && !json_is_null(resume))
        rc = read_texts(resume, "app.resume_argv", 1, (const char ***)&s->app.resume_argv, err);
    for (size_t i = 0; rc == 0 && s->app.files[i]; i++)
        if (leads_out(s->app.files[i]))
            rc = complain(err, "app.files", "must be relative and stay inside the working folder");
    return rc;
}

static int read_terminal(const json_t *document, struct spec *s, cairn_error *err)
{
    json_t *pty = NULL;
    int64_t rows = 0, cols = 0;
    int rc = json_may_object(document, "pty", &pty, err);
    s->pty = pty != NULL;
    if (rc == 0 && s->pty)
        rc = json_need_int(pty, "rows", 1, 10000, &rows, err);
    if (rc == 0 && s->pty)
        rc = json_need_int(pty, "cols", 1, 10000, &cols, err);
    s->rows = (unsigned short)rows;
    s->cols = (unsigned short)cols;
    return rc;
}

static int read_policy(const json_t *document, struct spec *s, cairn_error *err)
{
    json_t *policy;
    int64_t keep = 0, compression = 0;
    int rc = json_need_object(document, "checkpoint", &policy, err);
    if (rc == 0)
        rc = json_need_int(policy, "every_ms", CHECKPOINT_NEVER, LONGEST_MS, &s->every_ms, err);
    if (rc == 0)
        rc = json_need_int(policy, "mtbf_ms", 1, LONGEST_MS, &s->mtbf_ms, err);
    if (rc == 0)
        rc = json_need_int(policy, "keep", 1, 1000000, &keep, err);
    if (rc == 0)
        rc = json_need_int(policy, "compression", 0, 22, &compression, err);
    int64_t journal = 0;
    if (rc == 0 && json_object_get(policy, "journal"))
        rc = json_need_int(policy, "journal", 0, INT64_MAX, &journal, err);
    s->journal = (uint64_t)journal;
    if (rc == 0)
        rc = json_need_u64(policy, "min_free", &s->min_free, err);
    if (rc == 0)
        rc = json_need_int(policy, "before_timeout_ms", 0, LONGEST_MS, &s->before_timeout_ms, err);
    if (rc == 0)
        rc = json_may_bool(policy, "keep_binaries", &s->keep_binaries, err);
    if (rc == 0)
        rc = json_may_bool(policy, "io_uring", &s->io_uring, err);
    s->keep = (int)keep;
    s->compression = (int)compression;
    return rc;
}

static int read_times(const json_t *document, struct spec *s, cairn_error *err)
{
    int rc = json_need_int(document, "timeout_ms", 0, LONGEST_MS, &s->timeout_ms, err);
    if (rc == 0)
        rc = json_need_int(document, "spent_ms", 0, LONGEST_MS, &s->spent_ms, err);
    if (rc == 0)
        rc = json_need_int(document, "grace_ms", 0, LONGEST_MS, &s->grace_ms, err);
    return rc;
}

static int read_rollback(const json_t *document, struct spec *s, cairn_error *err)
{
    json_t *rollback;
    int rc = json_need_object(document, "rollback", &rollback, err);
    if (rc == 0)
        rc = json_need_bool(rollback, "open", &s->rollback_open, err);
    if (rc == 0)
        rc = read_texts(json_object_get(rollback, "trees"), "rollback.trees", 0, &s->rollback_trees,
                        err);
    return rc;
}

static int read_command(const json_t *document, struct spec *s, cairn_error *err)
{
    int64_t mask = 0;
    const char *cpu = "native";
    int rc = json_need_string(document, "engine", 100, &s->engine, err);
    if (rc == 0)
        rc =
            read_texts(json_object_get(document, "argv"), "argv", 1, (const char ***)&s->argv, err);
    if (rc == 0)
        rc = json_need_string(document, "cwd", PATH_LIMIT, &s->cwd, err);
    if (rc == 0)
        rc = json_need_int(document, "umask", 0, 0777, &mask, err);
    if (rc == 0)
        rc = json_may_string(document, "cpu", 20, &cpu, err);
    s->baseline_cpu = strcmp(cpu, "baseline") == 0;
    if (rc == 0 && !s->baseline_cpu && strcmp(cpu, "native") != 0)
        rc = complain(err, "cpu", "must be native or baseline");
    if (rc == 0)
        rc = json_need_bool(document, "detach", &s->detach, err);
    s->umask = (mode_t)mask;
    return rc;
}

/* Only a terminal can replace stdin and stderr. */
static int read_streams(const json_t *document, struct spec *s, cairn_error *err)
{
    int rc = read_terminal(document, s, err);
    if (rc == 0)
        rc = json_need_string(document, "stdout", PATH_LIMIT, &s->stdout_path, err);
    if (rc == 0 && !s->pty)
        rc = json_need_string(document, "stdin", PATH_LIMIT, &s->stdin_path, err);
    if (rc == 0 && !s->pty)
        rc = json_need_string(document, "stderr", PATH_LIMIT, &s->stderr_path, err);
    return rc;
}

static int read_renewals(const json_t *document, struct spec *s, cairn_error *err)
{
    const char *name;
    json_t *renewal;
    int rc = json_may_object(document, "renew", &s->renewals, err);
    json_object_foreach(rc == 0 ? s->renewals : NULL, name, renewal)
    {
        auto_free const char **was = NULL;
        if (!json_string_value(json_object_get(renewal, "now")))
            return complain(err, "renew", "must say `now` of each variable");
        rc = read_texts(json_object_get(renewal, "was"), "renew.was", 1, &was, err);
        if (rc != 0)
            return rc;
    }
    return rc;
}

static bool is_folder_path(const char *path)
{
    return path && path[0] == '/' && path[1] && path[strlen(path) - 1] != '/';
}

static int read_map(const json_t *restore, struct path_map *out, cairn_error *err)
{
    size_t i;
    json_t *list = NULL, *pair;
    int rc = json_may_array(restore, "map", PATH_MAP_MOST, &list, err);
    json_array_foreach(rc == 0 ? list : NULL, i, pair)
    {
        const char *from = json_string_value(json_array_get(pair, 0)),
                   *to = json_string_value(json_array_get(pair, 1));
        if (!is_folder_path(from) || !is_folder_path(to) || !path_map_add(out, from, to))
            return complain(err, "restore.map", "must be pairs of absolute paths");
    }
    return rc;
}

static int read_images(const json_t *document, struct spec *s, cairn_error *err)
{
    json_t *restore = NULL;
    int rc = json_need_string(document, "checkpoints", PATH_LIMIT, &s->checkpoints, err);
    if (rc == 0)
        rc = json_may_object(document, "restore", &restore, err);
    if (rc == 0 && restore)
        rc = json_need_string(restore, "image", PATH_LIMIT, &s->restore_image, err);
    if (rc == 0 && restore)
        s->accept_changed = json_is_true(json_object_get(restore, "accept_changed"));
    return rc == 0 && restore ? read_map(restore, &s->moved, err) : rc;
}

static int read_lease(const json_t *document, struct spec *s, cairn_error *err)
{
    json_t *lease = NULL;
    int rc = json_may_object(document, "lease", &lease, err);
    s->has_lease = lease != NULL;
    if (rc != 0 || !lease)
        return rc;
    rc = json_need_int(lease, "renew_ms", 1, INT32_MAX, &s->lease.renew_ms, err);
    if (rc == 0)
        rc = json_need_int(lease, "freeze_ms", s->lease.renew_ms + 1, INT32_MAX,
                           &s->lease.freeze_ms, err);
    if (rc == 0)
        rc = json_need_int(lease, "take_ms", s->lease.freeze_ms + 1, INT32_MAX, &s->lease.take_ms,
                           err);
    return rc;
}

static int read_all(const json_t *document, struct spec *s, cairn_error *err)
{
    int (*const parts[])(const json_t *, struct spec *, cairn_error *) = {
        read_command,  read_streams, read_images, read_policy,   read_times,
        read_rollback, read_lease,   read_app,    read_renewals,
    };
    int64_t version;
    int rc = json_need_int(document, "version", SPEC_VERSION, SPEC_VERSION, &version, err);
    for (size_t i = 0; rc == 0 && i < sizeof parts / sizeof *parts; i++)
        rc = parts[i](document, s, err);
    return rc;
}

int spec_read(int attempt_fd, struct spec *out, cairn_error *err)
{
    struct spec s = {0};
    int rc = json_read_object(attempt_fd, SPEC_NAME, SPEC_LIMIT, &s.document, err);
    if (rc != 0)
        return rc;
    rc = read_all(s.document, &s, err);
    if (rc != 0) {
        spec_free(&s);
        return cairn_fail_within(err, rc, SPEC_NAME);
    }
    *out = s;
    return 0;
}

void spec_free(struct spec *s)
{
    free(s->argv);
    free(s->rollback_trees);
    free(s->app.files);
    free(s->app.resume_argv);
    json_decref(s->document);
    *s = (struct spec){0};
}
