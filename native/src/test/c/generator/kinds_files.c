/* Files and what else has a name, or had one. */
#include "generator.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

static int new_file(struct object *o, int flags)
{
    int fd = keep(o, open(name_of(o, "file"), O_CREAT | flags, 0600 | pick(o, 2) * 0040));
    size_t len = pick(o, 20000);
    note(o, "write", write(fd, bytes_of(o, 1, len), len));
    return fd;
}

static void act_file(struct object *o)
{
    uint8_t bytes[512];
    ssize_t in = write(o->fds[0], bytes_of(o, (uint32_t)o->counts[0]++, 300), 300);
    off_t at = lseek(o->fds[0], -(off_t)pick(o, 200), SEEK_CUR);
    ssize_t out = read(o->fds[0], bytes, sizeof bytes);
    say(o, "wrote %zd at %ld read %zd", in, (long)at, out);
}
ACTING_KIND(file)
{
    int fd = new_file(o, O_RDWR | (chance(o, 30) ? O_APPEND : 0) | (chance(o, 10) ? O_SYNC : 0) |
                             (chance(o, 10) ? O_DSYNC : 0) | (chance(o, 10) ? O_NOATIME : 0));
    note(o, "lseek", lseek(fd, (off_t)pick(o, 30000), SEEK_SET));
}

KIND(file_opened_twice)
{
    new_file(o, O_RDWR);
    keep(o, open(name_of(o, "file"), O_RDONLY | O_CLOEXEC));
    keep(o, open(name_of(o, "file"), O_WRONLY | O_APPEND));
    note(o, "lseek", lseek(o->fds[1], (off_t)pick(o, 1000), SEEK_SET));
}

KIND(file_with_locks)
{
    int fd = new_file(o, O_RDWR);
    for (int i = 0; i < 3; i++) {
        struct flock lock = {.l_type = chance(o, 50) ? F_WRLCK : F_RDLCK,
                             .l_whence = SEEK_SET,
                             .l_start = (off_t)(i * 100),
                             .l_len = pick(o, 50)};
        if (i < 2)
            note(o, "lock", fcntl(fd, i == 0 ? F_SETLK : F_OFD_SETLK, &lock));
        else
            note(o, "flock", flock(fd, chance(o, 50) ? LOCK_SH : LOCK_EX));
    }
}

KIND(file_with_a_lease)
{
    close(new_file(o, O_RDWR));
    o->fd_count = 0;
    int fd = keep(o, open(name_of(o, "file"), O_RDONLY));
    note(o, "F_SETLEASE", fcntl(fd, F_SETLEASE, chance(o, 50) ? F_RDLCK : F_WRLCK));
}

KIND(file_without_a_name)
{
    new_file(o, O_RDWR | (chance(o, 30) ? O_APPEND : 0));
    if (chance(o, 50))
        keep(o, open(name_of(o, "file"), O_RDONLY));
    note(o, "unlink", unlink(name_of(o, "file")));
}

KIND(temporary_file)
{
    int fd = keep(o, open(".", O_TMPFILE | O_RDWR | (chance(o, 50) ? O_EXCL : 0), 0600));
    note(o, "write", write(fd, bytes_of(o, 1, 5000), 5000));
    note(o, "ftruncate", ftruncate(fd, pick(o, 100000)));
}

KIND(file_with_another_link)
{
    char other[128];
    new_file(o, O_RDWR);
    snprintf(other, sizeof other, "%s.2", name_of(o, "file"));
    note(o, "link", link(name_of(o, "file"), other));
    note(o, "unlink", unlink(name_of(o, "file")));
}

KIND(file_replaced_by_another)
{
    char other[128];
    new_file(o, O_RDWR);
    snprintf(other, sizeof other, "%s.new", name_of(o, "file"));
    close(open(other, O_CREAT | O_WRONLY, 0600));
    note(o, "rename", rename(other, name_of(o, "file")));
}

KIND(file_renamed)
{
    char other[128];
    new_file(o, O_RDWR);
    snprintf(other, sizeof other, "%s.renamed", name_of(o, "file"));
    note(o, "rename", rename(name_of(o, "file"), other));
}

KIND(file_with_an_odd_name)
{
    static const char *const names[] = {" (deleted)", " b\nc",    "\\134",
                                        "..x",        "\xff\xfe", "a (deleted) b"};
    char name[128];
    snprintf(name, sizeof name, "%s%s", name_of(o, "file"), names[pick(o, 6)]);
    int fd = keep(o, open(name, O_CREAT | O_RDWR, 0600));
    note(o, "write", write(fd, "odd", 3));
}

KIND(file_with_hints)
{
    uint64_t hint = 1 + pick(o, 5);
    int fd = new_file(o, O_RDWR);
    note(o, "F_SET_RW_HINT", fcntl(fd, F_SET_RW_HINT, &hint));
    note(o, "fsetxattr", fsetxattr(fd, "user.x", "y", 1, 0));
}

KIND(folder)
{
    note(o, "mkdir", mkdir(name_of(o, "folder"), 0700));
    keep(o, open(name_of(o, "folder"), O_RDONLY | O_DIRECTORY));
}

KIND(folder_without_a_name)
{
    note(o, "mkdir", mkdir(name_of(o, "folder"), 0700));
    keep(o, open(name_of(o, "folder"), O_RDONLY | O_DIRECTORY));
    note(o, "rmdir", rmdir(name_of(o, "folder")));
}

KIND(path_only)
{
    close(open(name_of(o, "file"), O_CREAT | O_WRONLY, 0600));
    keep(o, open(name_of(o, "file"), O_PATH | (chance(o, 30) ? O_CLOEXEC : 0)));
    keep(o, open(".", O_PATH | O_DIRECTORY));
}

KIND(path_only_of_a_link)
{
    note(o, "symlink", symlink("/dev/null", name_of(o, "link")));
    keep(o, open(name_of(o, "link"), O_PATH | O_NOFOLLOW));
}

KIND(path_only_of_a_socket_or_fifo)
{
    note(o, "mkfifo", mkfifo(name_of(o, "fifo"), 0600));
    keep(o, open(name_of(o, "fifo"), O_PATH));
}

KIND(device)
{
    static const char *const paths[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
                                        "/dev/urandom"};
    keep(o, open(paths[pick(o, 5)], O_RDWR | (chance(o, 30) ? O_CLOEXEC : 0)));
}

KIND(file_of_proc)
{
    static const char *const paths[] = {
        "/proc/self/status", "/proc/self/maps", "/proc/meminfo",
        "/proc/self",        "/proc/self/task", "/proc/1/stat",
        "/proc/self/fd",     "/sys/kernel",     "/proc/thread-self/comm"};
    char byte;
    int fd = keep(o, open(paths[pick(o, 9)], O_RDONLY));
    if (chance(o, 50))
        note(o, "read", read(fd, &byte, 1));
}

KIND(namespace_descriptor)
{
    static const char *const paths[] = {"/proc/self/ns/net", "/proc/self/ns/mnt",
                                        "/proc/self/ns/user", "/proc/self/ns/uts"};
    keep(o, open(paths[pick(o, 4)], O_RDONLY));
}

KIND(memory_file)
{
    static const int seals[] = {F_SEAL_GROW, F_SEAL_SHRINK, F_SEAL_WRITE, F_SEAL_FUTURE_WRITE,
                                F_SEAL_SEAL};
    int fd = keep(o, memfd_create("a name", MFD_ALLOW_SEALING | (chance(o, 50) ? MFD_CLOEXEC : 0)));
    note(o, "ftruncate", ftruncate(fd, pick(o, 300000)));
    note(o, "pwrite", pwrite(fd, bytes_of(o, 1, 5000), 5000, pick(o, 100000)));
    note(o, "lseek", lseek(fd, pick(o, 1000), SEEK_SET));
    for (uint32_t i = pick(o, 3); i > 0; i--)
        note(o, "seal", fcntl(fd, F_ADD_SEALS, seals[pick(o, 5)]));
    if (chance(o, 30)) {
        char path[64];
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        keep(o, open(path, O_RDONLY));
    }
}

KIND(memory_file_not_to_be_executed)
{
    int fd = keep(o, memfd_create("not executable", 0x0008u /* MFD_NOEXEC_SEAL */));
    note(o, "write", write(fd, "x", 1));
}

KIND(file_in_shared_memory)
{
    char path[128];
    snprintf(path, sizeof path, "/dev/shm/%s", name_of(o, "shm"));
    int fd = keep(o, open(path, O_CREAT | O_RDWR, 0600));
    note(o, "write", write(fd, bytes_of(o, 1, 3000), 3000));
    if (chance(o, 30))
        note(o, "unlink", unlink(path));
}

KIND(odd_name_in_shared_memory)
{
    char path[128];
    snprintf(path, sizeof path, "/dev/shm/..%s", name_of(o, "shm"));
    close(open(path, O_CREAT | O_RDWR, 0600));
}

KIND(mount_descriptor)
{
    keep(o, (int)syscall(SYS_open_tree, -100, ".", O_CLOEXEC));
}
