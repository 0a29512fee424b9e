/* Reads and decompresses the bytes of a space, by several threads. */
#include "restore/space_reader.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "common/cleanup.h"

struct reading {
    const image_reader *image;
    uint32_t space;
    space_sink *sink;
    void *context;
    atomic_size_t next;
    atomic_bool failed;
    cairn_error error; /* the error of the thread that set `failed` first */
};

static int read_chunk(const struct reading *r, size_t i, uint8_t *buffer, cairn_error *err)
{
    struct image_chunk chunk;
    image_reader_chunk_info(r->image, i, &chunk);
    if (chunk.space != r->space)
        return 0;
    int rc = chunk.data_len ? image_reader_chunk_data(r->image, i, buffer, err) : 0;
    const uint8_t *bytes = buffer;
    for (uint32_t k = 0; rc == 0 && k < chunk.n_runs; k++) {
        bool data = chunk.runs[k].source == IMAGE_RUN_DATA;
        rc = r->sink(r->context, &chunk.runs[k], data ? bytes : NULL, err);
        if (data)
            bytes += chunk.runs[k].length;
    }
    return rc;
}

static void *reading_thread(void *argument)
{
    struct reading *r = argument;
    cairn_error error = {0};
    auto_free uint8_t *buffer = malloc(IMAGE_CHUNK_BYTES);
    int rc = buffer ? 0 : cairn_fail(&error, ENOMEM, "out of memory reading the image");
    size_t count = image_reader_chunks(r->image);
    for (size_t i;
         rc == 0 && !atomic_load(&r->failed) && (i = atomic_fetch_add(&r->next, 1)) < count;)
        rc = read_chunk(r, i, buffer, &error);
    if (rc != 0 && !atomic_exchange(&r->failed, true))
        r->error = error;
    return NULL;
}

int space_read(const image_reader *image, uint32_t space, space_sink *sink, void *context,
               unsigned threads, cairn_error *err)
{
    struct reading r = {.image = image, .space = space, .sink = sink, .context = context};
    pthread_t others[64];
    unsigned started = 0;
    for (; started + 1 < threads && started < 64; started++)
        if (pthread_create(&others[started], NULL, reading_thread, &r) != 0)
            break; /* having fewer threads is slower, and no error */
    reading_thread(&r);
    for (unsigned i = 0; i < started; i++)
        pthread_join(others[i], NULL);
    if (!atomic_load(&r.failed))
        return 0;
    if (err)
        *err = r.error;
    return -r.error.code;
}
