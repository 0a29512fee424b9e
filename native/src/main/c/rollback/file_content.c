#include "rollback/file_content.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "common/cleanup.h"
#include "common/io.h"

#define PIECE (256u << 10)

bool rb_digest_equal(struct rb_digest a, struct rb_digest b)
{
    return a.high == b.high && a.low == b.low;
}

void rb_digest_hex(struct rb_digest d, char hex[RB_HEX + 1])
{
    snprintf(hex, RB_HEX + 1, "%016llx%016llx", (unsigned long long)d.high,
             (unsigned long long)d.low);
}

bool rb_digest_parse(const char *hex, struct rb_digest *out)
{
    if (strlen(hex) != RB_HEX || strspn(hex, "0123456789abcdef") != RB_HEX)
        return false;
    char high[17] = {0};
    memcpy(high, hex, 16);
    out->high = strtoull(high, NULL, 16);
    out->low = strtoull(hex + 16, NULL, 16);
    return true;
}

static struct rb_digest digest_of(XXH128_hash_t h)
{
    return (struct rb_digest){.high = h.high64, .low = h.low64};
}

struct rb_digest rb_digest_bytes(const void *bytes, size_t len)
{
    return digest_of(XXH3_128bits(bytes, len));
}

int rb_content_ends(int fd, uint64_t size, const char *what, struct rb_ends *out, cairn_error *err)
{
    size_t len = size < RB_END_BYTES ? (size_t)size : RB_END_BYTES;
    auto_free char *buf = malloc(RB_END_BYTES);
    if (!buf)
        return cairn_fail(err, ENOMEM, "out of memory reading %s", what);
    struct rb_ends ends;
    int rc = io_pread_full(fd, buf, len, 0, what, err);
    if (rc != 0)
        return rc;
    ends.head = rb_digest_bytes(buf, len);
    rc = io_pread_full(fd, buf, len, size - len, what, err);
    if (rc != 0)
        return rc;
    ends.tail = rb_digest_bytes(buf, len);
    *out = ends;
    return 0;
}

static bool all_zero(const char *buf, size_t len)
{
    return len > 0 && buf[0] == 0 && memcmp(buf, buf + 1, len - 1) == 0;
}

/* Reads a range piece by piece and feeds the hash. If `to` >= 0, also writes it there from offset
 * `at`. */
static int pass(int from, uint64_t start, uint64_t length, int to, uint64_t at, const char *what,
                struct rb_digest *digest, cairn_error *err)
{
    auto_free char *buf = malloc(PIECE);
    XXH3_state_t *hash = XXH3_createState();
    int rc = 0;
    if (!buf || !hash) {
        rc = cairn_fail(err, ENOMEM, "out of memory reading %s", what);
        goto out;
    }
    XXH3_128bits_reset(hash);
    for (uint64_t done = 0; done < length && rc == 0;) {
        size_t n = length - done < PIECE ? (size_t)(length - done) : PIECE;
        rc = io_pread_full(from, buf, n, start + done, what, err);
        if (rc == 0)
            XXH3_128bits_update(hash, buf, n);
        if (rc == 0 && to >= 0 && !all_zero(buf, n))
            rc = io_pwrite_full(to, buf, n, at + done, what, err);
        done += n;
    }
    if (rc == 0 && to >= 0 && ftruncate(to, (off_t)(at + length)) < 0)
        rc = cairn_fail_errno(err, "setting the size of a copy of %s", what);
    if (rc == 0 && digest)
        *digest = digest_of(XXH3_128bits_digest(hash));
out:
    XXH3_freeState(hash);
    return rc;
}

int rb_content_digest(int fd, uint64_t size, const char *what, struct rb_digest *out,
                      cairn_error *err)
{
    return pass(fd, 0, size, -1, 0, what, out, err);
}

int rb_content_copy(int from, uint64_t start, uint64_t length, int to, const char *what,
                    struct rb_digest *digest, cairn_error *err)
{
    return pass(from, start, length, to, 0, what, digest, err);
}

int rb_content_append(int from, uint64_t start, uint64_t length, int to, const char *what,
                      struct rb_digest *digest, cairn_error *err)
{
    return pass(from, start, length, to, start, what, digest, err);
}

bool rb_content_reflink(int from, uint64_t size, int to)
{
    return ioctl(to, FICLONE, from) == 0 && ftruncate(to, (off_t)size) == 0;
}
