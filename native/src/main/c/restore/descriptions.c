#include "restore/descriptions.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "proc/file_identity.h"
#include "restore/fd_store.h"
#include "restore/inet_sockets.h"
#include "restore/inotify.h"
#include "restore/nameless.h"
#include "restore/pidfds.h"
#include "restore/pipes.h"
#include "restore/shared_proc.h"
#include "restore/terminals.h"
#include "restore/unix_sockets.h"

#define PATH_LIMIT 4096
/* Status flags that a fresh description does not get from how it was made. */
static int set_flags(int fd, int64_t flags, cairn_error *err)
{
    if (fcntl(fd, F_SETFL, (int)flags & (O_NONBLOCK | O_APPEND | O_DIRECT)) < 0)
        return cairn_fail_errno(err, "setting the flags of a descriptor");
    return 0;
}

/* A file that lost its name while another link to it remains. */
static int take_other_link(const json_t *json, struct nameless *name, const char **path,
                           cairn_error *err)
{
    const char *link = NULL;
    int rc = json_may_string(json, "link", PATH_LIMIT, &link, err);
    if (rc == 0 && link)
        rc = nameless_begin(name, *path, NAMELESS_LINK, link, err);
    if (rc == 0 && link)
        *path = name->path;
    return rc;
}

/* Checks the file by a descriptor that is open for reading and, if possible, leaves no access time.
 */
static int check_identity(const struct restoration *r, const json_t *json, const char *path, int fd,
                          cairn_error *err)
{
    char link[48];
    enum file_verdict verdict;
    if (!file_identity_is_noted(json) || r->spec->accept_changed)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    auto_close int unseen = open(link, O_RDONLY | O_NOATIME | O_CLOEXEC);
    auto_close int seen = unseen < 0 ? open(link, O_RDONLY | O_CLOEXEC) : -1;
    if (unseen < 0 && seen < 0)
        return cairn_fail_errno(err, "reading %s", path);
    int rc = file_identity_compare(json, path, unseen < 0 ? seen : unseen, &verdict, err);
    if (rc != 0 || verdict != FILE_OTHER)
        return rc;
    return cairn_fail(err, CAIRN_ECHANGED,
                      "%s is not what the step was reading: it was changed or replaced since the "
                      "checkpoint; --accept-changed resumes all the same",
                      path);
}

static int open_file(const struct restoration *r, const json_t *json, int64_t flags, int number,
                     cairn_error *err)
{
    const char *path;
    int64_t position = 0;
    int rc = json_need_string(json, "path", PATH_LIMIT, &path, err);
    if (rc == 0)
        rc = json_may_int(json, "position", 0, INT64_MAX, &position, err);
    if (rc != 0)
        return rc;
    auto_nameless struct nameless name = {0};
    rc = take_other_link(json, &name, &path, err);
    if (rc != 0)
        return rc;
    auto_close int fd = open(path, (int)(flags & OPEN_FLAGS) | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return cairn_fail_errno(err, "opening %s, which the step had open", path);
    rc = check_identity(r, json, path, fd, err);
    if (rc != 0)
        return rc;
    if (position > 0 && lseek(fd, position, SEEK_SET) < 0)
        return cairn_fail_errno(err, "going to byte %lld of %s", (long long)position, path);
    return fd_store_place(fd, number, err);
}

static int open_namespace(const json_t *json, int64_t flags, int number, cairn_error *err)
{
    const char *type;
    char path[64];
    int rc = json_need_string(json, "type", 31, &type, err);
    if (rc == 0 && type[strspn(type, "abcdefghijklmnopqrstuvwxyz_")] != '\0')
        rc = cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "a namespace of type %s", type);
    if (rc != 0)
        return rc;
    snprintf(path, sizeof path, "/proc/self/ns/%s", type);
    auto_close int fd = open(path, (int)(flags & OPEN_FLAGS) | O_CLOEXEC);
    return fd < 0 ? cairn_fail_errno(err, "opening %s", path) : fd_store_place(fd, number, err);
}

static bool is_memfd(const struct restoration *r, int64_t space)
{
    size_t i;
    json_t *object;
    json_array_foreach(json_object_get(r->meta, "objects"), i, object)
    {
        if (json_integer_value(json_object_get(object, "space")) == space)
            return description_is_kind(object, "memfd");
    }
    return false;
}

/* Whether this description is taken for the one that made the memfd: the first that reads and
 * writes it. With any other writable description, the kernel would refuse to execute the memfd. */
static bool has_made_memfd(const struct restoration *r, size_t id, int64_t space)
{
    size_t i;
    json_t *json;
    json_array_foreach(json_object_get(r->meta, "descriptions"), i, json)
    {
        int64_t flags = json_integer_value(json_object_get(json, "flags"));
        if (description_is_kind(json, "object") && (flags & (O_ACCMODE | O_PATH)) == O_RDWR &&
            json_integer_value(json_object_get(json, "object")) == space)
            return i == id && is_memfd(r, space);
    }
    return false;
}

static int open_object(const struct restoration *r, size_t id, const json_t *json, int64_t flags,
                       int number, cairn_error *err)
{
    int64_t space, position = 0;
    int rc = json_need_int(json, "object", 1, UINT32_MAX, &space, err);
    if (rc == 0)
        rc = json_may_int(json, "position", 0, INT64_MAX, &position, err);
    if (rc != 0)
        return rc;
    char path[64];
    int object = fd_store_object(r, (uint32_t)space);
    bool made = has_made_memfd(r, id, space);
    snprintf(path, sizeof path, "/proc/self/fd/%d", object);
    auto_close int fd = made ? fcntl(object, F_DUPFD_CLOEXEC, 0)
                             : open(path, (int)(flags & REOPEN_FLAGS) | O_CLOEXEC);
    if (fd < 0)
        return cairn_fail_errno(err, "opening shared memory %lld again", (long long)space);
    rc = made ? set_flags(fd, flags, err) : 0;
    if (rc != 0)
        return rc;
    if (lseek(fd, position, SEEK_SET) < 0)
        return cairn_fail_errno(err, "going to byte %lld of shared memory", (long long)position);
    return fd_store_place(fd, number, err);
}

static int make_eventfd(const json_t *json, int64_t flags, int number, cairn_error *err)
{
    uint64_t count;
    bool semaphore;
    int rc = json_need_hex(json, "count", &count, err);
    if (rc == 0)
        rc = json_need_bool(json, "semaphore", &semaphore, err);
    if (rc != 0)
        return rc;
    auto_close int fd = eventfd(0, (semaphore ? EFD_SEMAPHORE : 0) | EFD_NONBLOCK);
    if (fd < 0)
        return cairn_fail_errno(err, "making an eventfd");
    if (count > 0 && write(fd, &count, sizeof count) != sizeof count)
        return cairn_fail_errno(err, "setting an eventfd");
    rc = set_flags(fd, flags, err);
    return rc != 0 ? rc : fd_store_place(fd, number, err);
}

static int make_signalfd(const json_t *json, int64_t flags, int number, cairn_error *err)
{
    uint64_t mask;
    int rc = json_need_hex(json, "mask", &mask, err);
    if (rc != 0)
        return rc;
    auto_close int fd = (int)syscall(SYS_signalfd4, -1, &mask, sizeof mask, 0);
    if (fd < 0)
        return cairn_fail_errno(err, "making a signalfd");
    rc = set_flags(fd, flags, err);
    return rc != 0 ? rc : fd_store_place(fd, number, err);
}

/* When a timer is due: after the time that was left at the checkpoint. A timer on the time of day
 * is due at its recorded time, however long the step was stopped. */
static struct timespec until(int64_t clock, struct timespec to_go, int64_t until_ns)
{
    struct timespec now;
    if (to_go.tv_sec == 0 && to_go.tv_nsec == 0)
        return to_go; /* off */
    if (until_ns > 0)
        return (struct timespec){until_ns / 1000000000, until_ns % 1000000000};
    clock_gettime((clockid_t)clock, &now);
    int64_t ns = now.tv_nsec + to_go.tv_nsec;
    return (struct timespec){now.tv_sec + to_go.tv_sec + ns / 1000000000, ns % 1000000000};
}

static int make_timerfd(const json_t *json, int64_t flags, int number, cairn_error *err)
{
    int64_t clock, settime = 0, until_ns = 0;
    uint64_t ticks;
    json_t *value, *interval;
    int rc = json_need_int(json, "clock", 0, 16, &clock, err);
    if (rc == 0)
        rc = json_need_u64(json, "ticks", &ticks, err);
    if (rc == 0)
        rc = json_may_int(json, "settime", 0, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &settime,
                          err);
    if (rc == 0)
        rc = json_may_int(json, "until_ns", 0, INT64_MAX, &until_ns, err);
    if (rc == 0)
        rc = json_need_array(json, "value", 2, &value, err);
    if (rc == 0)
        rc = json_need_array(json, "interval", 2, &interval, err);
    if (rc != 0)
        return rc;
    auto_close int fd = timerfd_create((int)clock, 0);
    if (fd < 0)
        return cairn_fail_errno(err, "making a timerfd");
    struct itimerspec times = {.it_value = {json_integer_value(json_array_get(value, 0)),
                                            json_integer_value(json_array_get(value, 1))},
                               .it_interval = {json_integer_value(json_array_get(interval, 0)),
                                               json_integer_value(json_array_get(interval, 1))}};
    /* A timer that has fired stays expired until a read; only that read restarts it. */
    if (ticks > 0 && times.it_value.tv_sec == 0 && times.it_value.tv_nsec == 0)
        times.it_value = times.it_interval;
    if (settime & TFD_TIMER_ABSTIME)
        times.it_value = until(clock, times.it_value, until_ns);
    if (timerfd_settime(fd, (int)settime, &times, NULL) < 0)
        return cairn_fail_errno(err, "setting a timerfd");
    if (ticks > 0 && ioctl(fd, _IOW('T', 0, uint64_t), &ticks) < 0) /* TFD_IOC_SET_TICKS */
        return cairn_fail_errno(err, "setting the ticks of a timerfd");
    rc = set_flags(fd, flags, err);
    return rc != 0 ? rc : fd_store_place(fd, number, err);
}

static int make_epoll(int number, cairn_error *err)
{
    auto_close int fd = epoll_create1(0);
    if (fd < 0)
        return cairn_fail_errno(err, "making an epoll");
    return fd_store_place(fd, number,
                          err); /* epoll.c adds what it watches, once everything is there */
}

static int make_description(const struct restoration *r, size_t i, cairn_error *err)
{
    const json_t *json = json_array_get(json_object_get(r->meta, "descriptions"), i);
    int number = fd_store_description(r, (int64_t)i);
    if (fcntl(number, F_GETFD) >= 0)
        return 0; /* made together with another description */
    int64_t flags;
    int rc = json_need_int(json, "flags", 0, INT32_MAX, &flags, err);
    if (rc != 0)
        return rc;
    if (description_is_kind(json, "mqueue"))
        return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "a message queue that the image lacks");
    if (description_is_kind(json, "proc"))
        return shared_proc_is(json) ? shared_proc_prepare(number, err)
                                    : 0; /* by its process: descriptors.c */
    if (description_is_kind(json, "file") || description_is_kind(json, "device"))
        return open_file(r, json, flags, number, err);
    if (description_is_kind(json, "namespace"))
        return open_namespace(json, flags, number, err);
    if (description_is_kind(json, "object"))
        return open_object(r, i, json, flags, number, err);
    if (description_is_kind(json, "pty") || description_is_kind(json, "terminal"))
        return terminal_open_description(r, i, err);
    if (description_is_kind(json, "pipe"))
        return pipe_restore(r, i, err);
    if (description_is_kind(json, "inet"))
        return inet_socket_restore(r, i, err);
    if (description_is_kind(json, "eventfd"))
        return make_eventfd(json, flags, number, err);
    if (description_is_kind(json, "signalfd"))
        return make_signalfd(json, flags, number, err);
    if (description_is_kind(json, "timerfd"))
        return make_timerfd(json, flags, number, err);
    if (description_is_kind(json, "inotify"))
        return inotify_open_description(flags, number, err);
    if (description_is_kind(json, "pidfd"))
        return pidfd_open_description(r, i, err);
    if (description_is_kind(json, "epoll"))
        return make_epoll(number, err);
    const char *kind = json_string_value(json_object_get(json, "kind"));
    return cairn_fail(err, CAIRN_EIMAGE_VERSION,
                      "the image holds a descriptor of kind %s, unknown to this build",
                      kind ? kind : "(none)");
}

int descriptions_open(const struct restoration *r, cairn_error *err)
{
    int rc = inet_connections_restore(r, err);
    if (rc == 0)
        rc = unix_sockets_restore(r, err);
    size_t count = json_array_size(json_object_get(r->meta, "descriptions"));
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = make_description(r, i, err);
    return rc != 0 ? rc : inet_sockets_finish(r, err);
}
