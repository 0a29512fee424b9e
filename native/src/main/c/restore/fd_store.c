/* In pid 1: everything that is opened once and shared, and the first processes. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/hex.h"
#include "common/io.h"
#include "common/json.h"
#include "restore/binaries.h"
#include "restore/fits.h"
#include "restore/restoration.h"
#include "sandbox/terminal_modes.h"

#define PATH_LIMIT 4096
/* Of a description's flags, what says how to open it again. */
#define REOPEN_FLAGS \
    (O_ACCMODE | O_PATH | O_APPEND | O_NONBLOCK | O_DSYNC | O_SYNC | O_DIRECT | O_NOATIME | O_ASYNC)

bool description_is_kind(const json_t *description, const char *kind)
{
    const char *is = json_string_value(json_object_get(description, "kind"));
    return is && strcmp(is, kind) == 0;
}

int fd_store_place(int fd, int number, cairn_error *err)
{
    if (dup3(fd, number, 0) < 0)
        return cairn_fail_errno(err, "making room for descriptor %d (RLIMIT_NOFILE?)", number);
    return 0;
}

/* Status flags that a fresh description does not get from how it was made. */
static int set_flags(int fd, int64_t flags, cairn_error *err)
{
    if (fcntl(fd, F_SETFL, (int)flags & (O_NONBLOCK | O_APPEND | O_DIRECT | O_ASYNC)) < 0)
        return cairn_fail_errno(err, "setting the flags of a descriptor");
    return 0;
}

static int open_file(const json_t *json, int64_t flags, int number, cairn_error *err)
{
    const char *path;
    int64_t position = 0;
    int rc = json_need_string(json, "path", PATH_LIMIT, &path, err);
    if (rc == 0)
        rc = json_may_int(json, "position", 0, INT64_MAX, &position, err);
    if (rc != 0)
        return rc;
    auto_close int fd =
        open(path, (int)(flags & (REOPEN_FLAGS | O_DIRECTORY)) | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return cairn_fail_errno(err, "opening %s, which the step had open", path);
    if (position > 0 && lseek(fd, position, SEEK_SET) < 0)
        return cairn_fail_errno(err, "going to byte %lld of %s", (long long)position, path);
    return fd_store_place(fd, number, err);
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

/* The first description by which a memfd is read and written is taken for the one that made it:
 * with any other one that can write, the kernel would not run it. */
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

static int open_terminal(int slave, int64_t flags, int number, cairn_error *err)
{
    if (slave < 0)
        return cairn_fail(err, CAIRN_EUNSUPPORTED, "the step had a terminal and is now given none");
    auto_close int fd = open("/dev/pts/0", (int)(flags & REOPEN_FLAGS) | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return cairn_fail_errno(err, "opening the step's terminal");
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

static int make_timerfd(const json_t *json, int64_t flags, int number, cairn_error *err)
{
    int64_t clock;
    uint64_t ticks;
    json_t *value, *interval;
    int rc = json_need_int(json, "clock", 0, 16, &clock, err);
    if (rc == 0)
        rc = json_need_u64(json, "ticks", &ticks, err);
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
    /* One that has fired and was not read is wound up again only by that read. */
    if (ticks > 0 && times.it_value.tv_sec == 0 && times.it_value.tv_nsec == 0)
        times.it_value = times.it_interval;
    if (timerfd_settime(fd, 0, &times, NULL) < 0)
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
                          err); /* what it watches is added when all is there: epoll.c */
}

static int make_description(const struct restoration *r, size_t i, int pty_slave, cairn_error *err)
{
    const json_t *json = json_array_get(json_object_get(r->meta, "descriptions"), i);
    int number = fd_store_description(r, (int64_t)i);
    if (fcntl(number, F_GETFD) >= 0)
        return 0; /* made together with another one */
    int64_t flags;
    int rc = json_need_int(json, "flags", 0, INT32_MAX, &flags, err);
    if (rc != 0)
        return rc;
    if (description_is_kind(json, "proc"))
        return 0; /* by each process for itself: process.c */
    if (description_is_kind(json, "file") || description_is_kind(json, "device"))
        return open_file(json, flags, number, err);
    if (description_is_kind(json, "object"))
        return open_object(r, i, json, flags, number, err);
    if (description_is_kind(json, "terminal"))
        return open_terminal(pty_slave, flags, number, err);
    if (description_is_kind(json, "pipe"))
        return pipe_restore(r, i, err);
    if (description_is_kind(json, "socket"))
        return unix_socket_restore(r, i, err);
    if (description_is_kind(json, "inet"))
        return inet_socket_restore(r, i, err);
    if (description_is_kind(json, "eventfd"))
        return make_eventfd(json, flags, number, err);
    if (description_is_kind(json, "signalfd"))
        return make_signalfd(json, flags, number, err);
    if (description_is_kind(json, "timerfd"))
        return make_timerfd(json, flags, number, err);
    if (description_is_kind(json, "epoll"))
        return make_epoll(number, err);
    const char *kind = json_string_value(json_object_get(json, "kind"));
    return cairn_fail(err, CAIRN_EIMAGE_VERSION,
                      "the image holds a descriptor of kind %s, unknown to this build",
                      kind ? kind : "(none)");
}

struct filling {
    int fd;
    uint64_t size; /* a file's last page holds more than the file */
};

static int write_content(void *context, const struct image_run *run, const void *bytes,
                         cairn_error *err)
{
    const struct filling *f = context;
    if (!bytes || run->start >= f->size)
        return 0;
    uint64_t len = f->size - run->start < run->length ? f->size - run->start : run->length;
    return io_pwrite_full(f->fd, bytes, len, run->start, "shared memory", err);
}

static bool hostile_path(const char *path)
{
    return path[0] == '/' || strstr(path, "..") != NULL || path[0] == '\0';
}

/* The descriptor behind a shared object, empty, of its kind. */
static int create_object(const struct restoration *r, const json_t *json, cairn_error *err)
{
    const char *kind, *name;
    int rc = json_need_string(json, "kind", 32, &kind, err);
    if (rc == 0)
        rc = json_need_string(json, "name", PATH_LIMIT, &name, err);
    if (rc != 0)
        return rc;
    int fd = -1;
    if (strcmp(kind, "file") == 0) {
        fd = open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        return fd >= 0 ? fd : cairn_fail_errno(err, "opening %s, which the step had mapped", name);
    }
    if (strcmp(kind, "shm") == 0) {
        size_t i;
        json_t *entry;
        json_array_foreach(json_object_get(r->meta, "shm"), i, entry)
        {
            const char *path = json_string_value(json_object_get(entry, "path"));
            char full[PATH_LIMIT + 16];
            if (!path || json_integer_value(json_object_get(entry, "object")) !=
                             json_integer_value(json_object_get(json, "space")))
                continue;
            if (hostile_path(path))
                return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "a path %s in /dev/shm", path);
            snprintf(full, sizeof full, "/dev/shm/%s", path);
            fd = open(full, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
            if (fd < 0)
                return cairn_fail_errno(err, "making %s", full);
            int64_t mode;
            rc = json_need_int(entry, "mode", 0, 0777777, &mode, err);
            if (rc != 0 || fchmod(fd, (mode_t)mode & 07777) < 0) {
                close(fd);
                return rc != 0 ? rc : cairn_fail_errno(err, "setting the mode of %s", full);
            }
            return fd;
        }
    }
    /* One that no descriptor is left of counts as unlinked. */
    bool memfd = strncmp(name, "/memfd:", 7) == 0;
    if (strcmp(kind, "unlinked") == 0 && !memfd) {
        /* On the file system where it was, if there is room for it. */
        const char *slash = strrchr(name, '/');
        char folder[PATH_LIMIT];
        snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - name) + 1 : 1,
                 slash ? name : ".");
        fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        if (fd >= 0)
            return fd;
    }
    /* What has no name any more is known only by its descriptors and mappings: a memfd serves for
     * all of it. */
    const char *label = memfd ? name + 7 : "cairn";
    char short_label[240];
    snprintf(short_label, sizeof short_label, "%.200s", label);
    char *deleted = strstr(short_label, " (deleted)");
    if (deleted)
        *deleted = '\0';
    fd = memfd_create(short_label, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return fd >= 0 ? fd : cairn_fail_errno(err, "making a memfd");
}

/* The kernel runs no file that is open for writing, where the description that made a memfd does
 * not count. */
static int reopen_as_program(int *fd, cairn_error *err)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", *fd);
    int program = open(path, O_RDONLY | O_CLOEXEC);
    if (program < 0)
        return cairn_fail_errno(err, "opening a program without a name again");
    close(*fd);
    *fd = program;
    return 0;
}

static int make_object(const struct restoration *r, const json_t *json, cairn_error *err)
{
    int64_t space, seals = 0, mode = -1;
    int rc = json_need_int(json, "space", 1, UINT32_MAX, &space, err);
    if (rc == 0)
        rc = json_may_int(json, "seals", 0, 255, &seals, err);
    if (rc == 0)
        rc = json_may_int(json, "mode", 0, 07777, &mode, err);
    if (rc != 0)
        return rc;
    auto_close int fd = create_object(r, json, err);
    if (fd < 0)
        return fd;
    uint64_t size = 0;
    const char *text = json_string_value(json_object_get(json, "size"));
    if (text) {
        rc = json_need_hex(json, "size", &size, err);
        if (rc != 0)
            return rc;
    } else { /* known by its mappings only: as long as they reach */
        for (size_t i = 0; i < image_reader_chunks(r->image); i++) {
            struct image_chunk chunk;
            image_reader_chunk_info(r->image, i, &chunk);
            for (uint32_t k = 0; chunk.space == (uint32_t)space && k < chunk.n_runs; k++)
                if (chunk.runs[k].start + chunk.runs[k].length > size)
                    size = chunk.runs[k].start + chunk.runs[k].length;
        }
        rc = json_may_u64(json, "mapped_size", &size, err);
        if (rc != 0)
            return rc;
    }
    struct stat st;
    if (fstat(fd, &st) < 0)
        return cairn_fail_errno(err, "looking at shared memory");
    bool resize = text ? (uint64_t)st.st_size != size : (uint64_t)st.st_size < size;
    if (resize && ftruncate(fd, (off_t)size) < 0)
        return cairn_fail_errno(err, "sizing shared memory");
    struct filling filling = {fd, size};
    rc = space_read(r->image, (uint32_t)space, write_content, &filling, 1, err);
    if (rc == 0 && mode >= 0 && fchmod(fd, (mode_t)mode) < 0)
        rc = cairn_fail_errno(err, "setting the mode of a file without a name");
    if (rc == 0 && seals && fcntl(fd, F_ADD_SEALS, (int)seals) < 0)
        rc = cairn_fail_errno(err, "sealing a memfd");
    if (rc == 0 && json_is_true(json_object_get(json, "program")) &&
        !description_is_kind(json, "memfd"))
        rc = reopen_as_program(&fd, err);
    return rc != 0 ? rc : fd_store_place(fd, fd_store_object(r, (uint32_t)space), err);
}

/* Folders of /dev/shm; its files come with their objects. */
static int make_shm_folders(const struct restoration *r, cairn_error *err)
{
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(r->meta, "shm"), i, entry)
    {
        const char *path;
        int64_t mode;
        int rc = json_need_string(entry, "path", PATH_LIMIT, &path, err);
        if (rc == 0)
            rc = json_need_int(entry, "mode", 0, 0777777, &mode, err);
        if (rc != 0)
            return rc;
        if (!S_ISDIR((mode_t)mode))
            continue;
        char full[PATH_LIMIT + 16];
        snprintf(full, sizeof full, "/dev/shm/%s", path);
        if (hostile_path(path) || mkdir(full, (mode_t)mode & 07777) < 0)
            return cairn_fail_errno(err, "making %s", full);
    }
    return 0;
}

static int open_mapped_file(const struct restoration *r, const json_t *json, cairn_error *err)
{
    const char *path = json_string_value(json_object_get(json, "path"));
    const char *kept = json_string_value(json_object_get(json, "kept"));
    bool stand_in = json_is_true(json_object_get(json, "stand_in"));
    auto_close int folder = stand_in ? binaries_folder(image_reader_dirfd(r->image)) : -1;
    auto_close int fd = stand_in ? openat(folder, kept, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
                                 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cairn_fail_errno(err, "opening %s, which the step runs or has mapped", path);
    int rc = stand_in ? 0 : restore_fits_file(json, path, fd, err); /* else it was checked */
    return rc != 0 ? rc : fd_store_place(fd, fd_store_mapped_file(r, path, kept), err);
}

static int open_everything(const struct restoration *r, int pty_slave, cairn_error *err)
{
    size_t i;
    json_t *json;
    int rc = make_shm_folders(r, err);
    json_array_foreach(json_object_get(r->meta, "objects"), i, json)
    {
        if (rc == 0)
            rc = make_object(r, json, err);
    }
    if (rc == 0)
        rc = inet_connections_restore(r, err);
    for (i = 0; rc == 0 && i < json_array_size(json_object_get(r->meta, "descriptions")); i++)
        rc = make_description(r, i, pty_slave, err);
    json_array_foreach(r->mapped_files, i, json)
    {
        if (rc == 0)
            rc = open_mapped_file(r, json, err);
    }
    if (rc == 0)
        rc = locks_restore_of_descriptions(r, err);
    return rc != 0 ? rc : epoll_restore_watches(r, err);
}

/* A stub waits to be taken over; it never returns to C that anybody relies on. */
_Noreturn static void wait_as_stub(const struct restored_process *p, int pty_slave, int ready)
{
    if (p->session == p->ns_pid) {
        setsid();
        if (json_is_true(json_object_get(p->json, "tty")) && pty_slave >= 0)
            ioctl(pty_slave, TIOCSCTTY, 0);
    }
    close(ready);
    for (;;)
        pause();
}

static int make_stub(const struct restored_process *p, int pty_slave, cairn_error *err)
{
    pid_t wanted = p->ns_pid;
    struct clone_args args = {
        .exit_signal = SIGCHLD, .set_tid = (uint64_t)(uintptr_t)&wanted, .set_tid_size = 1};
    int ready[2];
    if (pipe2(ready, O_CLOEXEC) < 0)
        return cairn_fail_errno(err, "making a pipe");
    auto_close int leads = ready[0];
    long pid = syscall(SYS_clone3, &args, sizeof args);
    int failed = errno;
    if (pid == 0) {
        close(ready[0]);
        wait_as_stub(p, pty_slave, ready[1]);
    }
    close(ready[1]);
    errno = failed;
    if (pid < 0)
        return cairn_fail_errno(err, "making process %d again", wanted);
    /* Whoever takes it over makes its children in it, and they belong to its session. */
    char nothing;
    while (read(leads, &nothing, 1) < 0 && errno == EINTR) {
    }
    return 0;
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

pid_t roots_make(void *context, int pty_slave, cairn_error *err)
{
    const struct restoration *r = context;
    raise_descriptor_limit();
    umask(0);
    const json_t *modes = json_object_get(r->meta, "terminal");
    int rc = open_everything(r, pty_slave, err);
    if (rc == 0 && modes && pty_slave >= 0)
        rc = terminal_modes_apply(pty_slave, modes, err);
    for (size_t i = 0; rc == 0 && i < r->process_count; i++) {
        const struct restored_process *p = &r->processes[i];
        if (p->ns_ppid != 1 || (p->zombie && !p->vanished) || p->session != p->ns_pid)
            continue;
        rc = make_stub(p, pty_slave, err);
    }
    return rc != 0 ? rc : (pid_t)json_integer_value(json_object_get(r->meta, "root"));
}
