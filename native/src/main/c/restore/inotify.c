#include "restore/inotify.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "restore/fd_store.h"

#define HIGHEST_WATCH 100000

int inotify_open_description(int64_t flags, int number, cairn_error *err)
{
    auto_close int fd = inotify_init1((flags & IN_NONBLOCK) | IN_CLOEXEC);
    return fd < 0 ? cairn_fail_errno(err, "making an inotify") : fd_store_place(fd, number, err);
}

/* Our own copy of a description that some process has. */
static int borrow(const struct restoration *r, size_t id, int *out, pid_t *pid, cairn_error *err)
{
    for (size_t i = 0; i < r->process_count; i++) {
        const struct restored_process *p = &r->processes[i];
        size_t k;
        const json_t *entry;
        json_array_foreach(json_object_get(p->json, "descriptors"), k, entry)
        {
            if (p->zombie ||
                json_integer_value(json_object_get(entry, "description")) != (json_int_t)id)
                continue;
            *pid = p->pid;
            auto_close int process = (int)syscall(SYS_pidfd_open, p->pid, 0);
            *out = (int)syscall(SYS_pidfd_getfd, process,
                                json_integer_value(json_object_get(entry, "fd")), 0);
            return *out < 0 ? cairn_fail_errno(err, "copying an inotify of pid %d", p->ns_pid) : 0;
        }
    }
    return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "an inotify that no process has open");
}

/* The numbers of watches only grow, so this uses up the numbers between two watches. */
static int use_up(int fd, int64_t count, cairn_error *err)
{
    char path[64], events[4096];
    struct pollfd ready = {fd, POLLIN, 0};
    auto_close int nothing = memfd_create("cairn", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", nothing);
    for (int64_t i = 0; i < count; i++) {
        int wd = inotify_add_watch(fd, path, IN_DELETE_SELF);
        if (wd < 0 || inotify_rm_watch(fd, wd) < 0)
            return cairn_fail_errno(err, "making a watch");
        while (poll(&ready, 1, 0) > 0 && read(fd, events, sizeof events) > 0) {
        }
    }
    return 0;
}

static int add_watch(pid_t pid, int fd, const json_t *watch, int64_t *next, cairn_error *err)
{
    const char *path;
    char here[PATH_MAX + 64];
    int64_t wd, mask;
    int rc = json_need_int(watch, "wd", *next, HIGHEST_WATCH, &wd, err);
    if (rc == 0)
        rc = json_need_int(watch, "mask", 0, UINT32_MAX, &mask, err);
    if (rc == 0)
        rc = json_need_string(watch, "path", PATH_MAX, &path, err);
    if (rc == 0)
        rc = use_up(fd, wd - *next, err);
    if (rc != 0)
        return rc;
    *next = wd + 1;
    snprintf(here, sizeof here, "/proc/%d/root%s", pid, path);
    int got = inotify_add_watch(fd, here, (uint32_t)mask | IN_DONT_FOLLOW);
    if (got < 0)
        return cairn_fail_errno(err, "watching %s, which the step watched", path);
    return got == wd
               ? 0
               : cairn_fail(err, CAIRN_EUNSUPPORTED,
                            "%s, which the step watched, is now the same as another path", path);
}

static int64_t number_of(const void *watch)
{
    return json_integer_value(json_object_get(*(json_t *const *)watch, "wd"));
}

static int ascending(const void *a, const void *b)
{
    return number_of(a) < number_of(b) ? -1 : number_of(a) > number_of(b);
}

static int restore_one(const struct restoration *r, size_t id, const json_t *watches,
                       cairn_error *err)
{
    size_t count = json_array_size(watches);
    auto_free json_t **sorted = calloc(count + 1, sizeof *sorted);
    auto_close int fd = -1;
    int64_t next = 1;
    pid_t pid = 0;
    if (!sorted)
        return cairn_fail(err, ENOMEM, "out of memory restoring an inotify");
    for (size_t i = 0; i < count; i++)
        sorted[i] = json_array_get(watches, i);
    qsort(sorted, count, sizeof *sorted, ascending);
    int rc = borrow(r, id, &fd, &pid, err);
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = add_watch(pid, fd, sorted[i], &next, err);
    return rc;
}

int inotify_restore_watches(const struct restoration *r, cairn_error *err)
{
    size_t id;
    const json_t *json;
    int rc = 0;
    json_array_foreach(json_object_get(r->meta, "descriptions"), id, json)
    {
        if (rc == 0 && description_is_kind(json, "inotify") &&
            json_array_size(json_object_get(json, "watches")) > 0)
            rc = restore_one(r, id, json_object_get(json, "watches"), err);
    }
    return rc;
}
