/*
 * The step that the benchmarks checkpoint. It keeps writing to memory of a given size, half of
 * which compresses, and reads the clock after every write, so that it notices its own pauses.
 *
 *   writer run MIB      for ever; a line each millisecond: `progress WALL_NS`, and for each gap
 * above a millisecond: `gap WALL_NS GAP_NS` writer dump MIB     the memory to standard output, once
 *   writer work MIB N   N million writes, with a system call in each thousand; then their time in
 * ns
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, MILLISECOND = 1000000 };

static uint64_t random_state = 88172645463325252ULL;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static uint64_t now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* Each page: half of it random, half of it one word over and over. */
static uint64_t *make_memory(size_t pages)
{
    uint64_t *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    /* Small pages are the harder case for a checkpointer. */
    madvise(memory, pages * PAGE, MADV_NOHUGEPAGE);
    for (size_t word = 0; word < pages * PAGE / 8; word++)
        memory[word] = word % (PAGE / 8) < PAGE / 16 ? next_random() : word / (PAGE / 8);
    return memory;
}

static void write_somewhere(uint64_t *memory, size_t pages)
{
    uint64_t value = next_random();
    memory[value % pages * (PAGE / 8) + (value >> 32) % (PAGE / 16)] = value;
}

static void run(uint64_t *memory, size_t pages)
{
    uint64_t last = now(CLOCK_MONOTONIC), said = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (;;) {
        write_somewhere(memory, pages);
        uint64_t at = now(CLOCK_MONOTONIC);
        if (at - last > MILLISECOND)
            printf("gap %llu %llu\n", (unsigned long long)now(CLOCK_REALTIME),
                   (unsigned long long)(at - last));
        if (at - said > MILLISECOND) {
            printf("progress %llu\n", (unsigned long long)now(CLOCK_REALTIME));
            said = at;
        }
        last = now(CLOCK_MONOTONIC);
    }
}

static void work(uint64_t *memory, size_t pages, uint64_t millions)
{
    uint64_t start = now(CLOCK_MONOTONIC);
    for (uint64_t i = 0; i < millions * 1000000; i++) {
        write_somewhere(memory, pages);
        if (i % 1000 == 0)
            getppid();
    }
    printf("%llu\n", (unsigned long long)(now(CLOCK_MONOTONIC) - start));
}

static int dump(const uint64_t *memory, size_t pages)
{
    return fwrite(memory, PAGE, pages, stdout) == pages ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: writer run|dump MIB | work MIB MILLIONS\n");
        return 2;
    }
    size_t pages = strtoull(argv[2], NULL, 10) * 1024 * 1024 / PAGE;
    uint64_t *memory = make_memory(pages);
    if (strcmp(argv[1], "dump") == 0)
        return dump(memory, pages);
    if (strcmp(argv[1], "work") == 0 && argc == 4)
        work(memory, pages, strtoull(argv[3], NULL, 10));
    else
        run(memory, pages);
    return 0;
}
