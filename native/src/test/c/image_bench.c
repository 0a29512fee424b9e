/* How fast images are written and read on this disk, beside `cat` and `gzip -1` of the same bytes:
 *
 *   image_bench FOLDER [MIB]
 *
 * The bytes are half noise and half text-like, in pages of one or the other and in pages of both.
 * Every time includes the fsync; reading is done once from the disk (cache dropped) and once from
 * the cache.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/tree_removal.h"
#include "image/image.h"

#define PAGE 4096u

struct work {
    image_writer *writer;
    image_reader *reader;
    const uint8_t *data;
    size_t chunks;
    atomic_size_t next;
};

static void die(const char *what, const cairn_error *err)
{
    fprintf(stderr, "image_bench: %s: %s\n", what, err ? err->message : strerror(errno));
    exit(1);
}

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Of all threads: what is left to the step depends on it, and on a busy machine it says more than
 * the clock. */
static double cpu(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static uint64_t next_noise(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

/* Noise up to `noise` bytes of every `period`, then records such as a program keeps: counters and
 * small values. */
static void fill(uint8_t *data, size_t len, size_t noise, size_t period)
{
    uint64_t x = 88172645463325252u;
    for (size_t i = 0; i < len; i += 8) {
        uint64_t word = i % period < noise ? next_noise(&x)
                        : i % 32 == 0      ? i / 32
                        : i % 32 == 8      ? next_noise(&x) % 1000
                                           : 0x3ff0000000000000u;
        memcpy(data + i, &word, sizeof word);
    }
}

static void *write_chunks(void *arg)
{
    struct work *work = arg;
    cairn_error err;
    for (size_t i; (i = atomic_fetch_add(&work->next, 1)) < work->chunks;) {
        struct image_run run = {.start = i * IMAGE_CHUNK_BYTES, .length = IMAGE_CHUNK_BYTES};
        if (image_writer_chunk(work->writer, 1, &run, 1, work->data + i * IMAGE_CHUNK_BYTES,
                               IMAGE_CHUNK_BYTES, &err) != 0)
            die("writing", &err);
    }
    return NULL;
}

static void *read_chunks(void *arg)
{
    struct work *work = arg;
    cairn_error err;
    auto_free uint8_t *buf = malloc(IMAGE_CHUNK_BYTES);
    for (size_t i; (i = atomic_fetch_add(&work->next, 1)) < work->chunks;)
        if (!buf || image_reader_chunk_data(work->reader, i, buf, &err) != 0)
            die("reading", &err);
    return NULL;
}

static void in_threads(int n, void *(*body)(void *), struct work *work)
{
    pthread_t threads[8];
    for (int i = 1; i < n; i++)
        if (pthread_create(&threads[i], NULL, body, work) != 0)
            die("starting a thread", NULL);
    body(work);
    for (int i = 1; i < n; i++)
        pthread_join(threads[i], NULL);
}

static double time_write(int dirfd, int level, int threads, const uint8_t *data, size_t len,
                         struct image_summary *summary)
{
    struct image_options options = {.compression = level};
    struct work work = {.data = data, .chunks = len / IMAGE_CHUNK_BYTES};
    cairn_error err;
    double start = now();
    if (image_writer_open(dirfd, 1, &options, &work.writer, &err) != 0)
        die("opening", &err);
    in_threads(threads, write_chunks, &work);
    if (image_writer_meta(work.writer, "{}", 2, &err) != 0 ||
        image_writer_publish(work.writer, summary, &err) != 0)
        die("publishing", &err);
    double took = now() - start;
    image_writer_close(work.writer);
    return took;
}

static void drop_cache(int dirfd, const char *name)
{
    auto_close int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

static double time_read(int dirfd, int threads)
{
    struct work work = {0};
    cairn_error err;
    double start = now();
    if (image_reader_open(dirfd, "000001", &work.reader, &err) != 0)
        die("opening", &err);
    work.chunks = image_reader_chunks(work.reader);
    in_threads(threads, read_chunks, &work);
    double took = now() - start;
    image_reader_close(work.reader);
    return took;
}

static void bench_image(int dirfd, int level, int threads, const uint8_t *data, size_t len)
{
    struct image_summary summary;
    double cpu_start = cpu();
    double written = time_write(dirfd, level, threads, data, len, &summary);
    double cpu_written = cpu() - cpu_start;
    drop_cache(dirfd, "000001/image.cairn");
    double cold = time_read(dirfd, threads), warm = time_read(dirfd, threads);
    double mib = (double)len / (1 << 20);
    printf("  level %3d, %d threads: write %5.2f s (cpu %5.2f) %5.0f MiB/s   read %5.2f s %5.0f "
           "MiB/s, "
           "cached %5.2f s %5.0f MiB/s   %5.1f MiB\n",
           level, threads, written, cpu_written, mib / written, cold, mib / cold, warm, mib / warm,
           (double)summary.bytes / (1 << 20));
    if (cairn_remove_tree(dirfd, "000001", NULL) != 0)
        die("removing the image", NULL);
}

/* A shell command in the folder, which turns `raw` into `copy`. */
static void bench_command(int dirfd, const char *command, size_t len)
{
    struct stat st;
    double start = now();
    if (system(command) != 0 || fstatat(dirfd, "copy", &st, 0) < 0)
        die(command, NULL);
    double took = now() - start, mib = (double)len / (1 << 20);
    printf("  %-40s %5.2f s %5.0f MiB/s   %5.1f MiB\n", command, took, mib / took,
           (double)st.st_size / (1 << 20));
    unlinkat(dirfd, "copy", 0);
}

static void bench(int dirfd, const char *title, const uint8_t *data, size_t len)
{
    static const int levels[] = {0, -5, -1, 1, 3};
    cairn_error err;
    printf("%zu MiB, %s\n", len >> 20, title);
    auto_close int fd = openat(dirfd, "raw", O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0 || io_write_full(fd, data, len, "raw", &err) != 0 || fsync(fd) < 0)
        die("writing raw", NULL);
    bench_command(dirfd, "cat raw > copy && sync copy", len);
    bench_command(dirfd, "gzip -1 < raw > copy && sync copy", len);
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        for (int threads = 1; threads <= 2; threads++)
            bench_image(dirfd, levels[i], threads, data, len);
    unlinkat(dirfd, "raw", 0);
}

int main(int argc, char **argv)
{
    size_t len = (size_t)(argc > 2 ? atoi(argv[2]) : 1024) << 20;
    if (argc < 2 || len == 0 || chdir(argv[1]) < 0) {
        fprintf(stderr, "usage: image_bench FOLDER [MIB]\n");
        return 2;
    }
    auto_close int dirfd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_free uint8_t *data = malloc(len);
    if (dirfd < 0 || !data)
        die("starting", NULL);
    fill(data, len, PAGE, 2 * PAGE);
    bench(dirfd, "every other page noise", data, len);
    fill(data, len, PAGE / 2, PAGE);
    bench(dirfd, "every page half noise", data, len);
    return 0;
}
