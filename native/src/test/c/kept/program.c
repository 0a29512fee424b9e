/* A program that is replaced while it is an image, as is its library: it goes on as it was. Speaks
 * to its test as victims do. Its arguments are what it does in turn: "checkpoint", or "child",
 * which is what has its name by then, awaited once it has had a checkpoint. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
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
    int go = open("go", O_RDONLY | O_CLOEXEC);
    if (read(go, &byte, 1) != 1)
        _exit(2);
    close(go);
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

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "child") == 0)
            run_child();
        else
            checkpoint_here();
    }
    dprintf(STDOUT_FILENO, "own %d, of the library %d\n", own(), answer());
    return 0;
}
