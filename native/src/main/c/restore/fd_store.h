/* Where pid 1 keeps what it opens for the processes: at descriptor numbers outside its own. The
 * order is: the descriptions of META, its objects, its pseudo-terminals, the mapped files. Every
 * process inherits them. */
#ifndef CAIRN_RESTORE_FD_STORE_H
#define CAIRN_RESTORE_FD_STORE_H

#include <fcntl.h>

#include "restore/restoration.h"

/* The flags for opening a description again: by /proc/self/fd, and by its path. */
#define REOPEN_FLAGS \
    (O_ACCMODE | O_PATH | O_APPEND | O_NONBLOCK | O_DSYNC | O_SYNC | O_DIRECT | O_NOATIME)
#define OPEN_FLAGS (REOPEN_FLAGS | O_DIRECTORY | O_NOFOLLOW)

#define FD_STORE_ROOM 32

/* Chooses the numbers. */
CAIRN_CHECKED int fd_store_choose(struct restoration *r, cairn_error *err);

/* The number of each; -1 for an entry that META lacks. */
int fd_store_description(const struct restoration *r, int64_t id);
int fd_store_object(const struct restoration *r, uint32_t space);
/* The number of a slave of the pseudo-terminal with this index. */
int fd_store_terminal(const struct restoration *r, int64_t index);
/* kept: the name in META, or NULL. */
int fd_store_mapped_file(const struct restoration *r, const char *path, const char *kept);

/* Puts a descriptor at its number. */
CAIRN_CHECKED int fd_store_place(int fd, int number, cairn_error *err);

bool description_is_kind(const json_t *description, const char *kind);

#endif
