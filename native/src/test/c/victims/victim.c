#include "victim.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

extern const struct victim __start_victims[], __stop_victims[];

_Noreturn void fail_victim(const char *file, int line, const char *what)
{
    const char *name = strrchr(file, '/');
    dprintf(STDOUT_FILENO, "%s:%d: not so: %s (errno: %s)\n", name ? name + 1 : file, line, what,
            strerror(errno));
    _exit(1);
}

void checkpoint_here(void)
{
    char byte = 'r';
    int ready = (int)need(open("ready", O_WRONLY | O_CLOEXEC));
    require(write(ready, &byte, 1) == 1);
    close(ready);
    int go = (int)need(open("go", O_RDONLY | O_CLOEXEC));
    require(read(go, &byte, 1) == 1);
    close(go);
}

void await_syscall(pid_t tid, long nr)
{
    char path[64], text[128];
    snprintf(path, sizeof path, "/proc/%d/syscall", tid);
    for (long now = -1; now != nr; sched_yield()) {
        int fd = (int)need(open(path, O_RDONLY | O_CLOEXEC));
        ssize_t n = read(fd, text, sizeof text - 1);
        close(fd);
        text[n > 0 ? n : 0] = '\0';
        now = text[0] >= '0' && text[0] <= '9' ? strtol(text, NULL, 10) : -1;
    }
}

static uint32_t mix(uint32_t x)
{
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    return x ^ x >> 16;
}

void fill_pattern(void *at, size_t len, uint32_t seed)
{
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)at)[i] = (uint8_t)mix((uint32_t)i * 2654435761u ^ seed);
}

bool has_pattern(const void *at, size_t len, uint32_t seed)
{
    for (size_t i = 0; i < len; i++)
        if (((const uint8_t *)at)[i] != (uint8_t)mix((uint32_t)i * 2654435761u ^ seed))
            return false;
    return true;
}

int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
    for (const struct victim *v = __start_victims; v < __stop_victims; v++) {
        if (argc == 1)
            printf("%s:%s\n", v->name, v->refusal ? v->refusal : "");
        else if (strcmp(v->name, argv[1]) == 0) {
            v->run();
            return 0;
        }
    }
    return argc == 1 ? 0 : 2;
}
