#include "journal/made.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"
#include "image/codec.h"

#define MADE_NAME "made"
#define MADE_LIMIT (1u << 20) /* pairs */

/* On disk, appended one by one. */
struct made_pair {
    uint64_t hash; /* of what follows */
    struct inode_id was, now;
};

static uint64_t hash_of(const struct made_pair *pair)
{
    return codec_hash64(&pair->was, sizeof *pair - sizeof pair->hash);
}

static bool is_same(struct inode_id a, struct inode_id b)
{
    return a.dev == b.dev && a.ino == b.ino && a.born == b.born;
}

int made_open(int folder, struct made *m, cairn_error *err)
{
    struct stat st;
    *m = (struct made){.fd = openat(folder, MADE_NAME,
                                    O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (m->fd < 0 || fstat(m->fd, &st) < 0)
        return cairn_fail_errno(err, "opening the list of folders made again");
    size_t count = (size_t)st.st_size / sizeof *m->pairs;
    if (count > MADE_LIMIT)
        return cairn_fail(err, E2BIG, "the list of folders made again is too long");
    m->pairs = calloc(count + 1, sizeof *m->pairs);
    if (!m->pairs)
        return cairn_fail(err, ENOMEM, "out of memory undoing");
    ssize_t n = pread(m->fd, m->pairs, count * sizeof *m->pairs, 0);
    if (n < 0)
        return cairn_fail_errno(err, "reading the list of folders made again");
    while (m->count < (size_t)n / sizeof *m->pairs &&
           m->pairs[m->count].hash == hash_of(&m->pairs[m->count]))
        m->count++;
    /* A torn pair is of a folder that its undoing will find, and make again. */
    if (ftruncate(m->fd, (off_t)(m->count * sizeof *m->pairs)) < 0)
        return cairn_fail_errno(err, "repairing the list of folders made again");
    return 0;
}

void made_close(struct made *m)
{
    free(m->pairs);
    m->pairs = NULL;
    if (m->fd >= 0)
        close(m->fd);
    m->fd = -1;
}

int made_note(struct made *m, struct inode_id was, struct inode_id now, cairn_error *err)
{
    struct made_pair pair;
    memset(&pair, 0, sizeof pair);
    pair.was = was;
    pair.now = now;
    pair.hash = hash_of(&pair);
    struct made_pair *grown = realloc(m->pairs, (m->count + 1) * sizeof *grown);
    if (!grown)
        return cairn_fail(err, ENOMEM, "out of memory undoing");
    m->pairs = grown;
    m->pairs[m->count] = pair;
    int rc = io_write_full(m->fd, &pair, sizeof pair, "the list of folders made again", err);
    if (rc == 0)
        m->count++;
    return rc;
}

struct inode_id made_now(const struct made *m, struct inode_id was)
{
    for (size_t i = 0; i < m->count; i++) /* one that was made again may be again, later */
        if (is_same(m->pairs[i].was, was))
            was = m->pairs[i].now;
    return was;
}

bool made_is_nobodys(const struct made *m, struct inode_id now)
{
    bool is_made = false;
    for (size_t i = 0; i < m->count; i++)
        if (is_same(m->pairs[i].now, now)) {
            if (m->pairs[i].was.ino != 0)
                return false;
            is_made = true;
        }
    return is_made;
}
