#include "restore/pidfds.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/process.h"
#include "restore/fd_store.h"

#define PIDFD_FLAGS (O_NONBLOCK | O_EXCL) /* PIDFD_NONBLOCK, PIDFD_THREAD */
#define DESCRIPTOR_LIMIT 1048576

bool pidfd_comes_late(const json_t *description)
{
    return description_is_kind(description, "pidfd") && json_object_get(description, "pid");
}

/* Ends in the way of the process whose place it takes. */
_Noreturn static void end_like(int exit_code)
{
    int signo = exit_code & 0x7f;
    if (signo) {
        signal(signo, SIG_DFL);
        sigset_t only;
        sigemptyset(&only);
        sigaddset(&only, signo);
        sigprocmask(SIG_UNBLOCK, &only, NULL);
        process_signal(getpid(), signo);
    }
    _exit(exit_code >> 8 & 0xff);
}

static int place_ended(const struct restoration *r, size_t id, pid_t pid, cairn_error *err)
{
    int64_t flags;
    const json_t *json = json_array_get(json_object_get(r->meta, "descriptions"), id);
    int rc = json_need_int(json, "flags", 0, INT32_MAX, &flags, err);
    if (rc != 0)
        return rc;
    auto_close int fd = (int)syscall(SYS_pidfd_open, pid, flags & PIDFD_FLAGS);
    if (fd < 0)
        return cairn_fail_errno(err, "opening a process that is to end");
    return fd_store_place(fd, fd_store_description(r, (int64_t)id), err);
}

int pidfd_open_description(const struct restoration *r, size_t id, cairn_error *err)
{
    const json_t *descriptions = json_object_get(r->meta, "descriptions"), *json;
    const json_t *ended = json_object_get(json_array_get(descriptions, id), "ended");
    int64_t exit_code = 0;
    int status, go[2];
    if (pidfd_comes_late(json_array_get(descriptions, id)))
        return 0;
    int rc =
        json_may_int(json_array_get(descriptions, id), "exit_code", 0, 0xffff, &exit_code, err);
    if (rc != 0)
        return rc;
    if (!json_is_integer(ended))
        return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "a pidfd of no process");
    if (pipe2(go, O_CLOEXEC) < 0)
        return cairn_fail_errno(err, "making a pipe");
    pid_t pid = fork();
    if (pid == 0) {
        char nothing;
        close(go[1]);
        while (read(go[0], &nothing, 1) < 0 && errno == EINTR) {
        }
        end_like((int)exit_code);
    }
    close(go[0]);
    if (pid < 0)
        rc = cairn_fail_errno(err, "forking for a pidfd");
    size_t i;
    json_array_foreach(descriptions, i, json)
    {
        if (rc == 0 && description_is_kind(json, "pidfd") &&
            json_equal(json_object_get(json, "ended"), ended))
            rc = place_ended(r, i, pid, err);
    }
    close(go[1]);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return rc;
}

static bool has_description(const struct restored_process *p, size_t id)
{
    size_t i;
    const json_t *entry;
    json_array_foreach(json_object_get(p->json, "descriptors"), i, entry)
    {
        if (json_integer_value(json_object_get(entry, "description")) == (json_int_t)id)
            return true;
    }
    return false;
}

/* Moves a new descriptor to this number. */
static int move_to(struct restored_process *p, long from, int number, cairn_error *err)
{
    if (from == number)
        return 0;
    int rc = inject_ok(&p->injector, "dup3", NULL, err, SYS_dup3, (uint64_t)from, (uint64_t)number,
                       0, 0, 0, 0);
    return rc == 0 ? inject_ok(&p->injector, "close", NULL, err, SYS_close, (uint64_t)from, 0, 0, 0,
                               0, 0)
                   : rc;
}

static int open_first(struct restored_process *p, const json_t *json, int number, cairn_error *err)
{
    int64_t pid, flags;
    long opened;
    int rc = json_need_int(json, "pid", 1, INT32_MAX, &pid, err);
    if (rc == 0)
        rc = json_need_int(json, "flags", 0, INT32_MAX, &flags, err);
    if (rc == 0)
        rc = inject_ok(&p->injector, "pidfd_open", &opened, err, SYS_pidfd_open, (uint64_t)pid,
                       (uint64_t)(flags & PIDFD_FLAGS), 0, 0, 0, 0);
    return rc == 0 ? move_to(p, opened, number, err) : rc;
}

/* Takes the description that another process has already. */
static int take_from(struct restored_process *p, const struct restored_process *first, int number,
                     cairn_error *err)
{
    long process, copy;
    int rc = inject_ok(&p->injector, "pidfd_open", &process, err, SYS_pidfd_open,
                       (uint64_t)first->ns_pid, 0, 0, 0, 0, 0);
    if (rc == 0)
        rc = inject_ok(&p->injector, "pidfd_getfd", &copy, err, SYS_pidfd_getfd, (uint64_t)process,
                       (uint64_t)number, 0, 0, 0, 0);
    if (rc == 0)
        rc = inject_ok(&p->injector, "close", NULL, err, SYS_close, (uint64_t)process, 0, 0, 0, 0,
                       0);
    return rc == 0 ? move_to(p, copy, number, err) : rc;
}

/* Registers it under its former number, as in epoll.c. The descriptor that lies there is put back.
 */
static int watch(struct restored_process *p, int epoll, int number, const json_t *target,
                 cairn_error *err)
{
    int64_t fd, events;
    uint64_t data;
    long before;
    int rc = json_need_int(target, "fd", 0, DESCRIPTOR_LIMIT, &fd, err);
    if (rc == 0)
        rc = json_need_int(target, "events", 0, UINT32_MAX, &events, err);
    if (rc == 0)
        rc = json_need_hex(target, "data", &data, err);
    if (rc != 0)
        return rc;
    const struct epoll_event event = {.events = (uint32_t)events, .data.u64 = data};
    struct injector *in = &p->injector;
    rc = inject(in, &before, err, SYS_fcntl, (uint64_t)fd, F_DUPFD, 0, 0, 0, 0);
    if (rc == 0 && fd != number)
        rc = inject_ok(in, "dup3", NULL, err, SYS_dup3, (uint64_t)number, (uint64_t)fd, 0, 0, 0, 0);
    if (rc == 0)
        rc = inject_write(in, in->scratch, &event, sizeof event, err);
    if (rc == 0)
        rc = inject_ok(in, "having an epoll watch a pidfd", NULL, err, SYS_epoll_ctl,
                       (uint64_t)(epoll == fd ? before : epoll), EPOLL_CTL_ADD, (uint64_t)fd,
                       in->scratch, 0, 0);
    if (rc == 0 && before >= 0)
        return move_to(p, before, (int)fd, err);
    return rc == 0 ? inject_ok(in, "close", NULL, err, SYS_close, (uint64_t)fd, 0, 0, 0, 0, 0) : rc;
}

static int have_watched(const struct restoration *r, struct restored_process *p, size_t id,
                        cairn_error *err)
{
    size_t i, k;
    const json_t *json, *target;
    int rc = 0;
    json_array_foreach(json_object_get(r->meta, "descriptions"), i, json)
    {
        json_array_foreach(json_object_get(json, "targets"), k, target)
        {
            if (rc == 0 &&
                json_integer_value(json_object_get(target, "description")) == (json_int_t)id)
                rc = watch(p, fd_store_description(r, (int64_t)i),
                           fd_store_description(r, (int64_t)id), target, err);
        }
    }
    return rc;
}

static int restore_one(struct restoration *r, size_t id, const json_t *json, cairn_error *err)
{
    struct restored_process *first = NULL;
    int rc = 0, number = fd_store_description(r, (int64_t)id);
    for (size_t i = 0; rc == 0 && i < r->process_count; i++) {
        struct restored_process *p = &r->processes[i];
        if (p->zombie || !has_description(p, id))
            continue;
        rc = first ? take_from(p, first, number, err) : open_first(p, json, number, err);
        first = first ? first : p;
    }
    return rc == 0 && first ? have_watched(r, first, id, err) : rc;
}

int pidfds_restore(struct restoration *r, cairn_error *err)
{
    size_t id;
    const json_t *json;
    int rc = 0;
    json_array_foreach(json_object_get(r->meta, "descriptions"), id, json)
    {
        if (rc == 0 && pidfd_comes_late(json))
            rc = restore_one(r, id, json, err);
    }
    return rc != 0 ? cairn_fail_within(err, rc, "restoring a pidfd") : 0;
}
