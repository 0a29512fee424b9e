/* Fuzz target of the reader: any file is read within bounds or refused.
 *
 * Checksums would reject nearly every mutation, so they are corrected first, as an attacker would.
 * With clang: -fsanitize=fuzzer,address; else fuzz_driver.c runs it over the golden images.
 */
#include <endian.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/tree_removal.h"
#include "image/codec.h"
#include "image/format.h"
#include "image/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/cairn-image-fuzz.XXXXXX";

static void remove_folder(void)
{
    (void)!cairn_remove_tree(AT_FDCWD, folder, NULL);
}

static int open_folder(void)
{
    static int fd = -1;
    if (fd < 0) {
        if (!mkdtemp(folder) || (fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
            abort();
        atexit(remove_folder);
    }
    return fd;
}

static void put_hash64(uint8_t *bytes, size_t len)
{
    uint64_t hash = htole64(codec_hash64(bytes, len));
    memcpy(bytes + len, &hash, sizeof hash);
}

static uint64_t get_le64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return le64toh(value);
}

/* Right checksums for the header, the end record and, where the file has them, the index and META.
 */
static void reseal(uint8_t *bytes, size_t size)
{
    if (size < FORMAT_HEADER_BYTES + FORMAT_END_BYTES)
        return;
    uint8_t *end = bytes + size - FORMAT_END_BYTES;
    uint64_t index = get_le64(end + 8), index_len = get_le64(end + 16);
    if (index <= size - FORMAT_END_BYTES && index_len <= size - FORMAT_END_BYTES - index)
        codec_hash128(bytes + index, index_len, end + 24);
    put_hash64(bytes, FORMAT_HEADER_BYTES - 8);
    put_hash64(end, FORMAT_END_BYTES - 8);
}

static void read_everything(const image_reader *r)
{
    uint64_t runs = 0;
    auto_free uint8_t *buf = malloc(IMAGE_CHUNK_BYTES);
    for (size_t i = 0; i < image_reader_chunks(r); i++) {
        struct image_chunk chunk;
        image_reader_chunk_info(r, i, &chunk);
        if (chunk.data_len > IMAGE_CHUNK_BYTES)
            abort();
        for (size_t k = 0; k < chunk.n_runs; k++)
            runs += chunk.runs[k].length != 0;
        (void)!image_reader_chunk_data(r, i, buf, NULL);
    }
    if (runs > 0 && strlen(image_reader_meta(r, NULL)) > FORMAT_META_BYTES)
        abort();
}

static void read_as_file(const uint8_t *data, size_t size)
{
    int dirfd = open_folder();
    auto_close int fd = openat(dirfd, FORMAT_FILE, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0 || io_pwrite_full(fd, data, size, 0, FORMAT_FILE, NULL) != 0 ||
        ftruncate(fd, (off_t)size) < 0)
        abort();
    image_reader *r;
    if (image_reader_open(dirfd, ".", &r, NULL) == 0) {
        read_everything(r);
        image_reader_close(r);
    }
}

/* What lies between index and end record, in a buffer of just that size, so that a byte too far is
 * seen. */
static void read_as_index(const uint8_t *data, size_t size)
{
    if (size < FORMAT_END_BYTES)
        return;
    uint64_t offset = get_le64(data + size - FORMAT_END_BYTES + 8);
    size_t len = size - FORMAT_END_BYTES;
    if (offset > len)
        return;
    len -= offset;
    auto_free uint8_t *exact = malloc(len ? len : 1);
    if (!exact)
        return;
    memcpy(exact, data + offset, len);
    struct format_index index;
    (void)!format_get_index(exact, len, offset, &index, NULL);
    format_index_free(&index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_free uint8_t *bytes = malloc(size + 1);
    if (!bytes)
        return 0;
    if (size > 0)
        memcpy(bytes, data, size);
    reseal(bytes, size);
    read_as_file(bytes, size);
    read_as_index(data, size);
    return 0;
}
