/* Takes file locks again, before any process of the step runs. */
#include "restore/locks.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/json.h"
#include "restore/fd_store.h"

#define LOCK_LIMIT 1048576
#define LAST_BYTE INT64_MAX

struct lock {
    const char *kind;
    bool write;
    int64_t owner;       /* for a lock by flock: the process that took it; 0 if that process has
                          * ended */
    uint64_t start, end; /* the locked bytes; end is the last byte, as the kernel shows it */
};

static bool is_flock(const struct lock *lock)
{
    return strcmp(lock->kind, "flock") == 0;
}

static int read_lock(const json_t *json, struct lock *out, cairn_error *err)
{
    *out = (struct lock){.end = LAST_BYTE};
    int rc = json_need_string(json, "kind", 16, &out->kind, err);
    if (rc == 0)
        rc = json_need_bool(json, "write", &out->write, err);
    if (rc == 0)
        rc = json_may_int(json, "owner", 0, INT32_MAX, &out->owner, err);
    if (rc != 0 || is_flock(out))
        return rc;
    rc = json_need_hex(json, "start", &out->start, err);
    if (rc == 0 && json_object_get(json, "end"))
        rc = json_need_hex(json, "end", &out->end, err);
    if (rc == 0 && (out->end > LAST_BYTE || out->start > out->end))
        rc = cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "a lock of bytes 0x%llx to 0x%llx",
                        (unsigned long long)out->start, (unsigned long long)out->end);
    return rc;
}

static struct flock range_of(const struct lock *lock)
{
    return (struct flock){.l_type = lock->write ? F_WRLCK : F_RDLCK,
                          .l_whence = SEEK_SET,
                          .l_start = (off_t)lock->start,
                          .l_len =
                              lock->end == LAST_BYTE ? 0 : (off_t)(lock->end - lock->start + 1)};
}

/* Names the process and file of a lock that could not be taken. */
static int fail_lock(const struct restoration *r, pid_t pid, int64_t fd, int64_t description,
                     const struct lock *lock, int code, cairn_error *err)
{
    const json_t *json =
        json_array_get(json_object_get(r->meta, "descriptions"), (size_t)description);
    const char *path = json_string_value(json_object_get(json, "path"));
    char what[96] = "the whole file";
    if (lock->end != LAST_BYTE)
        snprintf(what, sizeof what, "bytes %llu to %llu", (unsigned long long)lock->start,
                 (unsigned long long)lock->end);
    else if (lock->start > 0)
        snprintf(what, sizeof what, "bytes from %llu on", (unsigned long long)lock->start);
    bool held = code == EAGAIN || code == EACCES;
    return cairn_fail(
        err, held ? EBUSY : code,
        "pid %d fd %lld: the step held a %s lock (%s) on %s, %s, which cannot be taken "
        "again: %s",
        pid, (long long)fd, lock->write ? "write" : "read", lock->kind,
        path ? path : "a file without a name", what,
        held ? "another process holds it now; end that first, then resume" : strerror(code));
}

/* Finds a process that has the description, and the descriptor's number there. */
static pid_t find_holder(const struct restoration *r, size_t description, int64_t *fd)
{
    for (size_t i = 0; i < r->process_count; i++) {
        size_t k;
        json_t *entry;
        json_array_foreach(json_object_get(r->processes[i].json, "descriptors"), k, entry)
        {
            if (json_integer_value(json_object_get(entry, "description")) !=
                (json_int_t)description)
                continue;
            *fd = json_integer_value(json_object_get(entry, "fd"));
            return r->processes[i].ns_pid;
        }
    }
    return 0;
}

static int flock_operation(const struct lock *lock)
{
    return (lock->write ? LOCK_EX : LOCK_SH) | LOCK_NB;
}

/* Takes the lock by a process that ends at once, because the former holder has ended too. */
static int flock_in_passing(int fd, const struct lock *lock)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(flock(fd, flock_operation(lock)) == 0 ? 0 : errno);
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static bool is_taken_by_owner(const struct restoration *r, const struct lock *lock)
{
    const struct restored_process *owner =
        is_flock(lock) && lock->owner ? restoration_find(r, (pid_t)lock->owner) : NULL;
    return owner && !owner->zombie;
}

static int fail_description(const struct restoration *r, size_t description,
                            const struct lock *lock, int code, cairn_error *err)
{
    int64_t number = -1;
    pid_t holder = find_holder(r, description, &number);
    return fail_lock(r, holder, number, (int64_t)description, lock, code, err);
}

static int lock_description(const struct restoration *r, size_t description, const json_t *json,
                            cairn_error *err)
{
    struct lock lock;
    int rc = read_lock(json, &lock, err);
    if (rc != 0 || is_taken_by_owner(r, &lock))
        return rc;
    int fd = fd_store_description(r, (int64_t)description), code;
    struct flock range = range_of(&lock);
    if (is_flock(&lock))
        code = flock_in_passing(fd, &lock);
    else
        code = fcntl(fd, F_OFD_SETLK, &range) < 0 ? errno : 0;
    return code == 0 ? 0 : fail_description(r, description, &lock, code, err);
}

int locks_restore_of_descriptions(const struct restoration *r, cairn_error *err)
{
    size_t i, k;
    json_t *description, *json;
    json_array_foreach(json_object_get(r->meta, "descriptions"), i, description)
    {
        json_t *locks = NULL;
        int rc = json_may_array(description, "locks", LOCK_LIMIT, &locks, err);
        json_array_foreach(locks, k, json)
        {
            if (rc == 0)
                rc = lock_description(r, i, json, err);
        }
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int flock_as_owner(const struct restoration *r, struct restored_process *p,
                          size_t description, const json_t *json, cairn_error *err)
{
    struct lock lock;
    long result;
    int rc = read_lock(json, &lock, err);
    if (rc != 0 || !is_flock(&lock) || lock.owner != p->ns_pid)
        return rc;
    rc = inject(&p->injector, &result, err, SYS_flock,
                (uint64_t)fd_store_description(r, (int64_t)description),
                (uint64_t)flock_operation(&lock), 0, 0, 0, 0);
    return rc != 0 || result == 0 ? rc : fail_description(r, description, &lock, (int)-result, err);
}

int locks_restore_as_owner(const struct restoration *r, struct restored_process *p,
                           cairn_error *err)
{
    size_t i, k;
    json_t *description, *json;
    json_array_foreach(json_object_get(r->meta, "descriptions"), i, description)
        json_array_foreach(json_object_get(description, "locks"), k, json)
    {
        int rc = flock_as_owner(r, p, i, json, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int lock_of_process(const struct restoration *r, struct restored_process *p,
                           const json_t *entry, const json_t *json, cairn_error *err)
{
    struct lock lock;
    int64_t fd, description;
    long result;
    int rc = read_lock(json, &lock, err);
    if (rc == 0)
        rc = json_need_int(entry, "fd", 0, INT32_MAX, &fd, err);
    if (rc == 0)
        rc = json_need_int(entry, "description", 0, INT32_MAX, &description, err);
    struct flock range = {0};
    if (rc == 0) {
        range = range_of(&lock);
        rc = inject_write(&p->injector, p->injector.scratch, &range, sizeof range, err);
    }
    if (rc == 0)
        rc = inject(&p->injector, &result, err, SYS_fcntl, (uint64_t)fd, F_SETLK,
                    p->injector.scratch, 0, 0, 0);
    if (rc != 0 || result == 0)
        return rc;
    return fail_lock(r, p->ns_pid, fd, description, &lock, (int)-result, err);
}

int locks_restore_of_process(const struct restoration *r, struct restored_process *p,
                             cairn_error *err)
{
    size_t i, k;
    json_t *entry, *json;
    json_array_foreach(json_object_get(p->json, "descriptors"), i, entry)
    {
        json_t *locks = NULL;
        int rc = json_may_array(entry, "locks", LOCK_LIMIT, &locks, err);
        json_array_foreach(locks, k, json)
        {
            if (rc == 0)
                rc = lock_of_process(r, p, entry, json, err);
        }
        if (rc != 0)
            return rc;
    }
    return 0;
}
