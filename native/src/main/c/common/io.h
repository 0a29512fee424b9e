/* Reads and writes bytes. EINTR, short reads and writes, and durability are handled only here. */
#ifndef CAIRN_COMMON_IO_H
#define CAIRN_COMMON_IO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"

/* All of len bytes, or an error (an early end is CAIRN_EIMAGE_TORN). `what` names the object in
 * errors. */
CAIRN_CHECKED int io_read_full(int fd, void *buf, size_t len, const char *what, cairn_error *err);
CAIRN_CHECKED int io_pread_full(int fd, void *buf, size_t len, uint64_t offset, const char *what,
                                cairn_error *err);
CAIRN_CHECKED int io_write_full(int fd, const void *buf, size_t len, const char *what,
                                cairn_error *err);
CAIRN_CHECKED int io_pwrite_full(int fd, const void *buf, size_t len, uint64_t offset,
                                 const char *what, cairn_error *err);

/* Whether an errno says that a name leads to nothing, or that its folder is gone. After any other
 * errno the file may exist, so the caller must not conclude anything from it. */
bool io_is_absent(int error);

/* Reads a whole file (also one of /proc, whose size is unknown) into a NUL-terminated buffer that
 * the caller frees; *len excludes the NUL. More than `limit` bytes is EFBIG. */
CAIRN_CHECKED int io_read_file(int dirfd, const char *name, size_t limit, char **out, size_t *len,
                               cairn_error *err);

/* As io_read_file, from a descriptor up to its end. `what` names it in errors. */
CAIRN_CHECKED int io_read_stream(int fd, const char *what, size_t limit, char **out, size_t *len,
                                 cairn_error *err);

/* Replaces dirfd/name atomically and durably: temporary file 0600, fsync, rename, fsync of the
 * folder. */
CAIRN_CHECKED int io_publish_file(int dirfd, const char *name, const void *data, size_t len,
                                  cairn_error *err);

/* As io_publish_file, but fails with -EEXIST if dirfd/name exists. */
CAIRN_CHECKED int io_publish_new_file(int dirfd, const char *name, const void *data, size_t len,
                                      cairn_error *err);

/* Appends one line (a '\n' is added) with a single write and fdatasync. */
CAIRN_CHECKED int io_append_line(int fd, const char *line, const char *what, cairn_error *err);

#endif
