/* The log of one epoch: records that are appended one by one, each with a checksum
 * (native/docs/journal.md). */
#ifndef CAIRN_JOURNAL_LOG_H
#define CAIRN_JOURNAL_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/path_map.h"
#include "common/process.h"

#define LOG_NAME_BYTES 24

enum record_type {
    RECORD_FOLDER = 1,     /* attributes of a folder in which names change */
    RECORD_ABSENT = 2,     /* the name led to nothing */
    RECORD_NAMED = 3,      /* the name led to this inode */
    RECORD_MOVE = 4,       /* this inode moves from `path` to `other` */
    RECORD_SIZE = 5,       /* the file is appended to: `other` is a copy, or empty for none */
    RECORD_CONTENT = 6,    /* the file is written over: `other` is a copy, or empty for no bytes */
    RECORD_ATTRIBUTES = 7, /* mode, owner or times change */
    RECORD_XATTR = 8,      /* the extended attribute `other` changes; value: what it was */
    RECORD_LOST = 9,       /* a change that cannot be undone: `other` says why */
    RECORD_SHARED = 10,    /* another step changes the file, too: it is never undone */
};

/* The state before a change. */
struct record {
    enum record_type type;
    uint32_t mode; /* with its type, as in stat */
    uint32_t uid, gid;
    uint64_t dev, ino;
    uint64_t rdev; /* of a device */
    int64_t born;  /* ns, of anything but a device; 0: not known. Inode numbers are used again */
    int64_t size, mtime; /* ns; for RECORD_XATTR, size is -1 if there was no attribute */
    const char *path;    /* absolute, as at that time; only the last component may be a symbolic
                          * link */
    const char *other;   /* by type: a name in `kept`, a path, a reason or a link's target */
    const void *value;
    size_t value_len;
};

/* Durably replaces the log of that name by an empty one. */
CAIRN_CHECKED int log_create(int folder, uint32_t epoch, int *fd, cairn_error *err);
/* The same in two steps; records can be appended in between. The second step gives the log its
 * name.
 */
CAIRN_CHECKED int log_begin(int folder, uint32_t epoch, const char *boot_id, int *fd,
                            cairn_error *err);
CAIRN_CHECKED int log_publish(int folder, uint32_t epoch, int fd, cairn_error *err);
void log_name(uint32_t epoch, char out[LOG_NAME_BYTES]);
/* The epoch of a file name, or -1. */
int64_t log_epoch(const char *name);

/* Appends a record with a single write. A failure (such as -ENOSPC) leaves the log as it was. */
CAIRN_CHECKED int log_append(int fd, const struct record *r, cairn_error *err);

/* All records of a log. They point into the memory `bytes`. */
struct log {
    char *bytes;
    struct record *records;
    size_t count;
    char boot_id[BOOT_ID_BYTES];
    char **moved; /* paths that were translated */
    size_t n_moved;
};

/* Reads up to the first torn record. The change of a torn record was never made, because a record
 * is written before its call is allowed. */
CAIRN_CHECKED int log_read(int folder, uint32_t epoch, struct log *out, cairn_error *err);
/* Replaces the paths of the records by those that lead to the same files now. */
CAIRN_CHECKED int log_translate(struct log *l, const struct path_map *moved, cairn_error *err);
void log_free(struct log *l);

#endif
