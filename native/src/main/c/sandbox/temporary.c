#include "sandbox/temporary.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VARIABLE "TMPDIR="
#define LINK "/dev/shm/" TEMPORARY_LINK
#define LONG 40 /* leaves 66 bytes for the names that programs append */

char *const *temporary_shorten(char *const *envp)
{
    size_t count = 0, at = 0;
    while (envp[count])
        count++;
    while (at < count && strncmp(envp[at], VARIABLE, strlen(VARIABLE)) != 0)
        at++;
    if (at == count)
        return envp;
    const char *folder = envp[at] + strlen(VARIABLE);
    if (folder[0] != '/' || strlen(folder) <= LONG)
        return envp;
    char **copy = calloc(count + 1, sizeof *copy);
    if (!copy || symlink(folder, LINK) < 0) {
        free(copy);
        return envp;
    }
    memcpy(copy, envp, count * sizeof *copy);
    static char shortened[] = VARIABLE LINK;
    copy[at] = shortened;
    return copy;
}
