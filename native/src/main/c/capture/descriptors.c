/* Records what each process has open. Each open description is recorded once. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "capture/names.h"
#include "capture/objects.h"
#include "capture/terminals.h"
#include "common/cleanup.h"
#include "common/io.h"
#include "common/json.h"
#include "proc/file_identity.h"

#ifndef MQUEUE_MAGIC
#define MQUEUE_MAGIC 0x19800202
#endif
#define MEMFD "/memfd:"

/* A descriptor during its capture. */
struct seen {
    struct captured_process *process;
    int fd;
    struct stat stat;
    char *link;   /* of /proc/PID/fd/N */
    char *fdinfo; /* text of /proc/PID/fdinfo/N */
    unsigned flags;
    int64_t position;
};

static int unsupported(const struct seen *s, const char *what, const char *advice, cairn_error *err)
{
    return cairn_fail(err, CAIRN_EUNSUPPORTED, "pid %d fd %d: %s (%s)%s%s", s->process->ns_pid,
                      s->fd, what, s->link, advice ? "; " : "", advice ? advice : "");
}

/* The number after "key:" at the start of a line of fdinfo. */
static bool fdinfo_number(const struct seen *s, const char *key, int base, uint64_t *out)
{
    size_t len = strlen(key);
    for (const char *line = s->fdinfo; line; line = strchr(line, '\n')) {
        if (*line == '\n')
            line++;
        if (strncmp(line, key, len) == 0 && line[len] == ':') {
            *out = strtoull(line + len + 1, NULL, base);
            return true;
        }
    }
    return false;
}

static int note_written(struct objects *o, const struct seen *s, const char *name, cairn_error *err)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", s->process->pid, s->fd);
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return cairn_fail_errno(err, "pid %d fd %d: opening %s for reading", s->process->ns_pid,
                                s->fd, s->link);
    struct rollback_open_file *grown = realloc(o->written, (o->written_count + 1) * sizeof *grown);
    if (!grown)
        return cairn_fail(err, ENOMEM, "out of memory noting %s", s->link);
    o->written = grown;
    char *copy = strdup(name);
    if (!copy)
        return cairn_fail(err, ENOMEM, "out of memory noting %s", s->link);
    grown[o->written_count++] = (struct rollback_open_file){
        .path = copy, .fd = steal_fd(&fd), .append = s->flags & O_APPEND};
    return 0;
}

/* A file without a name, or in a file system of the step's own: its content goes into the image. */
static int capture_content(struct objects *o, const struct seen *s, const char *kind, json_t *json,
                           cairn_error *err)
{
    struct object *object = object_find(o, s->stat.st_dev, s->stat.st_ino);
    if (!object) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/fd/%d", s->process->pid, s->fd);
        int fd =
            open(path, O_RDONLY | O_CLOEXEC | O_NOATIME); /* a program can see the access time */
        if (fd < 0 && errno == EPERM)
            fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            return cairn_fail_errno(err, "pid %d fd %d: reading %s", s->process->ns_pid, s->fd,
                                    s->link);
        int rc = object_add(o, s->stat.st_dev, s->stat.st_ino, kind, s->link, &object, err);
        if (rc == 0)
            rc = object_capture_file(object, fd, (uint64_t)s->stat.st_size, err);
        int seals = fcntl(fd, F_GET_SEALS);
        close(fd);
        if (rc != 0)
            return rc;
        object_note_attributes(object, &s->stat);
        if (strcmp(kind, "memfd") == 0 && seals > 0)
            json_object_set_new(object->json, "seals", json_integer(seals));
    }
    json_object_set_new(json, "object", json_integer(object->space));
    return 0;
}

/* A file of /proc: the kernel provides its content when it is opened again. */
static bool is_of_proc(const struct seen *s)
{
    char path[64];
    struct statfs fs;
    snprintf(path, sizeof path, "/proc/%d/fd/%d", s->process->pid, s->fd);
    return statfs(path, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

static int describe_path(const struct seen *s, const char *kind, json_t *json, cairn_error *err)
{
    json_object_set_new(json, "kind", json_string(kind));
    json_object_set_new(json, "position", json_integer(s->position));
    if (json_object_set_new(json, "path", json_string(s->link)) != 0)
        return unsupported(s, "a path that is not UTF-8", NULL, err);
    return 0;
}

/* A restore opens the file again by its path, so the path must still lead to it. */
static int describe_proc(const struct objects *o, const struct seen *s, json_t *json,
                         cairn_error *err)
{
    char path[PATH_MAX + 64];
    struct stat st;
    if (snprintf(path, sizeof path, "/proc/%d/root%s", o->init, s->link) >= (int)sizeof path ||
        s->link[0] != '/' || lstat(path, &st) < 0)
        return unsupported(s, "a file of /proc about a process or thread that has ended",
                           "close it before the checkpoint", err);
    return describe_path(s, "proc", json, err);
}

/* A folder without a name: it is empty and stays empty. */
static int describe_deleted_folder(struct objects *o, const struct seen *s, json_t *json,
                                   cairn_error *err)
{
    struct object *object;
    int rc = object_capture_folder(o, &s->stat, s->link, &object, err);
    if (rc != 0)
        return cairn_fail_within(err, rc, "pid %d fd %d", s->process->ns_pid, s->fd);
    json_object_set_new(json, "kind", json_string("object"));
    json_object_set_new(json, "position", json_integer(0));
    json_object_set_new(json, "object", json_integer(object->space));
    return 0;
}

static int describe_nameless(struct objects *o, const struct seen *s, json_t *json,
                             cairn_error *err)
{
    if (S_ISDIR(s->stat.st_mode))
        return describe_deleted_folder(o, s, json, err);
    if (!S_ISREG(s->stat.st_mode))
        return unsupported(s, "a file that has been deleted and is neither regular nor a folder",
                           "close it before the checkpoint", err);
    json_object_set_new(json, "kind", json_string("object"));
    json_object_set_new(json, "position", json_integer(s->position));
    bool memory = strncmp(s->link, MEMFD, strlen(MEMFD)) == 0;
    return capture_content(o, s, memory ? "memfd" : "unlinked", json, err);
}

/* Finds the path of the object; refuses an object without a known path. */
static int find_name(const struct objects *o, const struct seen *s, enum name_state *state,
                     char **other, cairn_error *err)
{
    int rc = name_find(o, s->link, &s->stat, state, other, err);
    if (rc != 0)
        return cairn_fail_within(err, rc, "pid %d fd %d", s->process->ns_pid, s->fd);
    return *state == NAME_LOST
               ? unsupported(s, "an object that its path does not lead to any more",
                             "keep the path that it was opened by, or close it before the "
                             "checkpoint",
                             err)
               : 0;
}

/* Finds another link to the file of `path`; NULL if `path` still leads to the file. */
static int describe_link(const struct seen *s, const char *other, json_t *json, cairn_error *err)
{
    if (other && json_object_set_new(json, "link", json_string(other)) != 0)
        return unsupported(s, "a file whose other link is not UTF-8", NULL, err);
    return 0;
}

/* A link such as "net:[4026531840]". A namespace in which the step itself runs exists again after a
 * restore. */
static int describe_namespace(const struct objects *o, const struct seen *s, json_t *json,
                              cairn_error *err)
{
    char type[32], path[96];
    struct stat own;
    if (sscanf(s->link, "%31[a-z_]:[", type) != 1 ||
        snprintf(path, sizeof path, "/proc/%d/ns/%s", o->init, type) < 0 || stat(path, &own) < 0 ||
        own.st_ino != s->stat.st_ino || own.st_dev != s->stat.st_dev)
        return unsupported(s, "a namespace in which the step does not run",
                           "close it before the checkpoint", err);
    json_object_set_new(json, "kind", json_string("namespace"));
    json_object_set_new(json, "type", json_string(type));
    return 0;
}

/* Records an object whose path lies in no folder. *done is set when the record is complete. */
static int describe_special(const struct objects *o, const struct seen *s, json_t *json, bool *done,
                            cairn_error *err)
{
    char path[64];
    struct statfs fs;
    snprintf(path, sizeof path, "/proc/%d/fd/%d", s->process->pid, s->fd);
    if (statfs(path, &fs) < 0)
        return cairn_fail_errno(err, "pid %d fd %d (%s)", s->process->ns_pid, s->fd, s->link);
    *done = fs.f_type == NSFS_MAGIC || fs.f_type == MQUEUE_MAGIC;
    if (fs.f_type == NSFS_MAGIC)
        return describe_namespace(o, s, json, err);
    if (*done) {
        json_object_set_new(json, "kind", json_string("mqueue"));
        json_object_set_new(json, "queue", json_integer((json_int_t)s->stat.st_ino));
    }
    return 0;
}

/* Whether the content is stored, rather than generated by the kernel at each read. */
static bool is_stored(const struct seen *s)
{
    static const long made_up[] = {
        SYSFS_MAGIC,      CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEBUGFS_MAGIC,  TRACEFS_MAGIC,
        SECURITYFS_MAGIC, PROC_SUPER_MAGIC,   BPF_FS_MAGIC,        EFIVARFS_MAGIC, PSTOREFS_MAGIC};
    char path[64];
    struct statfs fs;
    snprintf(path, sizeof path, "/proc/%d/fd/%d", s->process->pid, s->fd);
    if (statfs(path, &fs) < 0)
        return false;
    for (size_t i = 0; i < sizeof made_up / sizeof *made_up; i++)
        if (fs.f_type == made_up[i])
            return false;
    return true;
}

/* Records an object that a restore opens again by its path. */
static int describe_named(struct objects *o, const struct seen *s, json_t *json, cairn_error *err)
{
    enum name_state state;
    auto_free char *other = NULL;
    bool done = false;
    int rc = describe_special(o, s, json, &done, err);
    if (rc != 0 || done)
        return rc;
    rc = find_name(o, s, &state, &other, err);
    if (rc != 0)
        return rc;
    if (state == NAME_GONE)
        return describe_nameless(o, s, json, err);
    rc = describe_path(s, "file", json, err);
    if (rc == 0)
        rc = describe_link(s, other, json, err);
    bool content = S_ISREG(s->stat.st_mode) && !(s->flags & O_PATH);
    bool written = content && (s->flags & O_ACCMODE) != O_RDONLY;
    if (rc == 0 && content && !written && is_stored(s) &&
        file_identity_note(json, &s->stat, false) != 0)
        rc = cairn_fail(err, ENOMEM, "out of memory noting %s", s->link);
    return rc == 0 && written ? note_written(o, s, other ? other : s->link, err) : rc;
}

static int describe_regular(struct objects *o, const struct seen *s, json_t *json, cairn_error *err)
{
    if (o->shm_dev != 0 && s->stat.st_dev == o->shm_dev && s->stat.st_nlink > 0) {
        json_object_set_new(json, "kind", json_string("object"));
        json_object_set_new(json, "position", json_integer(s->position));
        return capture_content(o, s, "shm", json, err);
    }
    return describe_named(o, s, json, err);
}

/* Whether the path leads to the same device. Any such path serves. */
static bool leads_to_device(const struct objects *o, const struct seen *s)
{
    char path[PATH_MAX + 64];
    struct stat st;
    snprintf(path, sizeof path, "/proc/%d/root%s", o->init, s->link);
    return stat(path, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == s->stat.st_rdev;
}

static int describe_device(const struct objects *o, const struct seen *s, json_t *json,
                           cairn_error *err)
{
    static const unsigned memory_devices =
        1; /* null, zero, full, random, urandom, kmsg: no state of their own */
    unsigned type = major(s->stat.st_rdev), number = minor(s->stat.st_rdev);
    if (is_terminal(&s->stat))
        return describe_terminal(o, s->process, s->fd, &s->stat, s->link, json, err);
    if (type == memory_devices && number != 1 && number != 2 && leads_to_device(o, s)) {
        json_object_set_new(json, "kind", json_string("device"));
        json_object_set_new(json, "path", json_string(s->link));
        return 0;
    }
    return unsupported(s, "a device",
                       "a device's state cannot be saved; close it before the checkpoint, or use "
                       "`checkpoint.engine: app`",
                       err);
}

static int describe_pipe(const struct objects *o, const struct seen *s, json_t *json,
                         cairn_error *err)
{
    json_object_set_new(json, "kind", json_string("pipe"));
    json_object_set_new(json, "pipe", json_integer((json_int_t)s->stat.st_ino));
    if (strncmp(s->link, "pipe:", 5) == 0)
        return 0;
    enum name_state state; /* a fifo has, or once had, a name */
    auto_free char *other = NULL;
    int rc = find_name(o, s, &state, &other, err);
    if (rc == 0 && state == NAME_GONE)
        json_object_set_new(json, "nameless", json_integer(s->stat.st_mode & 07777));
    if (rc == 0 && json_object_set_new(json, "path", json_string(s->link)) != 0)
        rc = unsupported(s, "a path that is not UTF-8", NULL, err);
    return rc == 0 ? describe_link(s, other, json, err) : rc;
}

static int describe_timerfd(const struct seen *s, json_t *json, cairn_error *err)
{
    uint64_t clock, ticks, settime;
    long long value[2] = {0}, interval[2] = {0};
    const char *times = strstr(s->fdinfo, "it_value:");
    if (!fdinfo_number(s, "clockid", 10, &clock) || !fdinfo_number(s, "ticks", 10, &ticks) ||
        !fdinfo_number(s, "settime flags", 8, &settime) || !times ||
        sscanf(times, "it_value: (%lld, %lld)\nit_interval: (%lld, %lld)", &value[0], &value[1],
               &interval[0], &interval[1]) != 4)
        return unsupported(s, "a timerfd whose state is of an unknown form", NULL, err);
    json_object_set_new(json, "kind", json_string("timerfd"));
    json_object_set_new(json, "clock", json_integer((json_int_t)clock));
    json_object_set_new(json, "ticks", json_integer((json_int_t)ticks));
    json_object_set_new(json, "settime", json_integer((json_int_t)settime));
    struct timespec now;
    if (settime & TFD_TIMER_ABSTIME && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM) &&
        (value[0] || value[1]) && clock_gettime(CLOCK_REALTIME, &now) == 0)
        json_object_set_new(json, "until_ns",
                            json_integer((json_int_t)(now.tv_sec + value[0]) * 1000000000 +
                                         now.tv_nsec + value[1]));
    json_object_set_new(json, "value",
                        json_pack("[I, I]", (json_int_t)value[0], (json_int_t)value[1]));
    json_object_set_new(json, "interval",
                        json_pack("[I, I]", (json_int_t)interval[0], (json_int_t)interval[1]));
    return 0;
}

static int describe_epoll(const struct seen *s, json_t *json)
{
    json_t *targets = json_array();
    json_object_set_new(json, "kind", json_string("epoll"));
    json_object_set_new(json, "targets", targets);
    for (const char *line = strstr(s->fdinfo, "tfd:"); line; line = strstr(line + 1, "tfd:")) {
        int fd;
        unsigned events;
        unsigned long long data, ino;
        if (sscanf(line, "tfd: %d events: %x data: %llx pos:%*d ino:%llx", &fd, &events, &data,
                   &ino) == 4)
            json_array_append_new(targets, json_pack("{s:i, s:I, s:o, s:o}", "fd", fd, "events",
                                                     (json_int_t)events, "data", json_hex(data),
                                                     "ino", json_hex(ino)));
    }
    return 0;
}

static int describe_anonymous(const struct seen *s, json_t *json, cairn_error *err)
{
    uint64_t value;
    if (strcmp(s->link, "anon_inode:[eventfd]") == 0 &&
        fdinfo_number(s, "eventfd-count", 16, &value)) {
        uint64_t semaphore = 0;
        fdinfo_number(s, "eventfd-semaphore", 10, &semaphore);
        json_object_set_new(json, "kind", json_string("eventfd"));
        json_object_set_new(json, "count", json_hex(value));
        json_object_set_new(json, "semaphore", json_boolean(semaphore));
        return 0;
    }
    if (strcmp(s->link, "anon_inode:[signalfd]") == 0 && fdinfo_number(s, "sigmask", 16, &value)) {
        json_object_set_new(json, "kind", json_string("signalfd"));
        json_object_set_new(json, "mask", json_hex(value));
        return 0;
    }
    if (strcmp(s->link, "anon_inode:[timerfd]") == 0)
        return describe_timerfd(s, json, err);
    if (strcmp(s->link, "anon_inode:[eventpoll]") == 0)
        return describe_epoll(s, json);
    if (strcmp(s->link, "anon_inode:inotify") == 0)
        return describe_inotify(s->process, s->fd, s->fdinfo, json, err);
    if (strcmp(s->link, "anon_inode:[pidfd]") == 0 && fdinfo_number(s, "Pid", 10, &value)) {
        json_object_set_new(json, "kind", json_string("pidfd"));
        json_object_set_new(json, "pid", json_integer((json_int_t)value)); /* as we see it */
        return 0;
    }
    return unsupported(s, "an object that this version does not save", NULL, err);
}

static int describe(struct objects *o, const struct seen *s, json_t *json, cairn_error *err)
{
    json_object_set_new(json, "flags", json_integer(s->flags & ~(unsigned)O_CLOEXEC));
    if (is_of_proc(s))
        return describe_proc(o, s, json, err);
    if (s->flags & O_PATH)
        return describe_named(o, s, json, err);
    switch (s->stat.st_mode & S_IFMT) {
    case S_IFREG:
        return describe_regular(o, s, json, err);
    case S_IFDIR:
        return describe_named(o, s, json, err);
    case S_IFCHR:
        return describe_device(o, s, json, err);
    case S_IFIFO:
        return describe_pipe(o, s, json, err);
    case S_IFSOCK:
        return describe_socket(s->process, s->fd, s->stat.st_ino, json, err);
    default:
        return describe_anonymous(s, json, err);
    }
}

/* Adds the locks of the description, or those of the process, to `json`. */
static int add_locks(const struct seen *s, enum lock_owner owner, json_t *json, cairn_error *err)
{
    json_t *locks;
    cairn_error why = {0};
    int rc = describe_locks(s->fdinfo, owner, &locks, &why);
    if (rc == 0 && locks && is_of_proc(s)) {
        json_decref(locks);
        return unsupported(s, "a lock on a file of /proc", NULL, err);
    }
    if (rc == 0 && locks)
        json_object_set_new(json, "locks", locks);
    return rc == 0 ? 0
                   : cairn_fail(err, why.code, "pid %d fd %d (%s): %s", s->process->ns_pid, s->fd,
                                s->link, why.message);
}

static struct open_description *find_description(const struct objects *o, const struct seen *s)
{
    for (size_t i = 0; i < o->description_count; i++) {
        struct open_description *d = &o->descriptions[i];
        if (d->dev == s->stat.st_dev && d->ino == s->stat.st_ino && d->flags == s->flags &&
            syscall(SYS_kcmp, d->pid, s->process->pid, KCMP_FILE, d->fd, s->fd) == 0)
            return d;
    }
    return NULL;
}

static int add_description(struct objects *o, const struct seen *s, struct open_description **out,
                           cairn_error *err)
{
    struct open_description *grown =
        realloc(o->descriptions, (o->description_count + 1) * sizeof *grown);
    if (!grown)
        return cairn_fail(err, ENOMEM, "out of memory taking descriptors");
    o->descriptions = grown;
    json_auto_t *json = json_pack("{s:i}", "id", (int)o->description_count);
    int rc = add_locks(s, LOCKS_OF_DESCRIPTION, json, err); /* opening the file would break a lease
                                                             * of another process */
    if (rc == 0)
        rc = describe(o, s, json, err);
    if (rc != 0)
        return rc;
    grown[o->description_count] = (struct open_description){.pid = s->process->pid,
                                                            .fd = s->fd,
                                                            .dev = s->stat.st_dev,
                                                            .ino = s->stat.st_ino,
                                                            .flags = s->flags,
                                                            .json = json_incref(json)};
    *out = &grown[o->description_count++];
    return 0;
}

static int capture_descriptor(struct objects *o, struct captured_process *p, int fd,
                              cairn_error *err)
{
    char path[64];
    struct seen s = {.process = p, .fd = fd};
    auto_free char *link = NULL;
    auto_free char *fdinfo = NULL;
    snprintf(path, sizeof path, "/proc/%d/fd/%d", p->pid, fd);
    if (stat(path, &s.stat) < 0)
        return cairn_fail_errno(err, "pid %d fd %d", p->ns_pid, fd);
    int rc = proc_read_link(path, &link, err);
    snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", p->pid, fd);
    if (rc == 0)
        rc = io_read_file(AT_FDCWD, path, 16 << 20, &fdinfo, NULL, err);
    if (rc != 0)
        return rc;
    s.link = link;
    s.fdinfo = fdinfo;
    uint64_t value;
    if (!fdinfo_number(&s, "flags", 8, &value))
        return cairn_fail(err, EINVAL, "%s is not in the known form", path);
    bool close_on_exec = value & O_CLOEXEC;
    s.flags = (unsigned)value & ~(unsigned)O_CLOEXEC;
    s.position = fdinfo_number(&s, "pos", 10, &value) ? (int64_t)value : 0;
    struct open_description *d = find_description(o, &s);
    if (!d) {
        rc = add_description(o, &s, &d, err);
        if (rc != 0)
            return rc;
    } else if (description_is(d, "proc")) {
        json_object_set_new(d->json, "shared", json_true());
    }
    json_t *json = json_pack("{s:i, s:I, s:b}", "fd", fd, "description",
                             (json_int_t)(d - o->descriptions), "close_on_exec", close_on_exec);
    json_array_append_new(json_object_get(p->json, "descriptors"), json);
    return add_locks(&s, LOCKS_OF_PROCESS, json, err);
}

int capture_descriptors(struct objects *o, struct captured_process *p, cairn_error *err)
{
    auto_proc_list struct proc_list list = {0};
    int rc = proc_descriptors(p->pid, &list, err);
    json_object_set_new(p->json, "descriptors", json_array());
    for (size_t i = 0; rc == 0 && i < list.count; i++)
        rc = capture_descriptor(o, p, list.numbers[i], err);
    return rc;
}
