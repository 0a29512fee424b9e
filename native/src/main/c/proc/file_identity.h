/* Identifies a file that the step reads or maps, so that a restore finds the same file or refuses.
 * Keys of a description or a mapping in META:
 *
 *   file_size, file_mtime_ns, *may* file_ctime_ns, file_ino   as stat has them
 *   *may* file_content                                        as content_id has it
 *
 * The device is not compared: it changes with a mount. Times and inode change by touch, on another
 * host, or in a copy; then the content decides. */
#ifndef CAIRN_PROC_FILE_IDENTITY_H
#define CAIRN_PROC_FILE_IDENTITY_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "common/error.h"

/* Called while the step is paused. A NULL argument means that memory has run out. `changes`: the
 * step may write to the file, so only its size and time are compared later. */
int file_identity_note(json_t *json, const struct stat *st, bool changes);
void file_identity_forget(json_t *json);
bool file_identity_is_noted(const json_t *json);
/* Whether the file is identified by its build id, as a program or library is. */
bool file_identity_is_program(const json_t *json);
/* Whether stat still shows the noted values for the file of fd. Then its content may be added. */
bool file_identity_is_as_noted(const json_t *json, int fd);

enum file_verdict {
    FILE_SAME,
    FILE_LONGER, /* the file begins with all of its recorded content */
    FILE_OTHER,
};

/* fd: open for reading; its position stays. */
CAIRN_CHECKED int file_identity_compare(const json_t *json, const char *path, int fd,
                                        enum file_verdict *out, cairn_error *err);

#endif
