#include "supervisor/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/process.h"
#include "supervisor/clock.h"

#define LEASE_NAME "lease"
#define LEASE_LIMIT 4096
#define WATCH_EVERY_MS 200

/* The file at one instant. Allocates no memory, because the renewer looks while the main thread
 * forks. */
struct lease_snapshot {
    struct stat st;
    char text[LEASE_LIMIT];
};

/* Opens the file each time, because a network file system asks its server only on an open. `kept`
 * may be NULL. */
static int lease_read(int folder, struct lease_snapshot *out, int *kept, cairn_error *err)
{
    auto_close int fd = openat(folder, LEASE_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &out->st) < 0)
        return cairn_fail_errno(err, "opening the lease");
    if (out->st.st_size >= LEASE_LIMIT)
        return cairn_fail(err, EFBIG, "the lease is not what a supervisor writes");
    int rc = io_read_full(fd, out->text, (size_t)out->st.st_size, "the lease", err);
    if (rc != 0)
        return rc;
    out->text[out->st.st_size] = '\0';
    if (kept)
        *kept = steal_fd(&fd);
    return 0;
}

static char *describe_self(const char *attempt, cairn_error *err)
{
    struct process_identity self;
    struct utsname host;
    char boot_id[BOOT_ID_BYTES];
    uint64_t pid_ns;
    int rc = process_identify(getpid(), &self, err);
    if (rc == 0)
        rc = process_pid_space(boot_id, &pid_ns, err);
    if (rc != 0)
        return NULL;
    uname(&host);
    const char *slash = strrchr(attempt, '/');
    json_t *name = json_string(slash ? slash + 1 : attempt); /* NULL when it is not UTF-8 */
    json_auto_t *json =
        json_pack("{s:s, s:s, s:I, s:i, s:I, s:o}", "host", host.nodename, "boot_id", boot_id,
                  "pid_ns", (json_int_t)pid_ns, "pid", self.pid, "start_time",
                  (json_int_t)self.start_time, "attempt", name ? name : json_null());
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    if (!text)
        cairn_fail(err, ENOMEM, "out of memory writing the lease");
    return text;
}

/* For a person: "pid 4711 on node17". False if the text is not a whole lease. */
static bool name_owner(const char *text, char *out, size_t room)
{
    json_auto_t *json = json_loads(text, 0, NULL);
    const char *host;
    int pid;
    if (json_unpack(json, "{s:s, s:i}", "host", &host, "pid", &pid) != 0)
        return false;
    snprintf(out, room, "pid %d on %s", pid, host);
    return true;
}

static bool is_of_this_host(const char *text, const char *own)
{
    json_auto_t *theirs = json_loads(text, 0, NULL), *ours = json_loads(own, 0, NULL);
    return json_equal(json_object_get(theirs, "boot_id"), json_object_get(ours, "boot_id")) &&
           json_equal(json_object_get(theirs, "pid_ns"), json_object_get(ours, "pid_ns"));
}

static bool was_renewed_between(const struct lease_snapshot *a, const struct lease_snapshot *b)
{
    return a->st.st_ino != b->st.st_ino || a->st.st_mtim.tv_sec != b->st.st_mtim.tv_sec ||
           a->st.st_mtim.tv_nsec != b->st.st_mtim.tv_nsec || strcmp(a->text, b->text) != 0;
}

/* Watches by our clock alone, because the clocks of the other host and of the server may be wrong.
 * 0 if the time did not change, -ENOENT if the file was released or removed. */
static int watch(const struct lease *l, int folder, const char *path,
                 const struct lease_snapshot *first, cairn_error *err)
{
    char owner[300] = "a supervisor on another host";
    name_owner(first->text, owner, sizeof owner);
    int64_t until = clock_boot_ms() + l->times->take_ms;
    while (clock_boot_ms() < until) {
        poll(NULL, 0, WATCH_EVERY_MS);
        struct lease_snapshot now;
        cairn_error why;
        int rc = lease_read(folder, &now, NULL, &why);
        if (rc == -ENOENT)
            return rc;
        if (rc != 0 && rc != -ESTALE)
            return cairn_fail(err, -rc, "%s", why.message);
        if (rc == 0 && was_renewed_between(first, &now))
            return cairn_fail(err, CAIRN_EHELD,
                              "%s supervises this step and renews its lease, %s/" LEASE_NAME
                              "; end it there first",
                              owner, path);
    }
    return 0;
}

static void signal_eventfd(int fd)
{
    uint64_t one = 1;
    while (write(fd, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

__attribute__((format(printf, 3, 4))) static int lose(struct lease *l, cairn_error *err,
                                                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(l->why_lost, sizeof l->why_lost, format, args);
    va_end(args);
    l->lost = true;
    return cairn_fail(err, CAIRN_EHELD, "%s", l->why_lost);
}

/* Opens the folder again by its name. A restarted file server does not know the open descriptors,
 * but the name leads to the same folder. */
static bool find_again(struct lease *l)
{
    struct lease_snapshot now;
    auto_close int fd = open(l->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || lease_read(fd, &now, NULL, NULL) != 0 || strcmp(now.text, l->text) != 0 ||
        (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK))
        return false;
    return dup3(fd, l->images_fd, O_CLOEXEC) >= 0 && dup3(fd, l->folder, O_CLOEXEC) >= 0;
}

/* The folder answers, and the file was removed. While we hold the lease, no other supervisor runs
 * the step: a supervisor that finds no lease after another host ran the step waits for as long as
 * the owner may go without a check. */
static int recreate(struct lease *l, cairn_error *err)
{
    if (!lease_is_held(l))
        return lose(l, err,
                    "its lease, %s/" LEASE_NAME ", was removed while it could not be renewed, so "
                    "that another supervisor may have run the step since",
                    l->path);
    if (l->released)
        return 0;
    int rc = io_publish_new_file(l->folder, LEASE_NAME, l->text, strlen(l->text), err);
    if (rc == 0)
        l->recreated++;
    if (l->released) /* meanwhile */
        unlinkat(l->folder, LEASE_NAME, 0);
    return rc;
}

/* Sets only the times of the inode, which needs no space on a full disk. The written time always
 * grows, even if the clock goes back. */
static int renew(struct lease *l, cairn_error *err)
{
    struct lease_snapshot now;
    auto_close int fd = -1;
    int rc = lease_read(l->folder, &now, &fd, err);
    if (rc != 0 && rc != -ENOENT && find_again(l))
        rc = lease_read(l->folder, &now, &fd, err);
    if (rc == -ENOENT)
        return recreate(l, err);
    if (rc != 0)
        return rc;
    if (strcmp(now.text, l->text) != 0) {
        char taker[300];
        if (!name_owner(now.text, taker, sizeof taker))
            return cairn_fail(err, EINVAL, "the lease is not what a supervisor writes");
        return lose(l, err, "%s has taken the step over, since its lease was not renewed from here",
                    taker);
    }
    time_t clock = time(NULL), shown = now.st.st_mtim.tv_sec;
    const struct timespec next = {.tv_sec = clock > shown ? clock : shown + 1};
    const struct timespec times[] = {next, next};
    return futimens(fd, times) < 0 ? cairn_fail_errno(err, "renewing the lease") : 0;
}

/* Waits until `until`. By then a former owner that is alive has found the lease taken, and has
 * ended or frozen its step. If two processes take the lease at once, one finds the other's. */
static int settle(struct lease *l, int64_t until, cairn_error *err)
{
    int rc = 0;
    for (int64_t now; rc != -CAIRN_EHELD && (now = clock_boot_ms()) < until;) {
        poll(NULL, 0, (int)(until - now < l->times->renew_ms ? until - now : l->times->renew_ms));
        int64_t begun = clock_boot_ms();
        rc = renew(l, err);
        if (rc == 0)
            l->renewed_at = begun;
    }
    return rc;
}

int lease_take(struct lease *l, int folder, const char *path, bool ran_elsewhere, cairn_error *err)
{
    if (!l->times)
        return 0;
    l->text = describe_self(l->attempt, err);
    if (!l->text)
        return -(err ? err->code : ENOMEM);
    struct lease_snapshot former;
    int64_t settling = 0;
    int rc = lease_read(folder, &former, NULL, err);
    if (rc == 0 && !is_of_this_host(former.text, l->text)) {
        rc = watch(l, folder, path, &former, err);
        settling = l->times->renew_ms;
    }
    if (rc == -ENOENT && ran_elsewhere)
        settling = l->times->freeze_ms; /* the file was removed; its owner need not have noticed */
    if (rc != 0 && rc != -ENOENT)
        return rc;
    int64_t begun = clock_boot_ms();
    rc = io_publish_file(folder, LEASE_NAME, l->text, strlen(l->text), err);
    if (rc != 0)
        return rc;
    l->path = path;
    l->images_fd = folder;
    l->renewed_at = begun;
    l->folder = fcntl(folder, F_DUPFD_CLOEXEC, 0);
    rc = l->folder < 0 ? cairn_fail_errno(err, "duplicating a descriptor") : 0;
    return rc == 0 ? settle(l, begun + settling, err) : rc;
}

static void *keep_renewing(void *context)
{
    struct lease *l = context;
    struct pollfd turn = {.fd = l->check_fd, .events = POLLIN};
    while (!l->lost) {
        uint64_t count;
        if (poll(&turn, 1, (int)l->times->renew_ms) > 0 &&
            read(l->check_fd, &count, sizeof count) < 0)
            continue;
        int64_t begun = clock_boot_ms();
        cairn_error ignored; /* only the fact counts that it was not renewed */
        if ((lease_is_held(l) || l->step_frozen) && renew(l, &ignored) == 0)
            l->renewed_at = begun; /* the call may have taken long */
        signal_eventfd(l->checked_fd);
    }
    return NULL;
}

int lease_start_renewing(struct lease *l, cairn_error *err)
{
    l->check_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    l->checked_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->check_fd < 0 || l->checked_fd < 0)
        return cairn_fail_errno(err, "eventfd");
    int failed = pthread_create(&l->renewer, NULL, keep_renewing, l);
    return failed == 0 ? 0
                       : cairn_fail(err, failed, "starting the thread that renews the lease: %s",
                                    strerror(failed));
}

int64_t lease_silent_ms(const struct lease *l)
{
    return l->times ? clock_boot_ms() - l->renewed_at : 0;
}

bool lease_is_held(const struct lease *l)
{
    return !l->times || (!l->lost && lease_silent_ms(l) < l->times->freeze_ms);
}

bool lease_was_renewed(const struct lease *l, int64_t asked)
{
    return !l->times || l->renewed_at >= asked;
}

void lease_check_now(struct lease *l, bool step_frozen)
{
    l->step_frozen = step_frozen;
    signal_eventfd(l->check_fd);
}

bool lease_is_ours(const struct lease *l)
{
    struct lease_snapshot now;
    return !l->times || (l->folder >= 0 && lease_read(l->folder, &now, NULL, NULL) == 0 &&
                         strcmp(now.text, l->text) == 0);
}

void lease_release(struct lease *l)
{
    l->released = true;
    if (l->times && lease_is_ours(l))
        unlinkat(l->folder, LEASE_NAME, 0);
}
