/* Runs a libFuzzer target without libFuzzer: over files, and over mutations of them that a seed
 * determines.
 *
 *   NAME_fuzz [-rounds=N] [-seed=N] FILE_OR_FOLDER...
 */
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/io.h"

#define LARGEST (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t rounds = 200, random_state = 1;
static size_t files;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void change_something(uint8_t *bytes, size_t *size)
{
    static const uint8_t telling[] = {0, 1, 2, 0x7f, 0x80, 0xff};
    if (*size == 0)
        return;
    size_t at = next_random() % *size;
    switch (next_random() % 5) {
    case 0:
        bytes[at] ^= (uint8_t)(1 << next_random() % 8);
        break;
    case 1:
        bytes[at] = telling[next_random() % sizeof telling];
        break;
    case 2: /* four bytes, where lengths and counts are */
        for (size_t i = at & ~(size_t)3, last = i + 4; i < last && i < *size; i++)
            bytes[i] = telling[next_random() % sizeof telling];
        break;
    case 3: { /* bytes of another place */
        size_t from = next_random() % *size, most = *size - (from > at ? from : at);
        memmove(bytes + at, bytes + from, next_random() % (most + 1));
        break;
    }
    case 4: { /* bytes cut out */
        size_t cut = next_random() % (*size - at) % 64;
        memmove(bytes + at, bytes + at + cut, *size - at - cut);
        *size -= cut;
        break;
    }
    }
}

static int run_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)ftw;
    if (type != FTW_F)
        return 0;
    auto_free char *original = NULL;
    size_t len;
    cairn_error err;
    if (io_read_file(AT_FDCWD, path, LARGEST, &original, &len, &err) != 0) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    files++;
    LLVMFuzzerTestOneInput((const uint8_t *)original, len);
    auto_free uint8_t *changed = malloc(len + 1);
    for (uint64_t i = 0; changed && i < rounds; i++) {
        size_t size = len;
        memcpy(changed, original, len);
        for (uint64_t k = 1 + next_random() % 4; k > 0; k--)
            change_something(changed, &size);
        LLVMFuzzerTestOneInput(changed, size);
    }
    return 0;
}

int main(int argc, char **argv)
{
    uint64_t seed = 1;
    for (int i = 1; i < argc; i++) {
        if (sscanf(argv[i], "-rounds=%" SCNu64, &rounds) == 1 ||
            sscanf(argv[i], "-seed=%" SCNu64, &seed) == 1)
            continue;
        random_state = seed * 0x9e3779b97f4a7c15u | 1;
        if (nftw(argv[i], run_file, 16, FTW_PHYS) != 0)
            return 1;
    }
    printf("%zu files, %" PRIu64 " mutations of each, seed %" PRIu64 "\n", files, rounds, seed);
    return files > 0 ? 0 : 1;
}
