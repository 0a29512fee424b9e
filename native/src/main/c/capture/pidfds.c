/* Finds the process that each pidfd refers to. */
#include <errno.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include "capture/objects.h"
#include "common/cleanup.h"

/* As in linux/pidfd.h since 6.15. */
struct exit_info {
    uint64_t mask, cgroup;
    uint32_t ids[11];
    int32_t exit_code;
};
_Static_assert(sizeof(struct exit_info) == 64, "the first version");
#define GET_INFO _IOWR(0xff, 11, struct exit_info)
#define INFO_EXIT 8u

/* A process that its parent has already reaped, identified by its inode. Kernels since 6.15 still
 * report its exit status. */
static int note_ended(const struct open_description *d, cairn_error *err)
{
    auto_close int fd = -1;
    struct exit_info info = {.mask = INFO_EXIT};
    int rc = description_borrow(d->pid, d->fd, &fd, err);
    if (rc != 0)
        return rc;
    json_object_del(d->json, "pid");
    json_object_set_new(d->json, "ended", json_integer((json_int_t)d->ino));
    if (ioctl(fd, GET_INFO, &info) == 0 && info.mask & INFO_EXIT)
        json_object_set_new(d->json, "exit_code", json_integer(info.exit_code));
    return 0;
}

static int find_zombie(const struct frozen *frozen, pid_t pid, pid_t *ns_pid, cairn_error *err)
{
    for (size_t i = 0; i < frozen->zombie_count; i++) {
        struct proc_status status;
        if (frozen->zombies[i] != pid)
            continue;
        int rc = proc_read_status(pid, pid, &status, err);
        *ns_pid = rc == 0 ? status.ns_pid : 0;
        return rc;
    }
    return 0;
}

static int note_target(const struct objects *o, const struct open_description *d,
                       const struct frozen *frozen, const struct captured_process *processes,
                       size_t count, cairn_error *err)
{
    pid_t pid = (pid_t)json_integer_value(json_object_get(d->json, "pid")), ns_pid = 0;
    struct proc_status status;
    if (pid < 0)
        return note_ended(d, err);
    if (pid == o->init)
        ns_pid = 1;
    for (size_t i = 0; i < count; i++)
        if (processes[i].pid == pid)
            ns_pid = processes[i].ns_pid;
    int rc = ns_pid ? 0 : find_zombie(frozen, pid, &ns_pid, err);
    if (rc != 0)
        return rc;
    if (!ns_pid && pid != 0 && proc_read_status(pid, pid, &status, NULL) == 0 && status.tgid != pid)
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "fd %d: a pidfd of a single thread, which this version does not save; "
                          "close it before the checkpoint",
                          d->fd);
    if (!ns_pid)
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "fd %d: a pidfd of a process outside of the step; close it before the "
                          "checkpoint",
                          d->fd);
    json_object_set_new(d->json, "pid", json_integer(ns_pid));
    return 0;
}

int capture_pidfds(const struct objects *o, const struct frozen *frozen,
                   const struct captured_process *processes, size_t count, cairn_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < o->description_count; i++)
        if (description_is(&o->descriptions[i], "pidfd"))
            rc = note_target(o, &o->descriptions[i], frozen, processes, count, err);
    return rc;
}
