/* The file of one epoch of the journal: records, appended one by one, each with a checksum
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
    RECORD_FOLDER = 1,     /* the attributes of a folder whose names change */
    RECORD_ABSENT = 2,     /* the name led to nothing */
    RECORD_NAMED = 3,      /* the name led to this inode */
    RECORD_MOVE = 4,       /* this inode moves from `path` to `other` */
    RECORD_SIZE = 5,       /* the file is appended to: `other` is a copy, or empty for none */
    RECORD_CONTENT = 6,    /* the file is written over: `other` is a copy, or empty for no bytes */
    RECORD_ATTRIBUTES = 7, /* mode, owner or times change */
    RECORD_XATTR = 8,      /* the extended attribute `other` changes; value: what it was */
    RECORD_LOST = 9,       /* what cannot be undone: `other` says why */
    RECORD_SHARED = 10,    /* another step changes it, too: it is not undone, now or later */
};

/* The state before a change. */
struct record {
    enum record_type type;
    uint32_t mode; /* with its type, as in stat */
    uint32_t uid, gid;
    uint64_t dev, ino, rdev;
    int64_t size, mtime; /* ns; for RECORD_XATTR, size is -1 where there was none */
    const char *path;    /* absolute, at that time, without symbolic links but the last component */
    const char *other;   /* a name in `kept`, a path, a reason, a link's target: by type */
    const void *value;
    size_t value_len;
};

/* Makes an empty log in place of one of that name, durably. */
CAIRN_CHECKED int log_create(int folder, uint32_t epoch, int *fd, cairn_error *err);
/* The same in two steps, between which records can be appended: it has its name after the second.
 */
CAIRN_CHECKED int log_begin(int folder, uint32_t epoch, const char *boot_id, int *fd,
                            cairn_error *err);
CAIRN_CHECKED int log_publish(int folder, uint32_t epoch, int fd, cairn_error *err);
void log_name(uint32_t epoch, char out[LOG_NAME_BYTES]);
/* The epoch of a file name, or -1. */
int64_t log_epoch(const char *name);

/* With a single write; -ENOSPC and others leave the log as it was. */
CAIRN_CHECKED int log_append(int fd, const struct record *r, cairn_error *err);

/* All records of a log in the memory of `bytes`. */
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
