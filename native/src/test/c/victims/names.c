/* Names that are gone, or lead elsewhere, while what they led to is in use. */
#include "victim.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a program may see of a descriptor without using it. */
struct sight {
    char link[512];
    int flags;
    struct stat stat;
};

static struct sight look_at(int fd)
{
    struct sight s = {0};
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    need(readlink(path, s.link, sizeof s.link - 1));
    s.flags = (int)need(fcntl(fd, F_GETFL));
    need(fstat(fd, &s.stat));
    return s;
}

static void require_same(struct sight was, int fd)
{
    struct sight is = look_at(fd);
    require(strcmp(was.link, is.link) == 0);
    require(was.flags == is.flags);
    require(was.stat.st_mode == is.stat.st_mode && was.stat.st_nlink == is.stat.st_nlink &&
            was.stat.st_size == is.stat.st_size);
}

static int new_file(const char *path, const char *text)
{
    int fd = (int)need(open(path, O_RDWR | O_CREAT | O_EXCL, 0640));
    require(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    return fd;
}

VICTIM(keeps_names_and_flags_of_files_that_are_gone)
{
    int plain = new_file("gone", "text"), folder = (int)need(open(".", O_RDONLY | O_DIRECTORY));
    int careful = (int)need(open("gone", O_RDONLY | O_NOFOLLOW));
    int path = (int)need(open("gone", O_PATH));
    int temporary = (int)need(open(".", O_TMPFILE | O_WRONLY | O_APPEND, 0600));
    need(lseek(careful, 2, SEEK_SET));
    need(unlink("gone"));
    need(mkdir("folder", 0755));
    int inner = new_file("folder/inner", "inner");
    need(unlink("folder/inner"));
    need(rmdir("folder"));
    struct timespec old[2] = {{1000, 1}, {2000, 2}};
    need(futimens(plain, old));
    need(futimens(folder, old));
    const int fds[] = {plain, careful, path, inner, temporary};
    struct sight was[5];
    for (int i = 0; i < 5; i++)
        was[i] = look_at(fds[i]);
    checkpoint_here();
    for (int i = 0; i < 4; i++)
        require_same(was[i], fds[i]);
    require(look_at(temporary).flags == was[4].flags); /* its name is the number of its inode */
    struct stat st;
    need(fstat(folder, &st));
    require(st.st_mtim.tv_sec == 2000 && st.st_mtim.tv_nsec == 2);
    need(fstat(careful, &st));
    require(st.st_mtim.tv_sec == 2000 && st.st_mtim.tv_nsec == 2 && st.st_atim.tv_sec == 1000);
    char bytes[8] = "";
    require(read(careful, bytes, 8) == 2 && strcmp(bytes, "xt") == 0);
    require(access("gone", F_OK) == -1 && access("folder", F_OK) == -1);
}

VICTIM(keeps_a_file_whose_name_another_has_now)
{
    int fd = new_file("name", "old");
    need(unlink("name"));
    close(new_file("name", "new"));
    checkpoint_here();
    char bytes[8] = "";
    require(pread(fd, bytes, 8, 0) == 3 && strcmp(bytes, "old") == 0);
    int other = (int)need(open("name", O_RDONLY));
    require(pread(other, bytes, 8, 0) == 3 && strcmp(bytes, "new") == 0);
    require(look_at(fd).stat.st_nlink == 0);
}

VICTIM(keeps_a_file_that_has_another_link)
{
    int fd = new_file("first", "one");
    need(link("first", "second"));
    need(unlink("first"));
    struct sight was = look_at(fd);
    checkpoint_here();
    require_same(was, fd);
    require(write(fd, " two", 4) == 4);
    int other = (int)need(open("second", O_RDONLY));
    char bytes[16] = "";
    require(read(other, bytes, 16) == 7 && strcmp(bytes, "one two") == 0);
    require(look_at(fd).stat.st_ino == look_at(other).stat.st_ino);
    require(access("first", F_OK) == -1);
}

REFUSED(has_a_file_whose_other_link_is_elsewhere, "does not lead to any more")
{
    int fd = new_file("first", "one");
    need(mkdir("folder", 0755));
    need(link("first", "folder/second"));
    need(unlink("first"));
    checkpoint_here();
    require(look_at(fd).stat.st_nlink == 1);
}

/* In a child: we ourselves are told to go on in our folder. */
static void work_in_a_folder_that_is_gone(int ready, int go)
{
    char where[512] = "", now[512] = "", byte = 'x';
    need(mkdir("outer", 0755));
    need(mkdir("outer/inner", 0750));
    need(chdir("outer/inner"));
    int fd = (int)need(open(".", O_RDONLY | O_DIRECTORY));
    int other = (int)need(open("..", O_PATH | O_NOFOLLOW));
    need(rmdir("../inner"));
    need(rmdir("../../outer"));
    need(readlink("/proc/self/cwd", where, sizeof where - 1));
    struct sight was = look_at(fd), above = look_at(other);
    require(write(ready, &byte, 1) == 1 && read(go, &byte, 1) == 1);
    require_same(was, fd);
    require_same(above, other);
    need(readlink("/proc/self/cwd", now, sizeof now - 1));
    require(strcmp(where, now) == 0);
    require(open("file", O_WRONLY | O_CREAT, 0600) == -1 && errno == ENOENT);
    struct stat a, b;
    need(stat(".", &a));
    need(fstat(fd, &b));
    require(a.st_ino == b.st_ino && a.st_nlink == 0);
    _exit(0);
}

VICTIM(works_in_a_folder_that_is_gone)
{
    int ready[2], go[2], status;
    char byte = 'x';
    need(pipe(ready));
    need(pipe(go));
    pid_t child = (pid_t)need(fork());
    if (child == 0)
        work_in_a_folder_that_is_gone(ready[1], go[0]);
    require(read(ready[0], &byte, 1) == 1);
    checkpoint_here();
    require(write(go[1], &byte, 1) == 1);
    require(waitpid(child, &status, 0) == child && status == 0);
    require(access("outer", F_OK) == -1);
}

VICTIM(keeps_a_fifo_that_is_gone)
{
    need(mkfifo("fifo", 0640));
    int both = (int)need(open("fifo", O_RDWR));
    int out = (int)need(open("fifo", O_WRONLY | O_APPEND));
    need(unlink("fifo"));
    require(write(out, "bytes", 5) == 5);
    struct sight was = look_at(both);
    checkpoint_here();
    require_same(was, both);
    char bytes[16];
    require(write(out, "more", 4) == 4 && read(both, bytes, 16) == 9);
    require(memcmp(bytes, "bytesmore", 9) == 0 && access("fifo", F_OK) == -1);
}

VICTIM(keeps_symbolic_links_that_it_has_open)
{
    need(symlink("/dev/null", "link"));
    int fd = (int)need(open("link", O_PATH | O_NOFOLLOW));
    struct sight was = look_at(fd);
    checkpoint_here();
    require_same(was, fd);
    char target[16] = "";
    require(readlinkat(fd, "", target, 16) == 9 && strcmp(target, "/dev/null") == 0);
}

VICTIM(keeps_odd_names_in_shared_memory)
{
    need(mkdir("/dev/shm/...", 0700));
    close(new_file("/dev/shm/.../..x..", "odd"));
    need(link("/dev/shm/.../..x..", "/dev/shm/a..b"));
    int fd = new_file("/dev/shm/x", "gone");
    need(unlink("/dev/shm/x"));
    close(new_file("/dev/shm/x", "there"));
    struct sight was = look_at(fd);
    checkpoint_here();
    require_same(was, fd);
    struct stat a, b;
    need(stat("/dev/shm/.../..x..", &a));
    need(stat("/dev/shm/a..b", &b));
    require(a.st_ino == b.st_ino && a.st_nlink == 2 && a.st_size == 3);
    need(stat("/dev/shm/x", &a));
    require(a.st_size == 5);
}

REFUSED(has_a_file_of_proc_of_one_that_has_ended, "about a process or thread that has ended")
{
    char path[64];
    pid_t child = (pid_t)need(fork());
    if (child == 0) {
        pause();
        _exit(1);
    }
    snprintf(path, sizeof path, "/proc/%d/status", child);
    int fd = (int)need(open(path, O_RDONLY));
    need(kill(child, SIGKILL));
    require(waitpid(child, NULL, 0) == child);
    checkpoint_here();
    char byte;
    require(read(fd, &byte, 1) == -1 && errno == ESRCH);
}

VICTIM(keeps_namespaces_of_its_own_open)
{
    static const char *const paths[] = {"/proc/self/ns/net", "/proc/self/ns/mnt",
                                        "/proc/self/ns/user", "/proc/self/ns/time"};
    int fds[4];
    for (int i = 0; i < 4; i++)
        fds[i] = (int)need(open(paths[i], i == 1 ? O_PATH | O_CLOEXEC : O_RDONLY));
    checkpoint_here();
    for (int i = 0; i < 4; i++) {
        struct stat kept, now;
        need(fstat(fds[i], &kept));
        need(stat(paths[i], &now));
        require(kept.st_ino == now.st_ino && kept.st_dev == now.st_dev);
    }
}

REFUSED(has_a_foreign_namespace_open, "a namespace in which the step does not run")
{
    int ready[2];
    char path[64], byte;
    need(pipe(ready));
    pid_t child = (pid_t)need(fork());
    if (child == 0) {
        need(unshare(CLONE_NEWUSER));
        require(write(ready[1], "x", 1) == 1);
        pause();
    }
    require(read(ready[0], &byte, 1) == 1);
    snprintf(path, sizeof path, "/proc/%d/ns/user", child);
    need(open(path, O_RDONLY));
    need(kill(child, SIGKILL));
    need(waitpid(child, NULL, 0));
    checkpoint_here();
}

/* The name of a socket in the folder itself would be too long. */
VICTIM(has_a_short_folder_for_temporary_files)
{
    char folder[200] = "";
    const char *shortened = getenv("TMPDIR");
    require(shortened && strlen(shortened) < 40);
    need(readlink(shortened, folder, sizeof folder - 1));
    require(strstr(folder, "leaves-little-room"));
    need(mkdir(folder, 0700));
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s/pymp-abcdefgh/listener-abcdefgh", shortened);
    *strrchr(at.sun_path, '/') = '\0';
    need(mkdir(at.sun_path, 0700));
    at.sun_path[strlen(at.sun_path)] = '/';
    int listener = (int)need(socket(AF_UNIX, SOCK_STREAM, 0)), client;
    need(bind(listener, (struct sockaddr *)&at, sizeof at));
    need(listen(listener, 1));
    need(symlink("where/it/leads", "/dev/shm/link"));
    checkpoint_here();
    client = (int)need(socket(AF_UNIX, SOCK_STREAM, 0));
    need(connect(client, (struct sockaddr *)&at, sizeof at));
    need(accept(listener, NULL, NULL));
    char target[200] = "";
    need(readlink("/dev/shm/link", target, sizeof target - 1));
    require(strcmp(target, "where/it/leads") == 0);
}
