/* Digests and copies the bytes of files. */
#ifndef CAIRN_ROLLBACK_FILE_CONTENT_H
#define CAIRN_ROLLBACK_FILE_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

#define RB_END_BYTES (64u << 10) /* bytes at either end of a file that are digested */
#define RB_HEX 32

/* XXH3-128. */
struct rb_digest {
    uint64_t high, low;
};

/* The digest of the first and last RB_END_BYTES of a file of a given size; of the whole file if it
 * is shorter. */
struct rb_ends {
    struct rb_digest head, tail;
};

bool rb_digest_equal(struct rb_digest a, struct rb_digest b);
void rb_digest_hex(struct rb_digest d, char hex[RB_HEX + 1]);
/* Exactly RB_HEX lower-case hexadecimal digits. */
bool rb_digest_parse(const char *hex, struct rb_digest *out);

struct rb_digest rb_digest_bytes(const void *bytes, size_t len);
CAIRN_CHECKED int rb_content_ends(int fd, uint64_t size, const char *what, struct rb_ends *out,
                                  cairn_error *err);
CAIRN_CHECKED int rb_content_digest(int fd, uint64_t size, const char *what, struct rb_digest *out,
                                    cairn_error *err);

/* Copies bytes [start, start + length) of `from` to the beginning of the empty file `to`; long runs
 * of zeros become holes. *digest (may be NULL): the digest of the copied bytes. */
CAIRN_CHECKED int rb_content_copy(int from, uint64_t start, uint64_t length, int to,
                                  const char *what, struct rb_digest *digest, cairn_error *err);
/* As rb_content_copy, but appends to `to`, which has `start` bytes. */
CAIRN_CHECKED int rb_content_append(int from, uint64_t start, uint64_t length, int to,
                                    const char *what, struct rb_digest *digest, cairn_error *err);
/* Makes the empty file `to` share all blocks of `from`, cut to size. False if the file system
 * cannot.
 */
bool rb_content_reflink(int from, uint64_t size, int to);

#endif
