/* Files and folders: positions, flags, who shares what, and what has no name. */
#include "victim.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void put(int fd, const char *text)
{
    require(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

static bool holds(const char *path, const char *text)
{
    char bytes[256] = "";
    int fd = (int)need(open(path, O_RDONLY));
    ssize_t n = need(read(fd, bytes, sizeof bytes - 1));
    close(fd);
    return n == (ssize_t)strlen(text) && strcmp(bytes, text) == 0;
}

VICTIM(keeps_positions_and_flags_of_files)
{
    int plain = (int)need(open("plain", O_RDWR | O_CREAT | O_TRUNC, 0644));
    put(plain, "0123456789");
    int appending = (int)need(open("appended", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    put(appending, "one\n");
    int reading = (int)need(open("plain", O_RDONLY | O_NOFOLLOW));
    need(lseek(reading, 4, SEEK_SET));
    need(lseek(plain, 7, SEEK_SET));
    need(dup2(reading, 300));
    checkpoint_here();
    require(lseek(plain, 0, SEEK_CUR) == 7 && lseek(reading, 0, SEEK_CUR) == 4);
    put(plain, "x");
    put(appending, "two\n");
    require(holds("plain", "0123456x89") && holds("appended", "one\ntwo\n"));
    char byte;
    require(read(300, &byte, 1) == 1 && byte == '4' && lseek(reading, 0, SEEK_CUR) == 5);
    require((fcntl(appending, F_GETFL) & (O_APPEND | O_ACCMODE)) == (O_APPEND | O_WRONLY));
    require(fcntl(appending, F_GETFD) == FD_CLOEXEC && fcntl(plain, F_GETFD) == 0);
    require(read(appending, &byte, 1) == -1 && errno == EBADF);
}

VICTIM(shares_a_position_with_a_child_but_not_with_another_open)
{
    int go[2], done[2];
    need(pipe(go));
    need(pipe(done));
    int shared = (int)need(open("file", O_RDWR | O_CREAT, 0644));
    int own = (int)need(open("file", O_RDWR));
    put(shared, "abcdef");
    pid_t child = (pid_t)need(fork());
    if (child == 0) {
        char byte;
        need(read(go[0], &byte, 1));
        put(shared, "child");
        put(own, "X");
        put(done[1], "d");
        _exit(0);
    }
    checkpoint_here();
    char byte;
    put(go[1], "g");
    require(read(done[0], &byte, 1) == 1);
    require(lseek(shared, 0, SEEK_CUR) == 11 && lseek(own, 0, SEEK_CUR) == 1);
    put(shared, "!");
    require(holds("file", "Xbcdefchild!"));
    require(waitpid(child, NULL, 0) == child);
}

static void check_nameless(int fd, int other, const char *bytes, size_t len)
{
    struct stat st;
    need(fstat(fd, &st));
    require(st.st_nlink == 0 && st.st_size == (off_t)len + 3);
    char *now = malloc(len);
    require(pread(other, now, len, 0) == (ssize_t)len && memcmp(now, bytes, len) == 0);
    require(lseek(fd, 0, SEEK_CUR) == (off_t)len + 3 && lseek(other, 0, SEEK_CUR) == 2);
    put(fd, "more");
    require(pread(other, now, 7, (off_t)len) == 7 && memcmp(now, "endmore", 7) == 0);
    require((fcntl(other, F_GETFL) & O_ACCMODE) == O_RDONLY);
}

VICTIM(keeps_an_unlinked_file)
{
    size_t len = 100000;
    char *bytes = malloc(len);
    fill_pattern(bytes, len, 1);
    int fd = (int)need(open("soon-gone", O_RDWR | O_CREAT, 0600));
    int other = (int)need(open("soon-gone", O_RDONLY));
    need(unlink("soon-gone"));
    require(write(fd, bytes, len) == (ssize_t)len);
    put(fd, "end");
    need(lseek(other, 2, SEEK_SET));
    checkpoint_here();
    check_nameless(fd, other, bytes, len);
    require(access("soon-gone", F_OK) == -1);
}

VICTIM(keeps_a_temporary_file_without_a_name)
{
    size_t len = 100000;
    char *bytes = malloc(len), path[64];
    fill_pattern(bytes, len, 2);
    int fd = (int)need(open(".", O_RDWR | O_TMPFILE, 0600));
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int other = (int)need(open(path, O_RDONLY));
    require(write(fd, bytes, len) == (ssize_t)len);
    put(fd, "end");
    need(lseek(other, 2, SEEK_SET));
    checkpoint_here();
    check_nameless(fd, other, bytes, len);
}

VICTIM(keeps_a_write_only_unlinked_file)
{
    int fd = (int)need(open("write-only", O_WRONLY | O_CREAT, 0200));
    need(unlink("write-only"));
    put(fd, "text");
    checkpoint_here();
    struct stat st;
    need(fstat(fd, &st));
    require(st.st_size == 4 && (st.st_mode & 0777) == 0200 && lseek(fd, 0, SEEK_CUR) == 4);
}

/* More than half of what it may have, each under a number that another one had when it was opened.
 */
VICTIM(keeps_more_descriptors_than_half_its_limit)
{
    enum { COUNT = 800, FIRST = 100, LIMIT = 1024 };
    const struct rlimit limit = {LIMIT, LIMIT};
    char name[32];
    need(setrlimit(RLIMIT_NOFILE, &limit));
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "many.%d", i % 40);
        int fd = (int)need(open(name, O_RDWR | O_CREAT | (i % 3 ? 0 : O_CLOEXEC), 0600));
        int number = LIMIT - 1 - i;
        if (fd != number)
            need(dup3(fd, number, i % 3 ? 0 : O_CLOEXEC));
        need(lseek(number, i, SEEK_SET));
        close(fd);
    }
    for (int fd = 10; fd < FIRST; fd++)
        need(dup2(LIMIT - fd, fd));
    checkpoint_here();
    for (int i = 0; i < COUNT; i++) {
        int number = LIMIT - 1 - i;
        require(lseek(number, 0, SEEK_CUR) == i);
        require(fcntl(number, F_GETFD) == (i % 3 ? 0 : FD_CLOEXEC));
    }
    for (int fd = 10; fd < FIRST; fd++)
        require(lseek(fd, 0, SEEK_CUR) == fd - 1 && fcntl(fd, F_GETFD) == 0);
    struct rlimit now;
    need(getrlimit(RLIMIT_NOFILE, &now));
    require(now.rlim_cur == LIMIT && now.rlim_max == LIMIT);
}

static void copy_file(const char *from, const char *to)
{
    int source = (int)need(open(from, O_RDONLY)), target = (int)need(creat(to, 0755));
    char piece[4096];
    for (ssize_t n; (n = need(read(source, piece, sizeof piece))) > 0;)
        require(write(target, piece, (size_t)n) == n);
    close(source);
    close(target);
}

static bool same_files(const char *a, const char *b)
{
    int x = (int)need(open(a, O_RDONLY)), y = (int)need(open(b, O_RDONLY));
    char left[4096], right[4096];
    for (;;) {
        ssize_t n = need(read(x, left, sizeof left)), m = need(read(y, right, sizeof right));
        if (n != m || memcmp(left, right, (size_t)n) != 0)
            return false;
        if (n == 0)
            break;
    }
    close(x);
    close(y);
    return true;
}

/* A child that runs a copy of cat. */
struct echo {
    pid_t pid;
    int in, out;
};

static struct echo start_echo(const char *program)
{
    int in[2], out[2];
    need(pipe2(in, O_CLOEXEC));
    need(pipe2(out, O_CLOEXEC));
    pid_t child = (pid_t)need(fork());
    if (child == 0) {
        need(dup2(in[0], 0));
        need(dup2(out[1], 1));
        need(execl(program, "program", (char *)NULL));
    }
    close(in[0]);
    close(out[1]);
    return (struct echo){child, in[1], out[0]};
}

static void hear(const struct echo *echo, const char text[static 3])
{
    char heard[3], link[64];
    put(echo->in, text);
    require(read(echo->out, heard, 3) == 3 && memcmp(heard, text, 3) == 0);
    snprintf(link, sizeof link, "/proc/%d/exe", echo->pid);
    require(same_files(link, "/bin/cat"));
}

static void end_echo(const struct echo *echo)
{
    int status;
    close(echo->in);
    close(echo->out);
    require(waitpid(echo->pid, &status, 0) == echo->pid && status == 0);
}

/* As an upgrade does to what is running: removed, and another one under its name. */
VICTIM(runs_a_program_that_was_replaced)
{
    copy_file("/bin/cat", "program");
    struct echo echo = start_echo("program");
    hear(&echo, "one");
    need(unlink("program"));
    copy_file("/bin/false", "program");
    checkpoint_here();
    hear(&echo, "two");
    require(same_files("program", "/bin/false"));
    end_echo(&echo);
}

/* Gives also the path by which it is run. */
static int copy_to_memory(const char *from, char path[static 64])
{
    int fd = (int)need(memfd_create("program", MFD_CLOEXEC));
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    copy_file(from, path);
    return fd;
}

VICTIM(runs_programs_from_memory)
{
    char running[64], idle[64];
    int fd = copy_to_memory("/bin/cat", running);
    int other = copy_to_memory("/bin/cat", idle);
    need(lseek(fd, 7, SEEK_SET));
    struct echo echo = start_echo(running);
    hear(&echo, "one");
    checkpoint_here();
    hear(&echo, "two");
    require(lseek(fd, 0, SEEK_CUR) == 7 && lseek(other, 0, SEEK_CUR) == 0);
    struct echo again = start_echo(running), late = start_echo(idle);
    hear(&again, "one");
    hear(&late, "one");
    end_echo(&echo);
    end_echo(&again);
    end_echo(&late);
    put(fd, "x");
}

VICTIM(runs_a_program_from_memory_that_nobody_has_open)
{
    char path[64], name[64];
    int fd = copy_to_memory("/bin/cat", path);
    struct echo echo = start_echo(path);
    hear(&echo, "one");
    close(fd);
    checkpoint_here();
    hear(&echo, "two");
    snprintf(path, sizeof path, "/proc/%d/exe", echo.pid);
    require(need(readlink(path, name, sizeof name)) > 15 &&
            memcmp(name, "/memfd:program ", 15) == 0);
    end_echo(&echo);
}

VICTIM(keeps_its_folder_and_open_folders)
{
    char before[512], now[512];
    need(mkdir("inner", 0755));
    need(mkdir("inner/deep", 0755));
    need(chdir("inner/deep"));
    int dir = (int)need(open("..", O_RDONLY | O_DIRECTORY));
    int path = (int)need(open("..", O_PATH));
    int list_fd = (int)need(open("/proc/self/fd", O_RDONLY | O_DIRECTORY));
    require(getcwd(before, sizeof before) != NULL);
    need(chdir("../.."));
    checkpoint_here();
    need(fchdir(dir));
    need(chdir("deep"));
    require(getcwd(now, sizeof now) && strcmp(before, now) == 0);
    struct stat a, b;
    need(fstat(dir, &a));
    need(fstatat(path, "", &b, AT_EMPTY_PATH));
    require(a.st_ino == b.st_ino);
    DIR *list = fdopendir(list_fd);
    require(list != NULL && readdir(list) != NULL);
}

VICTIM(keeps_devices)
{
    int null = (int)need(open("/dev/null", O_RDWR));
    int zero = (int)need(open("/dev/zero", O_RDONLY));
    int random = (int)need(open("/dev/urandom", O_RDONLY));
    checkpoint_here();
    char bytes[16] = "x";
    put(null, "x");
    require(read(zero, bytes, 16) == 16 && bytes[0] == 0);
    require(read(random, bytes, 16) == 16);
}

VICTIM(keeps_what_it_appends_through_two_descriptions)
{
    int one = (int)need(open("twice", O_WRONLY | O_CREAT | O_APPEND, 0644));
    int two = (int)need(open("twice", O_WRONLY | O_APPEND));
    put(one, "1");
    put(two, "2");
    checkpoint_here();
    put(one, "3");
    put(two, "4");
    require(holds("twice", "1234"));
}

VICTIM(keeps_a_file_with_a_strange_name)
{
    int fd = (int)need(open("with space\nnewline (deleted)", O_RDWR | O_CREAT, 0644));
    put(fd, "x");
    checkpoint_here();
    put(fd, "y");
    require(holds("with space\nnewline (deleted)", "xy"));
}
