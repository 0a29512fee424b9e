/* What is written comes back, and nothing else does. */
#include "image_fixture.h"

#include <errno.h>
#include <pthread.h>

static void returns_what_was_written(void **state)
{
    struct fixture *f = *state;
    cairn_error err = {0};
    struct image_summary written, read;
    assert_ok(write_small_image(f->fd, 7, &written, &err), &err);

    image_reader *r;
    assert_ok(image_reader_open(f->fd, "000007", &r, &err), &err);
    image_reader_summary(r, &read);
    assert_int_equal(read.sequence, 7);
    assert_int_equal(read.raw_bytes, 1500);
    assert_int_equal(read.bytes, written.bytes);
    assert_string_equal(read.digest, written.digest);
    assert_int_equal(strlen(read.digest), 32);
    size_t len;
    assert_string_equal(image_reader_meta(r, &len), SMALL_META);
    assert_int_equal(len, strlen(SMALL_META));
    assert_int_equal(image_reader_chunks(r), 3);

    uint8_t noise[600], buf[900];
    fill_noise(noise, sizeof noise, 7);
    struct image_chunk chunk;
    image_reader_chunk_info(r, 0, &chunk);
    assert_int_equal(chunk.space, 1);
    assert_int_equal(chunk.n_runs, 3);
    assert_int_equal(chunk.runs[1].start, 0x20000);
    assert_int_equal(chunk.runs[1].source, IMAGE_RUN_ZERO);
    assert_int_equal(chunk.data_len, sizeof noise);
    assert_ok(image_reader_chunk_data(r, 0, buf, &err), &err);
    assert_memory_equal(buf, noise, sizeof noise);

    assert_ok(image_reader_chunk_data(r, 1, buf, &err), &err);
    for (size_t i = 0; i < 900; i++)
        assert_int_equal(buf[i], 0);

    image_reader_chunk_info(r, 2, &chunk);
    assert_int_equal(chunk.data_len, 0);
    assert_int_equal(chunk.runs[0].start, UINT64_MAX - PAGE);
    assert_int_equal(chunk.runs[0].other, 1);
    assert_ok(image_reader_verify(r, &err), &err);
    image_reader_close(r);
}

#define THREADS 4
#define CHUNKS_EACH 20

struct share {
    image_writer *w;
    uint32_t space;
    int rc;
};

/* Chunk k of a space starts at k MiB; a third is noise, so that plain and compressed ones mix. */
static void fill_chunk(uint8_t *out, uint32_t space, size_t k)
{
    memset(out, (int)(space + k), IMAGE_CHUNK_BYTES);
    fill_noise(out, IMAGE_CHUNK_BYTES / (k % 3 + 1), space * 1000 + k);
}

static void *write_share(void *arg)
{
    struct share *share = arg;
    uint8_t *buf = malloc(IMAGE_CHUNK_BYTES);
    for (size_t k = 0; k < CHUNKS_EACH && share->rc == 0; k++) {
        fill_chunk(buf, share->space, k);
        struct image_run run = {.start = k * IMAGE_CHUNK_BYTES, .length = IMAGE_CHUNK_BYTES};
        share->rc =
            image_writer_chunk(share->w, share->space, &run, 1, buf, IMAGE_CHUNK_BYTES, NULL);
    }
    free(buf);
    return NULL;
}

static void keeps_chunks_of_many_threads_apart(void **state)
{
    struct fixture *f = *state;
    cairn_error err = {0};
    struct image_options options = {.compression = 1};
    struct image_summary summary;
    struct share shares[THREADS] = {0};
    pthread_t threads[THREADS];
    image_writer *w;
    assert_ok(image_writer_open(f->fd, 1, &options, &w, &err), &err);
    for (uint32_t t = 0; t < THREADS; t++) {
        shares[t] = (struct share){.w = w, .space = t};
        assert_int_equal(pthread_create(&threads[t], NULL, write_share, &shares[t]), 0);
    }
    for (int t = 0; t < THREADS; t++) {
        pthread_join(threads[t], NULL);
        assert_int_equal(shares[t].rc, 0);
    }
    assert_ok(image_writer_meta(w, "{}", 2, &err), &err);
    assert_ok(image_writer_publish(w, &summary, &err), &err);
    image_writer_close(w);

    image_reader *r;
    assert_ok(image_reader_open(f->fd, "000001", &r, &err), &err);
    assert_int_equal(image_reader_chunks(r), THREADS * CHUNKS_EACH);
    uint8_t *expected = malloc(IMAGE_CHUNK_BYTES), *got = malloc(IMAGE_CHUNK_BYTES);
    bool seen[THREADS][CHUNKS_EACH] = {0};
    for (size_t i = 0; i < image_reader_chunks(r); i++) {
        struct image_chunk chunk;
        image_reader_chunk_info(r, i, &chunk);
        size_t k = chunk.runs[0].start / IMAGE_CHUNK_BYTES;
        assert_false(seen[chunk.space][k]);
        seen[chunk.space][k] = true;
        fill_chunk(expected, chunk.space, k);
        assert_ok(image_reader_chunk_data(r, i, got, &err), &err);
        assert_memory_equal(got, expected, IMAGE_CHUNK_BYTES);
    }
    assert_ok(image_reader_verify(r, &err), &err);
    free(expected);
    free(got);
    image_reader_close(r);
}

static void refuses_chunks_that_do_not_add_up(void **state)
{
    struct fixture *f = *state;
    struct image_options options = {.compression = 1};
    uint8_t data[16] = {0};
    struct image_run bad[] = {
        {.start = 0, .length = 0},
        {.start = 0, .length = 17},
        {.start = 0, .length = 15},
        {.start = UINT64_MAX - 7, .length = 16},
        {.start = 0, .length = 16, .source = IMAGE_RUN_PARENT},
        {.start = 0, .length = 16, .source = 99},
        {.start = 0, .length = 16, .other = 1},
        {.start = 0, .length = UINT64_MAX},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cairn_error err = {0};
        struct image_summary summary;
        image_writer *w;
        assert_ok(image_writer_open(f->fd, 1, &options, &w, &err), &err);
        assert_int_equal(image_writer_chunk(w, 1, &bad[i], 1, data, sizeof data, &err), -EINVAL);
        assert_ok(image_writer_meta(w, "{}", 2, &err), &err);
        assert_int_equal(image_writer_publish(w, &summary, &err), -EINVAL);
        image_writer_close(w);
        assert_int_equal(faccessat(f->fd, "000001", F_OK, 0), -1);
        assert_int_equal(faccessat(f->fd, ".000001.partial", F_OK, 0), -1);
    }
}

static void is_absent_until_published(void **state)
{
    struct fixture *f = *state;
    struct image_options options = {.compression = 1};
    struct image_summary summary;
    cairn_error err = {0};
    image_writer *w;
    assert_ok(image_writer_open(f->fd, 3, &options, &w, &err), &err);
    assert_ok(write_small_chunks(w, &err), &err);
    assert_int_equal(image_writer_publish(w, &summary, &err), -EINVAL); /* no META yet */
    assert_non_null(strstr(err.message, "no META"));
    assert_int_equal(check_image(f->fd, "000003", &err), -ENOENT);
    image_writer_close(w);
    assert_int_equal(check_image(f->fd, "000003", &err), -ENOENT);
    assert_int_equal(faccessat(f->fd, ".000003.partial", F_OK, 0), -1);
}

static void replaces_the_partial_of_a_dead_writer(void **state)
{
    struct fixture *f = *state;
    cairn_error err = {0};
    struct image_summary summary;
    assert_int_equal(mkdirat(f->fd, ".000002.partial", 0700), 0);
    assert_int_equal(mkdirat(f->fd, ".000002.partial/copies", 0700), 0);
    assert_int_equal(symlinkat("/etc", f->fd, ".000002.partial/copies/link"), 0);
    assert_ok(write_small_image(f->fd, 2, &summary, &err), &err);
    assert_int_equal(faccessat(f->fd, "000002/copies", F_OK, 0), -1);
    assert_int_equal(access("/etc/passwd", F_OK), 0);
}

static void never_replaces_an_image(void **state)
{
    struct fixture *f = *state;
    cairn_error err = {0};
    struct image_summary summary;
    assert_ok(write_small_image(f->fd, 2, &summary, &err), &err);
    assert_int_equal(write_small_image(f->fd, 2, &summary, &err), -EEXIST);
    assert_ok(check_image(f->fd, "000002", &err), &err);
}

static void refuses_to_fill_the_disk(void **state)
{
    struct fixture *f = *state;
    cairn_error err = {0};
    struct image_options options = {.compression = 1, .min_free = UINT64_MAX};
    image_writer *w;
    assert_int_equal(image_writer_open(f->fd, 1, &options, &w, &err), -ENOSPC);
    assert_non_null(strstr(err.message, "must stay free"));
    assert_int_equal(faccessat(f->fd, ".000001.partial", F_OK, 0), -1);
}

static void keeps_others_out_from_the_first_byte(void **state)
{
    struct fixture *f = *state;
    struct image_options options = {.compression = 1};
    cairn_error err = {0};
    struct stat st;
    image_writer *w;
    mode_t before = umask(0);
    assert_ok(image_writer_open(f->fd, 1, &options, &w, &err), &err);
    umask(before);
    assert_int_equal(fstat(image_writer_dirfd(w), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(fstatat(image_writer_dirfd(w), "image.cairn", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    image_writer_close(w);
}

static void refuses_what_others_could_have_written(void **state)
{
    struct fixture *f = *state;
    cairn_error err = {0};
    struct image_summary summary;
    assert_ok(write_small_image(f->fd, 1, &summary, &err), &err);

    assert_int_equal(fchmodat(f->fd, "000001", 0770, 0), 0);
    assert_int_equal(check_image(f->fd, "000001", &err), -CAIRN_EIMAGE_UNTRUSTED);
    assert_int_equal(fchmodat(f->fd, "000001", 0700, 0), 0);

    assert_int_equal(fchmodat(f->fd, "000001/image.cairn", 0602, 0), 0);
    assert_int_equal(check_image(f->fd, "000001", &err), -CAIRN_EIMAGE_UNTRUSTED);
    assert_int_equal(fchmodat(f->fd, "000001/image.cairn", 0644, 0), 0);
    assert_ok(check_image(f->fd, "000001", &err), &err);

    if (geteuid() == 0) {
        assert_int_equal(fchownat(f->fd, "000001/image.cairn", 12345, -1, 0), 0);
        assert_int_equal(check_image(f->fd, "000001", &err), -CAIRN_EIMAGE_UNTRUSTED);
        assert_int_equal(fchownat(f->fd, "000001/image.cairn", 0, -1, 0), 0);
    }

    assert_int_equal(symlinkat("000001", f->fd, "000002"), 0);
    assert_int_equal(check_image(f->fd, "000002", &err), -ENOTDIR);
    assert_int_equal(renameat(f->fd, "000001/image.cairn", f->fd, "000001/elsewhere"), 0);
    assert_int_equal(symlinkat("elsewhere", f->fd, "000001/image.cairn"), 0);
    assert_int_equal(check_image(f->fd, "000001", &err), -ELOOP);
    assert_int_equal(unlinkat(f->fd, "000001/image.cairn", 0), 0);
    assert_int_equal(mkfifoat(f->fd, "000001/image.cairn", 0600), 0);
    assert_int_equal(check_image(f->fd, "000001", &err), -CAIRN_EIMAGE_UNTRUSTED);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(returns_what_was_written),
        IN_FOLDER(keeps_chunks_of_many_threads_apart),
        IN_FOLDER(refuses_chunks_that_do_not_add_up),
        IN_FOLDER(is_absent_until_published),
        IN_FOLDER(replaces_the_partial_of_a_dead_writer),
        IN_FOLDER(never_replaces_an_image),
        IN_FOLDER(refuses_to_fill_the_disk),
        IN_FOLDER(keeps_others_out_from_the_first_byte),
        IN_FOLDER(refuses_what_others_could_have_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
