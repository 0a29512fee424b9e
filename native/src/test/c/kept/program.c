/* A program that is replaced, with its library, while it exists only as an image: it resumes
 * unchanged. Speaks to its test as victims do. Its arguments are what it does in turn:
 * "checkpoint"; "child", which is what has its name by then, awaited once it has had a checkpoint;
 * or the path of a file, which it maps as a JVM does its modules, and which must be the same at the
 * end. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "library.h"

static int own(void)
{
    return 10 * ANSWER;
}

static void checkpoint_here(void)
{
    char byte = 'r';
    int ready = open("ready", O_WRONLY | O_CLOEXEC);
    if (write(ready, &byte, 1) != 1)
        _exit(2);
    close(ready);
    for (ssize_t n = 0; n == 0;) { /* what let another one go may not have gone itself */
        int go = open("go", O_RDONLY | O_CLOEXEC);
        n = read(go, &byte, 1);
        close(go);
        if (n < 0)
            _exit(2);
    }
}

static void run_child(void)
{
    pid_t child = fork();
    if (child == 0) {
        execl("program", "program", "checkpoint", (char *)NULL);
        _exit(2);
    }
    int status;
    if (waitpid(child, &status, 0) != child || status != 0)
        _exit(2);
}

static const char *mapped;
static char held[64];

static void map_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    mapped = mmap(NULL, sizeof held, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped == MAP_FAILED)
        _exit(2);
    memcpy(held, mapped, sizeof held);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "child") == 0)
            run_child();
        else if (strcmp(argv[i], "checkpoint") == 0)
            checkpoint_here();
        else
            map_file(argv[i]);
    }
    if (mapped && memcmp(mapped, held, sizeof held) != 0)
        return 3;
    dprintf(STDOUT_FILENO, "own %d, of the library %d\n", own(), answer());
    return 0;
}
