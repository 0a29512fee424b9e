#include "restore/terminals.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "restore/fd_store.h"
#include "sandbox/terminal_modes.h"
#include "sandbox/terminal_queues.h"

#define MOST_TERMINALS 4096
#define PATH_LIMIT 4096

static bool is_own(const json_t *pty)
{
    return json_is_true(json_object_get(pty, "own"));
}

static bool is_hung_up(const json_t *pty)
{
    return json_is_true(json_object_get(pty, "hung_up"));
}

static json_t *find_pty(const json_t *ptys, int64_t index)
{
    size_t i;
    json_t *pty;
    json_array_foreach(ptys, i, pty)
    {
        if (json_integer_value(json_object_get(pty, "index")) == index)
            return pty;
    }
    return NULL;
}

int terminals_complete(json_t *meta, cairn_error *err)
{
    json_t *ptys = NULL, *modes = json_object_get(meta, "terminal");
    int rc = json_may_array(meta, "ptys", MOST_TERMINALS, &ptys, err);
    if (rc != 0 || ptys || !modes)
        return rc;
    json_object_set_new(meta, "ptys",
                        json_pack("[{s:i, s:b, s:O}]", "index", 0, "own", 1, "modes", modes));
    return 0;
}

/* The description of the master; -1 if there is none. */
static ssize_t find_master(const struct restoration *r, int64_t index)
{
    size_t i;
    json_t *json;
    json_array_foreach(json_object_get(r->meta, "descriptions"), i, json)
    {
        if (description_is_kind(json, "pty_master") &&
            json_integer_value(json_object_get(json, "index")) == index)
            return (ssize_t)i;
    }
    return -1;
}

/* Makes terminals up to the index: the kernel gives the lowest free one. */
static int open_master(const char *path, int64_t flags, int64_t index, int *out, cairn_error *err)
{
    unsigned got;
    int unlocked = 0;
    auto_close int master = open(path, (int)(flags & REOPEN_FLAGS) | O_NOCTTY | O_CLOEXEC);
    if (master < 0)
        return cairn_fail_errno(err, "opening %s", path);
    if (ioctl(master, TIOCGPTN, &got) < 0 || ioctl(master, TIOCSPTLCK, &unlocked) < 0)
        return cairn_fail_errno(err, "making a pseudo-terminal");
    if (got != index)
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "the pseudo-terminal with index %lld cannot be had again",
                          (long long)index);
    *out = steal_fd(&master);
    return 0;
}

static int place_slave(const struct restoration *r, int master, int64_t index, cairn_error *err)
{
    auto_close int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (slave < 0)
        return cairn_fail_errno(err, "opening /dev/pts/%lld", (long long)index);
    return fd_store_place(slave, fd_store_terminal(r, index), err);
}

static int make_pty(const struct restoration *r, const json_t *pty, int64_t index, cairn_error *err)
{
    const char *path = "/dev/ptmx";
    int64_t flags = O_RDWR;
    auto_close int master = -1;
    ssize_t id = find_master(r, index);
    int rc = 0;
    if (id >= 0) {
        const json_t *json = json_array_get(json_object_get(r->meta, "descriptions"), (size_t)id);
        rc = json_need_string(json, "path", PATH_LIMIT, &path, err);
        if (rc == 0)
            rc = json_need_int(json, "flags", 0, INT32_MAX, &flags, err);
    } else if (!is_hung_up(pty)) {
        return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "terminal %lld has no master",
                          (long long)index);
    }
    if (rc == 0)
        rc = open_master(path, flags, index, &master, err);
    if (rc == 0 && is_hung_up(pty)) /* the master stays open until the slaves are open */
        return fd_store_place(master, fd_store_terminal(r, index), err);
    if (rc == 0)
        rc = place_slave(r, master, index, err);
    return rc == 0 ? fd_store_place(master, fd_store_description(r, id), err) : rc;
}

static int highest_index(const json_t *ptys, int64_t *out, cairn_error *err)
{
    size_t i;
    json_t *pty;
    int64_t index;
    *out = -1;
    json_array_foreach(ptys, i, pty)
    {
        int rc = json_need_int(pty, "index", 0, MOST_TERMINALS - 1, &index, err);
        if (rc != 0)
            return rc;
        if (index > *out)
            *out = index;
    }
    return 0;
}

/* Holds an index that is free in the step. Its descriptors lie above the store, whose numbers must
 * stay free. */
static int fill_gap(const struct restoration *r, int64_t index, int64_t highest, int *out,
                    cairn_error *err)
{
    int after = fd_store_terminal(r, highest) + 1 + (int)json_array_size(r->mapped_files) +
                (int)r->own_descriptors.count;
    auto_close int master = -1;
    int rc = open_master("/dev/ptmx", O_RDWR, index, &master, err);
    if (rc != 0)
        return rc;
    *out = fcntl(master, F_DUPFD_CLOEXEC, after);
    return *out < 0 ? cairn_fail_errno(err, "holding terminal %lld", (long long)index) : 0;
}

int terminals_make(const struct restoration *r, int own, cairn_error *err)
{
    const json_t *ptys = json_object_get(r->meta, "ptys");
    int64_t highest;
    int rc = highest_index(ptys, &highest, err);
    if (rc != 0)
        return rc;
    auto_free int *gaps = malloc((size_t)(highest + 2) * sizeof *gaps);
    size_t gap_count = 0;
    if (!gaps)
        return cairn_fail(err, ENOMEM, "out of memory making terminals");
    for (int64_t index = 0; rc == 0 && index <= highest; index++) {
        const json_t *pty = find_pty(ptys, index);
        if (pty && is_own(pty)) {
            rc = own >= 0 ? fd_store_place(own, fd_store_terminal(r, index), err)
                          : cairn_fail(err, CAIRN_EUNSUPPORTED,
                                       "the step had a terminal and is now given none");
        } else if (pty) {
            rc = make_pty(r, pty, index, err);
        } else if (index > 0 || own < 0) {
            rc = fill_gap(r, index, highest, &gaps[gap_count], err);
            gap_count += rc == 0;
        }
    }
    for (size_t i = 0; i < gap_count; i++)
        close(gaps[i]);
    return rc;
}

static int open_slave(const struct restoration *r, int64_t index, int64_t flags, int number,
                      cairn_error *err)
{
    char path[64];
    if (fd_store_terminal(r, index) < 0)
        return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "the image tells nothing of terminal %lld",
                          (long long)index);
    snprintf(path, sizeof path, "/dev/pts/%lld", (long long)index);
    auto_close int fd = open(path, (int)(flags & REOPEN_FLAGS) | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return cairn_fail_errno(err, "opening %s", path);
    return fd_store_place(fd, number, err);
}

/* The terminal behind /dev/tty depends on the process that opens it. So a helper with our
 * descriptors opens it, with that terminal as its controlling one. */
static int open_in_session(int terminal, const char *path, int64_t flags, int number,
                           cairn_error *err)
{
    long helper = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, 0);
    if (helper < 0)
        return cairn_fail_errno(err, "forking for %s", path);
    if (helper == 0) {
        signal(SIGHUP, SIG_IGN);
        if (setsid() < 0 || ioctl(terminal, TIOCSCTTY, 0) < 0)
            _exit(errno);
        int fd = open(path, (int)(flags & REOPEN_FLAGS));
        if (fd < 0 || dup3(fd, number, 0) < 0)
            _exit(errno);
        close(fd);
        ioctl(terminal, TIOCNOTTY);
        _exit(0);
    }
    int status;
    while (waitpid((pid_t)helper, &status, __WALL) < 0 && errno == EINTR) {
    }
    errno = WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
    return errno == 0 ? 0 : cairn_fail_errno(err, "opening %s in its session", path);
}

int terminal_open_description(const struct restoration *r, size_t id, cairn_error *err)
{
    const json_t *json = json_array_get(json_object_get(r->meta, "descriptions"), id);
    int number = fd_store_description(r, (int64_t)id);
    int64_t index = 0, flags;
    const char *path = NULL;
    int rc = json_may_int(json, "index", 0, MOST_TERMINALS - 1, &index, err);
    if (rc == 0)
        rc = json_need_int(json, "flags", 0, INT32_MAX, &flags, err);
    if (rc == 0)
        rc = json_may_string(json, "path", PATH_LIMIT, &path, err);
    if (rc != 0)
        return rc;
    return path ? open_in_session(fd_store_terminal(r, index), path, flags, number, err)
                : open_slave(r, index, flags, number, err);
}

static int set_size(int master, const json_t *pty, cairn_error *err)
{
    json_t *list;
    unsigned short numbers[4];
    int rc = json_need_array(pty, "size", 4, &list, err);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < 4; i++)
        numbers[i] = (unsigned short)json_integer_value(json_array_get(list, i));
    struct winsize size = {numbers[0], numbers[1], numbers[2], numbers[3]};
    return ioctl(master, TIOCSWINSZ, &size) < 0 ? cairn_fail_errno(err, "sizing a terminal") : 0;
}

/* Attributes that the caller may not set keep their initial value. */
static void set_attributes(int slave, const json_t *pty)
{
    const json_t *owner = json_object_get(pty, "owner");
    (void)!fchown(slave, (uid_t)json_integer_value(json_array_get(owner, 0)),
                  (gid_t)json_integer_value(json_array_get(owner, 1)));
    (void)!fchmod(slave, (mode_t)json_integer_value(json_object_get(pty, "mode")) & 07777);
}

static int fill(const struct restoration *r, const json_t *pty, cairn_error *err)
{
    int64_t index = json_integer_value(json_object_get(pty, "index"));
    int slave = fd_store_terminal(r, index);
    bool locked, exclusive;
    json_t *modes;
    int rc = json_need_object(pty, "modes", &modes, err);
    if (rc == 0)
        rc = terminal_modes_apply(slave, modes, err);
    if (rc != 0 || is_own(pty))
        return rc;
    int master = fd_store_description(r, find_master(r, index));
    rc = set_size(master, pty, err);
    if (rc == 0)
        rc = json_need_bool(pty, "locked", &locked, err);
    if (rc == 0)
        rc = json_need_bool(pty, "exclusive", &exclusive, err);
    if (rc == 0)
        rc = terminal_queues_put(master, slave, pty, err);
    if (rc != 0)
        return rc;
    set_attributes(slave, pty);
    int lock = locked;
    if (ioctl(master, TIOCSPTLCK, &lock) < 0 || (exclusive && ioctl(slave, TIOCEXCL) < 0))
        return cairn_fail_errno(err, "locking a terminal");
    return 0;
}

int terminals_fill(const struct restoration *r, cairn_error *err)
{
    size_t i;
    json_t *pty;
    int rc = 0;
    json_array_foreach(json_object_get(r->meta, "ptys"), i, pty)
    {
        if (rc == 0 && is_hung_up(pty))
            close(fd_store_terminal(r, json_integer_value(json_object_get(pty, "index"))));
        else if (rc == 0)
            rc = fill(r, pty, err);
    }
    return rc;
}

int64_t terminal_of(const struct restored_process *p)
{
    const json_t *index = json_object_get(p->json, "terminal");
    if (json_is_true(json_object_get(p->json, "tty"))) /* for images of former versions */
        return 0;
    return json_is_integer(index) ? json_integer_value(index) : -1;
}

void terminal_take_as_stub(const struct restoration *r, const struct restored_process *p)
{
    int number = fd_store_terminal(r, terminal_of(p));
    if (number >= 0)
        ioctl(number, TIOCSCTTY, 0);
}

int terminal_take(const struct restoration *r, struct restored_process *p, cairn_error *err)
{
    int number = fd_store_terminal(r, terminal_of(p));
    return number < 0 ? 0
                      : inject_ok(&p->injector, "taking a terminal", NULL, err, SYS_ioctl,
                                  (uint64_t)number, TIOCSCTTY, 0, 0, 0, 0);
}

static int set_foreground(const struct restoration *r, struct restored_process *leader,
                          cairn_error *err)
{
    int64_t group = 0;
    const json_t *pty = find_pty(json_object_get(r->meta, "ptys"), terminal_of(leader));
    int rc = json_may_int(pty, "foreground", 1, INT32_MAX, &group, err);
    if (rc != 0 || group == 0)
        return rc;
    pid_t pgrp = (pid_t)group;
    rc = inject_write(&leader->injector, leader->injector.scratch, &pgrp, sizeof pgrp, err);
    return rc == 0 ? inject_ok(&leader->injector, "a foreground process group", NULL, err,
                               SYS_ioctl, (uint64_t)fd_store_terminal(r, terminal_of(leader)),
                               TIOCSPGRP, leader->injector.scratch, 0, 0, 0)
                   : rc;
}

int terminals_set_foreground(struct restoration *r, cairn_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->process_count; i++) {
        struct restored_process *p = &r->processes[i];
        const struct restored_process *leader = restoration_find(r, p->session);
        if (p->zombie || !leader || leader->zombie || terminal_of(leader) < 0)
            continue;
        if (leader == p)
            rc = set_foreground(r, p, err);
        else if (terminal_of(p) < 0) /* born with its session's */
            rc = inject_ok(&p->injector, "giving a terminal up", NULL, err, SYS_ioctl,
                           (uint64_t)fd_store_terminal(r, terminal_of(leader)), TIOCNOTTY, 0, 0, 0,
                           0);
    }
    return rc;
}
