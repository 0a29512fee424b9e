/* The other steps of the run: a file that two steps change cannot be rolled back with one of them,
 * since the origin of its bytes is unknown. */
#ifndef CAIRN_JOURNAL_SIBLINGS_H
#define CAIRN_JOURNAL_SIBLINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/error.h"
#include "journal/log.h"
#include "journal/marks.h"

struct siblings {
    struct marks marks; /* paths and inodes of which they have records, and folders above those; and
                           what this step has left alone before */
};

/* What is shared of a record, and so is not undone. */
enum share {
    SHARE_NOTHING,
    SHARE_ALL,   /* the file is changed by another step, too */
    SHARE_BELOW, /* a folder that this step made, and in which another one works */
};

/* checkpoints: of the step, in a folder beside those of the others. since: ns; steps that had ended
 * by then are left out. */
CAIRN_CHECKED int siblings_read(int checkpoints, int64_t since, struct siblings *out,
                                cairn_error *err);
/* at: what is at the record's path now; NULL: nothing. */
enum share siblings_share(const struct siblings *s, const struct record *r, const struct stat *at);
/* Whether another step has a record of what is at this path, or of something below it. */
enum share siblings_share_path(const struct siblings *s, const char *path, const struct stat *at);
void siblings_free(struct siblings *s);

#endif
