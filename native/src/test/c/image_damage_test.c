/* An image with any damage to its bytes is refused by name, and never used. */
#include "image_fixture.h"

#include "image/codec.h"
#include "image/format.h"

struct file {
    uint8_t *bytes;
    size_t len;
};

static struct file read_image(int checkpoints_fd)
{
    struct file file;
    char *bytes;
    cairn_error err;
    assert_ok(io_read_file(checkpoints_fd, "000001/image.cairn", 1 << 20, &bytes, &file.len, &err),
              &err);
    file.bytes = (uint8_t *)bytes;
    return file;
}

static void replace_image(int checkpoints_fd, const uint8_t *bytes, size_t len)
{
    cairn_error err;
    auto_close int fd = openat(checkpoints_fd, "000001/image.cairn", O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_ok(io_pwrite_full(fd, bytes, len, 0, "image", &err), &err);
    assert_int_equal(ftruncate(fd, (off_t)len), 0);
}

static struct file small_image(int checkpoints_fd)
{
    cairn_error err;
    struct image_summary summary;
    assert_ok(write_small_image(checkpoints_fd, 1, &summary, &err), &err);
    return read_image(checkpoints_fd);
}

static bool is_named(int rc)
{
    return rc == -CAIRN_EIMAGE_TORN || rc == -CAIRN_EIMAGE_CORRUPT || rc == -CAIRN_EIMAGE_VERSION;
}

static void refuses_every_flipped_byte(void **state)
{
    struct fixture *f = *state;
    struct file file = small_image(f->fd);
    const uint8_t flips[] = {0x01, 0x80, 0xff};
    for (size_t i = 0; i < file.len; i++) {
        for (size_t k = 0; k < sizeof flips; k++) {
            cairn_error err = {0};
            file.bytes[i] ^= flips[k];
            replace_image(f->fd, file.bytes, file.len);
            if (!is_named(check_image(f->fd, "000001", &err)))
                fail_msg("byte %zu flipped by %#x: %s", i, flips[k], err.message);
            file.bytes[i] ^= flips[k];
        }
    }
    replace_image(f->fd, file.bytes, file.len);
    assert_int_equal(check_image(f->fd, "000001", NULL), 0);
    free(file.bytes);
}

static void refuses_every_other_length(void **state)
{
    struct fixture *f = *state;
    struct file file = small_image(f->fd);
    for (size_t len = 0; len < file.len; len++) {
        cairn_error err = {0};
        replace_image(f->fd, file.bytes, len);
        if (check_image(f->fd, "000001", &err) != -CAIRN_EIMAGE_TORN)
            fail_msg("cut to %zu of %zu bytes: %s", len, file.len, err.message);
    }
    auto_free uint8_t *longer = calloc(1, file.len + 100);
    memcpy(longer, file.bytes, file.len);
    for (size_t more = 1; more < 100; more++) {
        replace_image(f->fd, longer, file.len + more);
        assert_int_equal(check_image(f->fd, "000001", NULL), -CAIRN_EIMAGE_TORN);
    }
    free(file.bytes);
}

static void refuses_another_version_by_its_name(void **state)
{
    struct fixture *f = *state;
    struct file file = small_image(f->fd);
    const struct {
        size_t at;
        uint8_t value;
        const char *said;
    } cases[] = {{8, 2, "version 2"}, {8, 0, "version 0"}, {12, 4, "features 0x4"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cairn_error err;
        uint8_t before = file.bytes[cases[i].at];
        file.bytes[cases[i].at] = cases[i].value;
        uint64_t hash = htole64(codec_hash64(file.bytes, 16));
        memcpy(file.bytes + 16, &hash, sizeof hash);
        replace_image(f->fd, file.bytes, file.len);
        assert_int_equal(check_image(f->fd, "000001", &err), -CAIRN_EIMAGE_VERSION);
        assert_non_null(strstr(err.message, cases[i].said));
        file.bytes[cases[i].at] = before;
    }
    free(file.bytes);
}

/* Corrects every checksum, as an attacker would. */
static void reseal(struct file *file, size_t index_offset)
{
    uint8_t *end = file->bytes + file->len - FORMAT_END_BYTES;
    codec_hash128(file->bytes + index_offset, file->len - FORMAT_END_BYTES - index_offset,
                  end + 24);
    uint64_t hash = htole64(codec_hash64(end, FORMAT_END_BYTES - 8));
    memcpy(end + FORMAT_END_BYTES - 8, &hash, sizeof hash);
}

static void assert_in_bounds(const image_reader *r)
{
    for (size_t i = 0; i < image_reader_chunks(r); i++) {
        struct image_chunk chunk;
        uint64_t data = 0;
        image_reader_chunk_info(r, i, &chunk);
        assert_in_range(chunk.n_runs, 1, IMAGE_CHUNK_RUNS);
        for (size_t k = 0; k < chunk.n_runs; k++) {
            assert_true(chunk.runs[k].length > 0);
            assert_true(chunk.runs[k].start + chunk.runs[k].length > chunk.runs[k].start);
            assert_in_range(chunk.runs[k].source, IMAGE_RUN_DATA, IMAGE_RUN_SHARED);
            if (chunk.runs[k].source == IMAGE_RUN_DATA)
                data += chunk.runs[k].length;
        }
        assert_true(data == chunk.data_len && data <= IMAGE_CHUNK_BYTES);
    }
}

/* Lies under right checksums: each 32 bits of the index in turn say something else. */
static void bounds_what_a_liar_writes(void **state)
{
    struct fixture *f = *state;
    struct file file = small_image(f->fd);
    uint64_t index_offset;
    memcpy(&index_offset, file.bytes + file.len - FORMAT_END_BYTES + 8, sizeof index_offset);
    index_offset = le64toh(index_offset);
    const uint32_t lies[] = {0,    1,           2,           3,           1024,        1025,
                             4096, 0x00100000u, 0x00100001u, 0x7fffffffu, 0x80000000u, UINT32_MAX};
    size_t refused = 0, believed = 0;
    for (size_t at = index_offset; at < file.len - FORMAT_END_BYTES; at += 4) {
        uint8_t before[4];
        memcpy(before, file.bytes + at, 4);
        for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
            uint32_t lie = htole32(lies[i]);
            memcpy(file.bytes + at, &lie, 4);
            reseal(&file, index_offset);
            replace_image(f->fd, file.bytes, file.len);
            image_reader *r = NULL;
            int rc = image_reader_open(f->fd, "000001", &r, NULL);
            if (rc == 0) {
                believed++;
                assert_in_bounds(r);
                rc = image_reader_verify(r, NULL);
                assert_true(rc == 0 || is_named(rc));
            } else {
                refused++;
                assert_true(is_named(rc));
            }
            image_reader_close(r);
        }
        memcpy(file.bytes + at, before, 4);
    }
    /* A start address may be anything, a count may not: both kinds must have been met. */
    assert_true(refused > 0 && believed > 0);
    free(file.bytes);
}

static void refuses_an_index_elsewhere(void **state)
{
    struct fixture *f = *state;
    struct file file = small_image(f->fd);
    uint8_t *end = file.bytes + file.len - FORMAT_END_BYTES;
    uint64_t index_offset;
    memcpy(&index_offset, end + 8, sizeof index_offset);
    const uint64_t lies[] = {0, 1, 23, 25, file.len, file.len - 1, UINT64_MAX, 1ull << 63};
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        for (size_t field = 8; field <= 16; field += 8) {
            uint64_t before, lie = htole64(lies[i]);
            memcpy(&before, end + field, 8);
            memcpy(end + field, &lie, 8);
            uint64_t hash = htole64(codec_hash64(end, FORMAT_END_BYTES - 8));
            memcpy(end + FORMAT_END_BYTES - 8, &hash, 8);
            replace_image(f->fd, file.bytes, file.len);
            assert_int_equal(check_image(f->fd, "000001", NULL), -CAIRN_EIMAGE_CORRUPT);
            memcpy(end + field, &before, 8);
        }
    }
    free(file.bytes);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(refuses_every_flipped_byte),          IN_FOLDER(refuses_every_other_length),
        IN_FOLDER(refuses_another_version_by_its_name), IN_FOLDER(bounds_what_a_liar_writes),
        IN_FOLDER(refuses_an_index_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
