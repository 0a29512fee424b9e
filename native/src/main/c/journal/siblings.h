/* Finds files that other steps of the run change too. Such a file cannot be rolled back with one
 * step, because the origin of its bytes is unknown. */
#ifndef CAIRN_JOURNAL_SIBLINGS_H
#define CAIRN_JOURNAL_SIBLINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/error.h"
#include "journal/log.h"
#include "journal/marks.h"

struct siblings {
    struct marks marks; /* paths and inodes that other journals have recorded, the folders above
                         * those, and the files that this step left alone before */
};

/* The parts of a record that another step shares, and that are therefore not undone. */
enum share {
    SHARE_NOTHING,
    SHARE_ALL,   /* the file is changed by another step, too */
    SHARE_BELOW, /* a folder that this step made and another step uses */
};

/* checkpoints: the folder of this step, which lies beside those of the others. since: ns; steps
 * that had ended by then are ignored. */
CAIRN_CHECKED int siblings_read(int checkpoints, int64_t since, struct siblings *out,
                                cairn_error *err);
/* at: the file now at the record's path; NULL: none. */
enum share siblings_share(const struct siblings *s, const struct record *r, const struct stat *at);
/* What another step shares: it has a record of the file at this path, or of a file below it. */
enum share siblings_share_path(const struct siblings *s, const char *path, const struct stat *at);
void siblings_free(struct siblings *s);

#endif
