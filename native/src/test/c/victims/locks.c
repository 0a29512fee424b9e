/* File locks: a program that holds one must never go on without it. */
#include "victim.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int lock_range(int fd, int command, short type, off_t start, off_t len)
{
    struct flock range = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
    return fcntl(fd, command, &range);
}

/* What a process that holds nothing finds in the way of a write lock on one byte. */
static struct flock found_at(off_t byte)
{
    int pair[2];
    struct flock found;
    need(pipe(pair));
    pid_t child = (pid_t)need(fork());
    if (child == 0) {
        int fd = (int)need(open("locked", O_RDWR));
        found =
            (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
        need(fcntl(fd, F_GETLK, &found));
        _exit(write(pair[1], &found, sizeof found) == sizeof found ? 0 : 1);
    }
    close(pair[1]);
    require(read(pair[0], &found, sizeof found) == sizeof found);
    close(pair[0]);
    require(waitpid(child, NULL, 0) == child);
    return found;
}

static bool flocked(const char *path, int operation)
{
    int fd = (int)need(open(path, O_RDONLY));
    bool refused = flock(fd, operation | LOCK_NB) == -1;
    require(!refused || errno == EWOULDBLOCK);
    close(fd);
    return refused;
}

VICTIM(keeps_flocks)
{
    int whole = (int)need(open("whole", O_RDWR | O_CREAT, 0644));
    int shared = (int)need(open("shared", O_RDONLY | O_CREAT, 0644));
    int folder = (int)need(open(".", O_RDONLY | O_DIRECTORY));
    need(flock(whole, LOCK_EX));
    need(flock(shared, LOCK_SH));
    need(flock(folder, LOCK_EX));
    need(dup2(whole, 100));
    checkpoint_here();
    require(flocked("whole", LOCK_SH) && flocked(".", LOCK_SH));
    require(flocked("shared", LOCK_EX) && !flocked("shared", LOCK_SH));
    close(whole);
    require(flocked("whole", LOCK_SH)); /* 100 is the same description */
    close(100);
    require(!flocked("whole", LOCK_EX));
}

VICTIM(keeps_locks_of_ranges)
{
    int fd = (int)need(open("locked", O_RDWR | O_CREAT, 0644));
    int other = (int)need(open("locked", O_RDONLY)); /* not to be closed: that would unlock */
    need(lock_range(fd, F_SETLK, F_WRLCK, 10, 5));
    need(lock_range(other, F_SETLK, F_RDLCK, 20, 1));
    need(lock_range(fd, F_SETLK, F_WRLCK, 1000, 0));
    checkpoint_here();
    require(found_at(9).l_type == F_UNLCK && found_at(15).l_type == F_UNLCK);
    struct flock found = found_at(12);
    require(found.l_type == F_WRLCK && found.l_start == 10 && found.l_len == 5);
    require(found.l_pid == getpid());
    found = found_at(20);
    require(found.l_type == F_RDLCK && found.l_pid == getpid());
    found = found_at(1 << 30);
    require(found.l_type == F_WRLCK && found.l_start == 1000 && found.l_len == 0);
    close(other);
    require(found_at(12).l_type == F_UNLCK);
}

VICTIM(keeps_locks_of_an_open_description)
{
    int fd = (int)need(open("locked", O_RDWR | O_CREAT, 0644));
    int other = (int)need(open("locked", O_RDWR));
    need(lock_range(fd, F_OFD_SETLK, F_WRLCK, 3, 4));
    need(lock_range(other, F_OFD_SETLK, F_WRLCK, 7, 1));
    checkpoint_here();
    struct flock found = found_at(3);
    require(found.l_type == F_WRLCK && found.l_start == 3 && found.l_len == 4);
    require(found.l_pid == -1);
    require(lock_range(other, F_OFD_SETLK, F_WRLCK, 3, 1) == -1 && errno == EAGAIN);
    require(lock_range(fd, F_OFD_SETLK, F_WRLCK, 7, 1) == -1 && errno == EAGAIN);
    close(fd);
    require(found_at(3).l_type == F_UNLCK && found_at(7).l_type == F_WRLCK);
}

VICTIM(keeps_the_locks_of_each_of_its_processes)
{
    int go[2], done[2];
    char byte;
    need(pipe(go));
    need(pipe(done));
    int fd = (int)need(open("locked", O_RDWR | O_CREAT, 0644));
    need(lock_range(fd, F_SETLK, F_WRLCK, 0, 1));
    pid_t child = (pid_t)need(fork());
    if (child == 0) {
        need(lock_range(fd, F_SETLK, F_WRLCK, 5, 1));
        require(write(done[1], "l", 1) == 1);
        need(read(go[0], &byte, 1));
        _exit(0);
    }
    require(read(done[0], &byte, 1) == 1);
    checkpoint_here();
    require(found_at(0).l_pid == getpid() && found_at(5).l_pid == child);
    require(write(go[1], "g", 1) == 1);
    require(waitpid(child, NULL, 0) == child);
    require(found_at(0).l_pid == getpid() && found_at(5).l_type == F_UNLCK);
}

VICTIM(goes_on_waiting_for_a_lock)
{
    int fd = (int)need(open("locked", O_RDWR | O_CREAT, 0644));
    need(flock(fd, LOCK_EX));
    pid_t child = (pid_t)need(fork());
    if (child == 0) {
        int own = (int)need(open("locked", O_RDWR));
        need(flock(own, LOCK_EX));
        _exit(9);
    }
    await_syscall(child, SYS_flock);
    checkpoint_here();
    int status;
    require(waitpid(child, &status, WNOHANG) == 0);
    need(flock(fd, LOCK_UN));
    require(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 9);
}

REFUSED(holds_a_lease, "fd 17 (")
{
    int fd = (int)need(open("leased", O_RDONLY | O_CREAT, 0644));
    need(dup2(fd, 17));
    close(fd);
    need(fcntl(17, F_SETLEASE, F_RDLCK));
    checkpoint_here();
    require(fcntl(17, F_GETLEASE) == F_RDLCK);
}

/* The first number after the mode in the descriptor's line: who took the lock. */
static int owner_of(int fd)
{
    char path[64], text[512] = "";
    int owner = -1;
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    int info = (int)need(open(path, O_RDONLY));
    need(read(info, text, sizeof text - 1));
    close(info);
    const char *line = strstr(text, "FLOCK");
    require(line && sscanf(line, "FLOCK ADVISORY %*s %d", &owner) == 1);
    return owner;
}

VICTIM(keeps_who_took_a_flock)
{
    int own = (int)need(open("own", O_RDWR | O_CREAT, 0644));
    int of_dead = (int)need(open("of-dead", O_RDWR | O_CREAT, 0644));
    need(flock(own, LOCK_SH));
    pid_t child = (pid_t)need(fork());
    if (child == 0)
        _exit(flock(of_dead, LOCK_EX));
    int status;
    require(waitpid(child, &status, 0) == child && status == 0);
    checkpoint_here();
    require(owner_of(own) == getpid() && owner_of(of_dead) == 0);
    require(flocked("own", LOCK_EX) && flocked("of-dead", LOCK_SH));
}
