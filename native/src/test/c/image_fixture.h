/* A folder of checkpoints in a temporary place, and small images in it. Header-only: each test
 * program is one file. */
#ifndef CAIRN_TEST_IMAGE_FIXTURE_H
#define CAIRN_TEST_IMAGE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/tree_removal.h"
#include "image/image.h"

#define SMALL_META "{\"kind\":\"test\"}"
#define PAGE 4096u

#define assert_ok(call, err)                \
    do {                                    \
        if ((call) != 0)                    \
            fail_msg("%s", (err)->message); \
    } while (0)

struct fixture {
    char path[64];
    int fd; /* of the folder of checkpoints */
};

static inline int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    strcpy(f->path, "/tmp/cairn-image-test.XXXXXX");
    if (!mkdtemp(f->path))
        return -1;
    f->fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *state = f;
    return f->fd < 0 ? -1 : 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    close(f->fd);
    int rc = cairn_remove_tree(AT_FDCWD, f->path, NULL);
    free(f);
    return rc;
}

/* The same bytes for the same seed, on every machine. */
static inline void fill_noise(uint8_t *out, size_t len, uint64_t seed)
{
    uint64_t x = seed * 2654435761u + 88172645463325252u;
    for (size_t i = 0; i < len; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        out[i] = (uint8_t)(x >> 32);
    }
}

/* Four runs of all sources in two spaces, a chunk that compresses, one that does not, one without
 * bytes. */
static inline int write_small_chunks(image_writer *w, cairn_error *err)
{
    uint8_t noise[600], zeros[900] = {0};
    fill_noise(noise, sizeof noise, 7);
    struct image_run first[] = {
        {.start = 0x10000, .length = sizeof noise / 2, .source = IMAGE_RUN_DATA},
        {.start = 0x20000, .length = PAGE, .source = IMAGE_RUN_ZERO},
        {.start = 0x30000, .length = sizeof noise / 2, .source = IMAGE_RUN_DATA},
    };
    struct image_run second[] = {{.start = 0, .length = sizeof zeros, .source = IMAGE_RUN_DATA}};
    struct image_run third[] = {
        {.start = UINT64_MAX - PAGE, .length = PAGE, .source = IMAGE_RUN_SHARED, .other = 1}};
    int rc = image_writer_chunk(w, 1, first, 3, noise, sizeof noise, err);
    if (rc == 0)
        rc = image_writer_chunk(w, 2, second, 1, zeros, sizeof zeros, err);
    if (rc == 0)
        rc = image_writer_chunk(w, 2, third, 1, NULL, 0, err);
    return rc;
}

static inline int write_small_image(int checkpoints_fd, uint32_t sequence,
                                    struct image_summary *summary, cairn_error *err)
{
    struct image_options options = {.compression = 1};
    image_writer *w = NULL;
    int rc = image_writer_open(checkpoints_fd, sequence, &options, &w, err);
    if (rc == 0)
        rc = write_small_chunks(w, err);
    if (rc == 0)
        rc = image_writer_meta(w, SMALL_META, strlen(SMALL_META), err);
    if (rc == 0)
        rc = image_writer_publish(w, summary, err);
    image_writer_close(w);
    return rc;
}

/* Opens and checks every byte; 0 or the negative code. */
static inline int check_image(int checkpoints_fd, const char *name, cairn_error *err)
{
    image_reader *r = NULL;
    int rc = image_reader_open(checkpoints_fd, name, &r, err);
    if (rc == 0)
        rc = image_reader_verify(r, err);
    image_reader_close(r);
    return rc;
}

#endif
