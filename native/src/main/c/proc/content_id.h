/* A short identification of a file's content, to compare it with a file of another host. */
#ifndef CAIRN_PROC_CONTENT_ID_H
#define CAIRN_PROC_CONTENT_ID_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/error.h"

#define CONTENT_ID_SIZE 160

/* When it was changed last, in nanoseconds since the epoch, as META has it. */
uint64_t content_mtime_ns(const struct stat *st);

/* "build-id:HEX" of a program or library whose linker gave it one, "xxh3:HEX" of any other file of
 * up to 16 MiB, of a larger one "xxh3-samples:HEX" of its ends and of some blocks between them.
 * Reads fd, whose position stays, at most once through. */
CAIRN_CHECKED int content_id(int fd, const char *path, char out[CONTENT_ID_SIZE], cairn_error *err);
/* As if the file had only its first `size` bytes; torn where it has fewer. */
CAIRN_CHECKED int content_id_of(int fd, uint64_t size, const char *path, char out[CONTENT_ID_SIZE],
                                cairn_error *err);
/* A change between the samples is not seen. */
bool content_id_is_of_samples(const char *id);

/* Whether the notes of one segment of an ELF file have a build id, and "build-id:HEX". */
bool content_build_id_note(const uint8_t *notes, size_t len, char out[CONTENT_ID_SIZE]);

/* "build-id:HEX" of the ELF file that begins at `start` of fd, which may be the memory of a process
 * that has it mapped there. False where it has none. */
bool content_build_id(int fd, uint64_t start, char out[CONTENT_ID_SIZE]);

#endif
