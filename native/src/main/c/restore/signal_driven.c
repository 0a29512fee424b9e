#include "restore/signal_driven.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "common/cleanup.h"
#include "common/json.h"

#define SIGNAL_LIMIT 64

/* An owner that has ended cannot be set again, and would have no effect. */
static int set_owner(struct restored_process *p, int64_t fd, const json_t *signals,
                     cairn_error *err)
{
    int64_t type, pid, signal;
    long unused;
    int rc = json_need_int(signals, "type", F_OWNER_TID, F_OWNER_PGRP, &type, err);
    if (rc == 0)
        rc = json_need_int(signals, "pid", 0, INT32_MAX, &pid, err);
    if (rc == 0)
        rc = json_need_int(signals, "signal", 0, SIGNAL_LIMIT, &signal, err);
    struct f_owner_ex owner = {.type = (int)type, .pid = (pid_t)pid};
    if (rc == 0 && pid != 0)
        rc = inject_write(&p->injector, p->injector.scratch, &owner, sizeof owner, err);
    if (rc == 0 && pid != 0)
        rc = inject(&p->injector, &unused, err, SYS_fcntl, (uint64_t)fd, F_SETOWN_EX,
                    p->injector.scratch, 0, 0, 0);
    if (rc == 0 && signal != 0)
        rc = inject_ok(&p->injector, "F_SETSIG", NULL, err, SYS_fcntl, (uint64_t)fd, F_SETSIG,
                       (uint64_t)signal, 0, 0, 0);
    return rc;
}

static int set_async(struct restored_process *p, int64_t fd, cairn_error *err)
{
    long flags;
    int rc = inject_ok(&p->injector, "F_GETFL", &flags, err, SYS_fcntl, (uint64_t)fd, F_GETFL, 0, 0,
                       0, 0);
    return rc != 0 ? rc
                   : inject_ok(&p->injector, "F_SETFL", NULL, err, SYS_fcntl, (uint64_t)fd, F_SETFL,
                               (uint64_t)flags | O_ASYNC, 0, 0, 0);
}

static int restore_one(struct restored_process *p, int64_t fd, const json_t *description,
                       cairn_error *err)
{
    const json_t *signals = json_object_get(description, "signals");
    int64_t flags;
    int rc = json_need_int(description, "flags", 0, INT32_MAX, &flags, err);
    if (rc == 0 && signals)
        rc = set_owner(p, fd, signals, err);
    if (rc == 0 && flags & O_ASYNC && !(flags & O_PATH))
        rc = set_async(p, fd, err);
    return rc != 0 ? cairn_fail_within(err, rc, "pid %d fd %lld", p->ns_pid, (long long)fd) : 0;
}

static int restore_those_of(const json_t *descriptions, struct restored_process *p, bool *done,
                            cairn_error *err)
{
    size_t i;
    const json_t *entry;
    int rc = 0;
    json_array_foreach(json_object_get(p->json, "descriptors"), i, entry)
    {
        int64_t fd, id;
        if (rc == 0)
            rc = json_need_int(entry, "fd", 0, INT32_MAX, &fd, err);
        if (rc == 0)
            rc = json_need_int(entry, "description", 0, (int64_t)json_array_size(descriptions) - 1,
                               &id, err);
        if (rc != 0 || done[id])
            continue;
        done[id] = true;
        rc = restore_one(p, fd, json_array_get(descriptions, (size_t)id), err);
    }
    return rc;
}

int signal_driven_restore(struct restoration *r, cairn_error *err)
{
    const json_t *descriptions = json_object_get(r->meta, "descriptions");
    auto_free bool *done = calloc(json_array_size(descriptions) + 1, sizeof *done);
    if (!done)
        return cairn_fail(err, ENOMEM, "out of memory restoring descriptors");
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->process_count; i++)
        if (!r->processes[i].zombie)
            rc = restore_those_of(descriptions, &r->processes[i], done, err);
    return rc;
}
