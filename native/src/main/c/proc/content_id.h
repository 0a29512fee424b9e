/* A short identification of a file's content, to compare it with a file of another host. */
#ifndef CAIRN_PROC_CONTENT_ID_H
#define CAIRN_PROC_CONTENT_ID_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/error.h"

#define CONTENT_ID_SIZE 160

/* The time of the last change, in nanoseconds since the epoch, as META records it. */
uint64_t content_mtime_ns(const struct stat *st);

/* Returns "build-id:HEX" for a program or library with a build id, "xxh3:HEX" for any other file of
 * up to 16 MiB, and "xxh3-samples:HEX" (both ends and some blocks between) for a larger one. Reads
 * fd at most once through and leaves its position. */
CAIRN_CHECKED int content_id(int fd, const char *path, char out[CONTENT_ID_SIZE], cairn_error *err);
/* As if the file had only its first `size` bytes; torn if it has fewer. */
CAIRN_CHECKED int content_id_of(int fd, uint64_t size, const char *path, char out[CONTENT_ID_SIZE],
                                cairn_error *err);
/* Whether the identification covers only samples. A change between the sampled blocks goes
 * unnoticed. */
bool content_id_is_of_samples(const char *id);

/* Whether the notes of one ELF segment hold a build id, and the id as "build-id:HEX". */
bool content_build_id_note(const uint8_t *notes, size_t len, char out[CONTENT_ID_SIZE]);

/* The "build-id:HEX" of the ELF file that begins at `start` of fd. fd may be the memory of a
 * process that has mapped the file there. False if the file has no build id. */
bool content_build_id(int fd, uint64_t start, char out[CONTENT_ID_SIZE]);

#endif
