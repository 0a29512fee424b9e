/* Checks every byte of an image, on several cores. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "image/image.h"

#define MOST_THREADS 8

struct verification {
    const image_reader *image;
    atomic_size_t next; /* the next chunk to take; past the end after a failure */
    pthread_mutex_t lock;
    cairn_error failed; /* the first */
};

static void fail(struct verification *v, const cairn_error *failed)
{
    pthread_mutex_lock(&v->lock);
    if (v->failed.code == 0)
        v->failed = *failed;
    pthread_mutex_unlock(&v->lock);
    atomic_store(&v->next, image_reader_chunks(v->image));
}

static void *verify_chunks(void *arg)
{
    struct verification *v = arg;
    cairn_error err = {0};
    auto_free void *buf = malloc(IMAGE_CHUNK_BYTES);
    if (!buf) {
        (void)cairn_fail(&err, ENOMEM, "out of memory to verify an image");
        fail(v, &err);
        return NULL;
    }
    size_t chunks = image_reader_chunks(v->image);
    for (size_t i; (i = atomic_fetch_add(&v->next, 1)) < chunks;) {
        if (image_reader_chunk_check(v->image, i, buf, &err) != 0)
            fail(v, &err);
    }
    return NULL;
}

/* Besides the calling thread. */
static int useful_helpers(size_t chunks)
{
    cpu_set_t set;
    size_t cores = sched_getaffinity(0, sizeof set, &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
    size_t n = cores < chunks ? cores : chunks;
    return n == 0 ? 0 : n < MOST_THREADS ? (int)n - 1 : MOST_THREADS - 1;
}

/* The helpers block all signals, which belong to the host program of this library. If the host
 * grants no thread, the check only takes longer. */
static int start_helpers(pthread_t *helpers, int wanted, struct verification *v)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int started = 0;
    while (started < wanted && pthread_create(&helpers[started], NULL, verify_chunks, v) == 0)
        started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

int image_reader_verify(const image_reader *r, cairn_error *err)
{
    struct verification v = {.image = r, .lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t helpers[MOST_THREADS];
    int n = start_helpers(helpers, useful_helpers(image_reader_chunks(r)), &v);
    verify_chunks(&v);
    for (int i = 0; i < n; i++)
        pthread_join(helpers[i], NULL);
    pthread_mutex_destroy(&v.lock);
    return v.failed.code == 0 ? 0 : cairn_fail(err, v.failed.code, "%s", v.failed.message);
}
