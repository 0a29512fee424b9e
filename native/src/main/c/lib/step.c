#include "lib/step_handle.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/json.h"
#include "lib/connection.h"

#define WHO_LIMIT 4096

/* The attempt's folder exists before the attempt is noted, but it becomes durable only together
 * with its supervisor. */
static int open_folder(const char *path, int *out, cairn_error *err)
{
    *out = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*out < 0 && errno == ENOENT)
        return cairn_fail(err, CAIRN_EGONE, "the attempt's folder %s is not there", path);
    return *out < 0 ? cairn_fail_errno(err, "the attempt's folder %s", path) : 0;
}

/* Closes an attempt without a supervisor for good: a supervisor that is still starting, after its
 * runner has died, finds this empty file in its place. The file is durable before we report it. */
static int give_up(int attempt_fd, cairn_error *err)
{
    auto_close int fd = openat(attempt_fd, "supervisor.json",
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST)
        return cairn_fail_errno(err, "giving up an attempt that was not started");
    return fsync(attempt_fd) == 0 ? 0 : cairn_fail_errno(err, "syncing the attempt's folder");
}

static int read_announcement(int attempt_fd, json_t **who, cairn_error *err)
{
    auto_free char *text = NULL;
    size_t len;
    int rc = io_read_file(attempt_fd, "supervisor.json", WHO_LIMIT, &text, &len, err);
    if (rc == -ENOENT) {
        rc = give_up(attempt_fd, err);
        if (rc == 0) /* closed by us, or a supervisor was faster */
            rc = io_read_file(attempt_fd, "supervisor.json", WHO_LIMIT, &text, &len, err);
    }
    if (rc == 0 && len == 0)
        return cairn_fail(err, CAIRN_EGONE, "the attempt was given up before it had a supervisor");
    return rc != 0 ? rc : json_parse_object(text, len, "supervisor.json", who, err);
}

/* Reads supervisor.json, if it was written on this boot. `here`: and in this pid namespace. */
static int read_supervisor(int attempt_fd, struct process_identity *out, bool *here,
                           cairn_error *err)
{
    json_auto_t *who = NULL;
    const char *boot_id;
    char own_boot_id[BOOT_ID_BYTES];
    uint64_t pid_ns, own_ns;
    int64_t pid, start_time;
    int rc = read_announcement(attempt_fd, &who, err);
    if (rc == 0)
        rc = json_need_string(who, "boot_id", BOOT_ID_BYTES, &boot_id, err);
    if (rc == 0)
        rc = json_need_u64(who, "pid_ns", &pid_ns, err);
    if (rc == 0)
        rc = json_need_int(who, "pid", 1, INT32_MAX, &pid, err);
    if (rc == 0)
        rc = json_need_int(who, "start_time", 0, INT64_MAX, &start_time, err);
    if (rc == 0)
        rc = process_pid_space(own_boot_id, &own_ns, err);
    if (rc != 0)
        return rc;
    if (strcmp(own_boot_id, boot_id) != 0)
        return cairn_fail(err, CAIRN_EGONE, "the attempt was supervised on another host or boot");
    *out = (struct process_identity){.pid = (pid_t)pid, .start_time = start_time};
    *here = own_ns == pid_ns;
    return 0;
}

static int open_supervisor(int attempt_fd, const struct process_identity *supervisor, bool here,
                           int *pidfd, cairn_error *err)
{
    if (here) {
        int rc = process_open(supervisor, pidfd, err);
        return rc == -CAIRN_EGONE
                   ? cairn_fail(err, CAIRN_EGONE, "the supervisor %d has ended", supervisor->pid)
                   : rc;
    }
    int rc = connection_find_peer(attempt_fd, pidfd, err);
    return rc == -CAIRN_EHELD
               ? cairn_fail(err, CAIRN_EHELD,
                            "its supervisor, pid %d in another pid namespace of this host (a "
                            "container?), lives: resume it there",
                            supervisor->pid)
               : rc;
}

int cairn_attach(const char *attempt_dir, cairn_step **out, cairn_error *err)
{
    auto_close int folder = -1;
    auto_close int pidfd = -1;
    struct process_identity supervisor;
    bool here = false;
    int rc = open_folder(attempt_dir, &folder, err);
    if (rc == 0)
        rc = read_supervisor(folder, &supervisor, &here, err);
    if (rc == 0)
        rc = open_supervisor(folder, &supervisor, here, &pidfd, err);
    if (rc != 0)
        return rc;
    cairn_step *step = malloc(sizeof *step);
    if (!step)
        return cairn_fail(err, ENOMEM, "out of memory");
    *step = (cairn_step){.attempt_fd = steal_fd(&folder),
                         .pidfd = steal_fd(&pidfd),
                         .lifeline = -1,
                         .supervisor = supervisor};
    *out = step;
    return 0;
}

void cairn_step_free(cairn_step *step)
{
    if (!step)
        return;
    cairn_cleanup_close(&step->attempt_fd);
    cairn_cleanup_close(&step->pidfd);
    cairn_cleanup_close(&step->lifeline);
    free(step);
}

int64_t cairn_step_pid(const cairn_step *step)
{
    return step->supervisor.pid;
}

int64_t cairn_step_start_time(const cairn_step *step)
{
    return step->supervisor.start_time;
}

int cairn_step_request(cairn_step *step, const char *json, int timeout_ms, char **answer,
                       cairn_error *err)
{
    int64_t deadline = timeout_ms < 0 ? INT64_MAX : connection_now_ms() + timeout_ms;
    auto_close int fd = -1;
    int rc = connection_open(step, deadline, &fd, err);
    return rc == 0 ? connection_ask(fd, json, deadline, answer, err) : rc;
}

int cairn_step_wait(cairn_step *step, int timeout_ms, cairn_error *err)
{
    auto_close int opened = -1;
    int rc = step->pidfd < 0 ? process_open(&step->supervisor, &opened, err) : 0;
    if (rc != 0)
        return rc == -CAIRN_EGONE ? 1 : rc;
    struct pollfd ended = {.fd = opened < 0 ? step->pidfd : opened, .events = POLLIN};
    int n = poll(&ended, 1, timeout_ms);
    if (n < 0 && errno != EINTR)
        return cairn_fail_errno(err, "waiting for the supervisor %d", step->supervisor.pid);
    return n > 0;
}
