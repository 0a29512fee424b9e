#include "sandbox/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/owner.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static int write_proc(const char *path, const char *text, cairn_error *err)
{
    auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return cairn_fail_errno(err, "opening %s", path);
    return io_write_full(fd, text, strlen(text), path, err);
}

static bool has_capability(int capability)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0}};
    if (syscall(SYS_capget, &header, data) < 0)
        return false;
    return data[capability / 32].effective & (1u << (capability % 32));
}

static int enter_user_namespace(cairn_error *err)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    struct owner_map mapped;
    cairn_error why;
    if (owner_enter_namespace(&mapped, &why) != 0)
        return cairn_fail(
            err, CAIRN_EHOST,
            "this host refuses a user namespace (%s); an administrator can allow it "
            "(sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, "
            "kernel.apparmor_restrict_unprivileged_userns), but not within a chroot; `cairn "
            "check` says more",
            strerror(why.code));
    char map[64];
    int rc = 0;
    if (!mapped.uids) {
        snprintf(map, sizeof map, "%u %u 1\n", uid, uid);
        rc = write_proc("/proc/self/uid_map", map, err);
    }
    if (rc == 0 && !mapped.gids) {
        snprintf(map, sizeof map, "%u %u 1\n", gid, gid);
        rc = write_proc("/proc/self/setgroups", "deny", err);
        if (rc == 0)
            rc = write_proc("/proc/self/gid_map", map, err);
    }
    return rc;
}

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* One line of /proc/self/timens_offsets: seconds may be negative, nanoseconds not. */
static int format_offset(char *out, size_t size, const char *clock, int64_t offset)
{
    int64_t seconds = offset / 1000000000, nanoseconds = offset % 1000000000;
    if (nanoseconds < 0) {
        nanoseconds += 1000000000;
        seconds -= 1;
    }
    return snprintf(out, size, "%s %lld %lld\n", clock, (long long)seconds, (long long)nanoseconds);
}

/* How far this process's clock is ahead of the host's; not 0 in a nested supervisor. Call it before
 * the process makes a time namespace for its children, because /proc would then show that one. */
static int64_t own_offset_ns(const char *clock)
{
    char line[128], name[32];
    auto_fclose FILE *file = fopen("/proc/self/timens_offsets", "re");
    long long seconds, nanoseconds;
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "%31s %lld %lld", name, &seconds, &nanoseconds) == 3 &&
            strcmp(name, clock) == 0)
            return seconds * 1000000000 + nanoseconds;
    return 0;
}

static int enter_time_namespace(const struct namespace_clocks *clocks,
                                struct namespace_clocks *leads, cairn_error *err)
{
    const struct namespace_clocks own = {own_offset_ns("monotonic"), own_offset_ns("boottime")};
    if (unshare(CLONE_NEWTIME) < 0)
        return cairn_fail(err, CAIRN_EHOST,
                          "this host refuses a time namespace (%s): it needs Linux 5.6 or later "
                          "with CONFIG_TIME_NS",
                          strerror(errno));
    *leads = (struct namespace_clocks){0};
    if (clocks->monotonic_ns == 0 && clocks->boottime_ns == 0)
        return 0;
    leads->monotonic_ns = clocks->monotonic_ns - now_ns(CLOCK_MONOTONIC);
    leads->boottime_ns = clocks->boottime_ns - now_ns(CLOCK_BOOTTIME);
    char text[200]; /* relative to the host's clocks */
    int n = format_offset(text, sizeof text, "monotonic", leads->monotonic_ns + own.monotonic_ns);
    format_offset(text + n, sizeof text - (size_t)n, "boottime",
                  leads->boottime_ns + own.boottime_ns);
    return write_proc("/proc/self/timens_offsets", text, err);
}

int namespaces_take_user(cairn_error *err)
{
    /* With CAP_SYS_ADMIN a process can make namespaces, and with CAP_SYS_PTRACE read the step. With
     * both it needs no user namespace. */
    bool needs_one = !has_capability(CAP_SYS_ADMIN) || !has_capability(CAP_SYS_PTRACE);
    return needs_one ? enter_user_namespace(err) : 0;
}

int namespaces_prepare(const struct namespace_clocks *clocks, struct namespace_clocks *leads,
                       cairn_error *err)
{
    int rc = namespaces_take_user(err);
    return rc == 0 ? enter_time_namespace(clocks, leads, err) : rc;
}

static int mount_at(const char *type, const char *target, unsigned long flags, const char *data,
                    cairn_error *err)
{
    if (mount(type, target, type, flags, data) < 0)
        return cairn_fail(err, CAIRN_EHOST,
                          "this host refuses to mount a fresh %s (%s); in a "
                          "container, allow it an unmasked /proc",
                          target, strerror(errno));
    return 0;
}

/* Mounts pseudo-terminals for the step alone, so that a restore can use the same numbers. */
static int mount_pts(cairn_error *err)
{
    int rc = mount_at("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC,
                      "newinstance,ptmxmode=0666,mode=0620", err);
    if (rc != 0)
        return rc;
    struct stat ptmx;
    if (lstat("/dev/ptmx", &ptmx) == 0 && S_ISLNK(ptmx.st_mode))
        return 0; /* /dev/ptmx is a link to pts/ptmx, and so leads to the new instance already */
    if (mount("/dev/pts/ptmx", "/dev/ptmx", NULL, MS_BIND, NULL) < 0) {
        rc = cairn_fail_errno(err, "binding the step's /dev/ptmx");
        umount2("/dev/pts", MNT_DETACH);
    }
    return rc;
}

int namespaces_mount(bool needs_pty, cairn_error *err)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
        return cairn_fail_errno(err, "keeping the step's mounts to itself");
    int rc = mount_at("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL, err);
    if (rc != 0)
        return rc;
    struct stat shm;
    if (stat("/dev/shm", &shm) == 0) {
        rc = mount_at("tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777", err);
        if (rc != 0)
            return rc;
    }
    rc = mount_pts(needs_pty ? err : NULL);
    return needs_pty ? rc : 0; /* without this mount, a step that makes pseudo-terminals gets no
                                * images */
}
