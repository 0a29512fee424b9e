#include "capture/terminals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "sandbox/terminal_modes.h"
#include "sandbox/terminal_queues.h"

#define AUXILIARY_MAJOR 5 /* /dev/tty and /dev/ptmx */
#define PTMX_MINOR 2
#define SLAVE_MAJOR 136

bool is_terminal(const struct stat *st)
{
    unsigned type = major(st->st_rdev), number = minor(st->st_rdev);
    return S_ISCHR(st->st_mode) &&
           ((type == AUXILIARY_MAJOR && (number == 0 || number == PTMX_MINOR)) ||
            type == SLAVE_MAJOR);
}

static bool is_of_step(const struct objects *o, const struct stat *st)
{
    char path[64];
    struct stat pts, ours;
    snprintf(path, sizeof path, "/proc/%d/root/dev/pts/ptmx", o->init);
    if (stat(path, &pts) < 0)
        return false;
    bool shared = stat("/dev/pts/ptmx", &ours) == 0 && ours.st_dev == pts.st_dev;
    return !shared && st->st_dev == pts.st_dev;
}

int describe_terminal(const struct objects *o, const struct captured_process *p, int number,
                      const struct stat *st, const char *link, json_t *json, cairn_error *err)
{
    auto_close int fd = -1;
    int rc = description_borrow(p->pid, number, &fd, err);
    if (rc != 0)
        return rc;
    unsigned index = minor(st->st_rdev);
    bool slave = major(st->st_rdev) == SLAVE_MAJOR;
    bool master = !slave && index == PTMX_MINOR;
    if ((slave || master) && !is_of_step(o, st))
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "pid %d fd %d: a terminal from outside of the step (%s)", p->ns_pid,
                          number, link);
    if (master && ioctl(fd, TIOCGPTN, &index) < 0)
        return cairn_fail_errno(err, "pid %d fd %d: asking about a terminal", p->ns_pid, number);
    unsigned device;
    if (!slave && !master) {
        if (ioctl(fd, TIOCGDEV, &device) < 0 || (device >> 8 & 0xfff) != SLAVE_MAJOR)
            return cairn_fail(err, CAIRN_EUNSUPPORTED,
                              "pid %d fd %d: /dev/tty of a terminal that has gone; close it before "
                              "the checkpoint",
                              p->ns_pid, number);
        index = (device & 0xff) | (device >> 12 & 0xfff00);
    }
    json_object_set_new(json, "kind", json_string(master ? "pty_master" : "pty"));
    json_object_set_new(json, "index", json_integer(index));
    if (!slave)
        json_object_set_new(json, "path", json_string(link));
    return 0;
}

static json_int_t index_of(const struct open_description *d)
{
    return json_integer_value(json_object_get(d->json, "index"));
}

static bool is_slave_of(const struct open_description *d, json_int_t index)
{
    return description_is(d, "pty") && index_of(d) == index;
}

static const struct open_description *find_slave(const struct objects *o, json_int_t index)
{
    for (size_t i = 0; i < o->description_count; i++)
        if (is_slave_of(&o->descriptions[i], index) &&
            !json_object_get(o->descriptions[i].json, "path"))
            return &o->descriptions[i];
    return NULL;
}

/* Whether any descriptor of the slave, from index `from` on, has been hung up. */
static int any_hung_up(const struct objects *o, json_int_t index, bool *some, bool *all,
                       cairn_error *err)
{
    *some = false;
    *all = true;
    for (size_t i = 0; i < o->description_count; i++) {
        const struct open_description *d = &o->descriptions[i];
        auto_close int fd = -1;
        struct winsize size;
        if (!is_slave_of(d, index))
            continue;
        int rc = description_borrow(d->pid, d->fd, &fd, err);
        if (rc != 0)
            return rc;
        bool gone = ioctl(fd, TIOCGWINSZ, &size) < 0;
        *some |= gone;
        *all &= gone;
    }
    return 0;
}

/* Opens a slave for this process, even if the terminal is locked or in exclusive use. */
static int open_slave(const struct objects *o, int master, json_int_t index, int locked,
                      bool *exclusive, int *out, cairn_error *err)
{
    int unlocked = 0, is_exclusive = 0;
    const struct open_description *other = find_slave(o, index);
    auto_close int borrowed = -1;
    int rc = other ? description_borrow(other->pid, other->fd, &borrowed, err) : 0;
    if (rc != 0)
        return rc;
    if (borrowed >= 0 && ioctl(borrowed, TIOCGEXCL, &is_exclusive) == 0 && is_exclusive)
        ioctl(borrowed, TIOCNXCL);
    if (locked)
        ioctl(master, TIOCSPTLCK, &unlocked);
    *out = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    int failed = errno;
    if (locked)
        ioctl(master, TIOCSPTLCK, &locked);
    if (is_exclusive)
        ioctl(borrowed, TIOCEXCL);
    *exclusive = is_exclusive;
    errno = failed;
    return *out < 0 ? cairn_fail_errno(err, "opening a terminal of the step") : 0;
}

static bool was_opened(const struct objects *o, int master, json_int_t index)
{
    struct pollfd p = {master, POLLIN, 0};
    return find_slave(o, index) || (poll(&p, 1, 0) > 0 && p.revents & POLLHUP);
}

/* Finds the slave by the step's name for it. The kernel's number is unique across all processes. */
static int note_foreground(int master, const struct captured_process *processes, size_t count,
                           json_t *json, cairn_error *err)
{
    pid_t group = 0, session = 0;
    if (ioctl(master, TIOCGSID, &session) < 0 || ioctl(master, TIOCGPGRP, &group) < 0 || group <= 0)
        return 0;
    for (size_t i = 0; i < count; i++) {
        struct proc_stat stat;
        struct proc_status status;
        int rc = proc_read_stat(processes[i].pid, &stat, err);
        if (rc != 0)
            return rc;
        if (stat.pgrp != group || stat.session != session)
            continue;
        rc = proc_read_status(processes[i].pid, processes[i].pid, &status, err);
        if (rc == 0)
            json_object_set_new(json, "foreground", json_integer(status.ns_pgrp));
        return rc;
    }
    return cairn_fail(err, CAIRN_EBUSY_TREE,
                      "a pseudo-terminal whose foreground process group has ended");
}

static int note_settings(int master, int slave, json_t *json, cairn_error *err)
{
    struct winsize size;
    struct stat st;
    int discipline = 0, exclusive = 0;
    json_t *modes;
    int rc = terminal_modes_read(master, &modes, err);
    if (rc != 0)
        return rc;
    json_object_set_new(json, "modes", modes);
    if (ioctl(master, TIOCGWINSZ, &size) < 0 || ioctl(slave, TIOCGETD, &discipline) < 0 ||
        ioctl(master, TIOCGEXCL, &exclusive) < 0 || fstat(slave, &st) < 0)
        return cairn_fail_errno(err, "asking about a terminal");
    if (discipline != 0 || exclusive)
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "a pseudo-terminal with %s, which this version does not save",
                          exclusive ? "a master in exclusive mode" : "another line discipline");
    json_object_set_new(
        json, "size",
        json_pack("[i, i, i, i]", size.ws_row, size.ws_col, size.ws_xpixel, size.ws_ypixel));
    json_object_set_new(json, "mode", json_integer(st.st_mode & 07777));
    json_object_set_new(json, "owner",
                        json_pack("[I, I]", (json_int_t)st.st_uid, (json_int_t)st.st_gid));
    return 0;
}

/* The terminal whose master this process holds. It takes the size of the window in which the step
 * is resumed. */
static int capture_own(int own, const struct captured_process *processes, size_t count, json_t *out,
                       cairn_error *err)
{
    json_t *json = json_pack("{s:i, s:b}", "index", 0, "own", 1), *modes;
    json_array_append_new(out, json);
    int rc = terminal_modes_read(own, &modes, err);
    if (rc != 0)
        return rc;
    json_object_set_new(json, "modes", modes);
    return note_foreground(own, processes, count, json, err);
}

static int capture_pty(const struct objects *o, const struct open_description *d,
                       const struct captured_process *processes, size_t count, json_t *out,
                       cairn_error *err)
{
    json_int_t index = index_of(d);
    auto_close int master = -1;
    auto_close int slave = -1;
    int locked = 0;
    bool exclusive, some_gone, all_gone;
    json_t *json = json_pack("{s:I}", "index", index);
    json_array_append_new(out, json);
    int rc = description_borrow(d->pid, d->fd, &master, err);
    if (rc == 0)
        rc = any_hung_up(o, index, &some_gone, &all_gone, err);
    if (rc != 0)
        return rc;
    if (some_gone)
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "a pseudo-terminal that was hung up while its master is open");
    if (!was_opened(o, master, index))
        return cairn_fail(err, CAIRN_EBUSY_TREE,
                          "a pseudo-terminal whose other end has not been opened yet");
    if (ioctl(master, TIOCGPTLCK, &locked) < 0)
        return cairn_fail_errno(err, "asking about a terminal");
    rc = open_slave(o, master, index, locked, &exclusive, &slave, err);
    if (rc == 0)
        rc = note_settings(master, slave, json, err);
    if (rc == 0)
        rc = note_foreground(master, processes, count, json, err);
    if (rc != 0)
        return rc;
    json_object_set_new(json, "locked", json_boolean(locked));
    json_object_set_new(json, "exclusive", json_boolean(exclusive));
    rc = terminal_queues_take(master, slave, json, err);
    int back = terminal_queues_put(master, slave, json, rc == 0 ? err : NULL);
    return rc != 0 ? rc : back;
}

static json_t *find_pty(const json_t *ptys, json_int_t index)
{
    size_t i;
    json_t *json;
    json_array_foreach(ptys, i, json)
    {
        if (json_integer_value(json_object_get(json, "index")) == index)
            return json;
    }
    return NULL;
}

/* Refuses a slave whose master belongs to no process of the step. */
static int capture_orphan(const struct objects *o, const struct open_description *d, json_t *out,
                          cairn_error *err)
{
    bool some_gone, all_gone;
    int rc = any_hung_up(o, index_of(d), &some_gone, &all_gone, err);
    if (rc != 0)
        return rc;
    if (!all_gone)
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "fd %d: a terminal whose master is held by no process of the step",
                          d->fd);
    json_array_append_new(out, json_pack("{s:I, s:b}", "index", index_of(d), "hung_up", 1));
    return 0;
}

static int note_controlling(struct captured_process *p, const json_t *ptys, cairn_error *err)
{
    struct proc_stat stat;
    int rc = proc_read_stat(p->pid, &stat, err);
    if (rc != 0 || stat.tty == 0)
        return rc;
    unsigned device = (unsigned)stat.tty;
    json_int_t index = (device & 0xff) | (device >> 12 & 0xfff00);
    if ((device >> 8 & 0xfff) != SLAVE_MAJOR || !find_pty(ptys, index))
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "pid %d has a controlling terminal that the step does not hold",
                          p->ns_pid);
    json_object_set_new(p->json, "terminal", json_integer(index));
    return 0;
}

int capture_terminals(const struct objects *o, struct captured_process *processes, size_t count,
                      int own, json_t *meta, cairn_error *err)
{
    json_t *ptys = json_array();
    json_object_set_new(meta, "ptys", ptys);
    int rc = own >= 0 ? capture_own(own, processes, count, ptys, err) : 0;
    for (int masters = 1; masters >= 0; masters--)
        for (size_t i = 0; rc == 0 && i < o->description_count; i++) {
            const struct open_description *d = &o->descriptions[i];
            if (masters && description_is(d, "pty_master"))
                rc = capture_pty(o, d, processes, count, ptys, err);
            else if (!masters && description_is(d, "pty") && !find_pty(ptys, index_of(d)))
                rc = capture_orphan(o, d, ptys, err);
        }
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = note_controlling(&processes[i], ptys, err);
    return rc;
}
