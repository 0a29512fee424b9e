#include "supervisor/attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/process.h"

typedef int publisher(int dirfd, const char *name, const void *data, size_t len, cairn_error *err);

static int publish_json(publisher *publish, int dirfd, const char *name, json_t *json,
                        cairn_error *err)
{
    auto_free char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    if (!text)
        return cairn_fail(err, ENOMEM, "out of memory writing %s", name);
    return publish(dirfd, name, text, strlen(text), err);
}

/* -EEXIST if the attempt had a supervisor before, or if a runner has stopped waiting and closed it.
 */
static int publish_supervisor(int dirfd, cairn_error *err)
{
    struct process_identity self;
    char boot_id[BOOT_ID_BYTES];
    uint64_t pid_ns = 0;
    int rc = process_identify(getpid(), &self, err);
    if (rc == 0)
        rc = process_pid_space(boot_id, &pid_ns, err);
    if (rc != 0)
        return rc;
    return publish_json(io_publish_new_file, dirfd, "supervisor.json",
                        json_pack("{s:i, s:I, s:s, s:I}", "pid", self.pid, "start_time",
                                  (json_int_t)self.start_time, "boot_id", boot_id, "pid_ns",
                                  (json_int_t)pid_ns),
                        err);
}

int attempt_open(const char *path, struct attempt *out, cairn_error *err)
{
    auto_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return cairn_fail_errno(err, "the attempt's folder %s", path);
    auto_close int journal =
        openat(fd, "images.jsonl", O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (journal < 0)
        return cairn_fail_errno(err, "%s/images.jsonl", path);
    int rc = publish_supervisor(fd, err);
    if (rc == -EEXIST)
        return cairn_fail(err, EEXIST, "%s was supervised before; an attempt has one supervisor",
                          path);
    if (rc != 0)
        return rc;
    clock_utc_text(out->started_at);
    out->fd = steal_fd(&fd);
    out->journal = steal_fd(&journal);
    return 0;
}

int attempt_journal(const struct attempt *a, const json_t *line, cairn_error *err)
{
    auto_free char *text = json_dumps(line, JSON_COMPACT);
    if (!text)
        return cairn_fail(err, ENOMEM, "out of memory writing images.jsonl");
    return io_append_line(a->journal, text, "images.jsonl", err);
}

static json_t *integer_or_null(bool present, int64_t value)
{
    return present ? json_integer(value) : json_null();
}

int attempt_publish_end(const struct attempt *a, const struct attempt_end *end, cairn_error *err)
{
    char at[UTC_TEXT_BYTES];
    clock_utc_text(at);
    /* A message may quote a path that is not UTF-8. Then the message is left out, but the end is
     * recorded.
     */
    json_t *message = json_string(end->message);
    return publish_json(
        io_publish_file, a->fd, "exit.json",
        json_pack("{s:s, s:o, s:o, s:s, s:s, s:I, s:o, s:o}", "cause", cause_name(end->cause),
                  "exit_code", integer_or_null(end->exit_code >= 0, end->exit_code), "signal",
                  integer_or_null(end->signal > 0, end->signal), "at", at, "started_at",
                  a->started_at, "running_ms", (json_int_t)end->running_ms, "message",
                  message ? message : json_string(""), "image",
                  integer_or_null(end->image >= 0, end->image)),
        err);
}

int attempt_open_undone(const struct attempt *a, int *out, cairn_error *err)
{
    if (mkdirat(a->fd, "undone", 0700) < 0 && errno != EEXIST)
        return cairn_fail_errno(err, "making the attempt's folder undone");
    *out = openat(a->fd, "undone", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *out < 0 ? cairn_fail_errno(err, "opening the attempt's folder undone") : 0;
}

static bool is_of(const char *path, const char *log)
{
    return log && strstr(path, log);
}

void attempt_count_undone(const struct attempt *a, const char *const logs[2], uint64_t *files,
                          uint64_t *bytes)
{
    char path[48];
    char *const paths[] = {path, NULL};
    *files = *bytes = 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d/undone", a->fd);
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    for (FTSENT *entry; walk && (entry = fts_read(walk));)
        if (entry->fts_info != FTS_D && entry->fts_info != FTS_DP &&
            !is_of(entry->fts_path, logs[0]) && !is_of(entry->fts_path, logs[1])) {
            ++*files;
            *bytes += entry->fts_info == FTS_F ? (uint64_t)entry->fts_statp->st_size : 0;
        }
    if (walk)
        fts_close(walk);
}
