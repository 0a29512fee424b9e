#include "rollback/kept.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"

#define KEY_BYTES 128

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_previous(struct rb_kept *kept, cairn_error *err)
{
    auto_close int fd = openat(kept->previous_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_closedir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return cairn_fail_errno(err, "listing the copies of the earlier image");
    steal_fd(&fd);
    size_t room = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        if (kept->n_previous == room) {
            room = room ? room * 2 : 256;
            char **grown = reallocarray(kept->previous, room, sizeof *grown);
            if (!grown)
                return cairn_fail(err, ENOMEM, "out of memory listing copies");
            kept->previous = grown;
        }
        char *name = strdup(entry->d_name);
        if (!name)
            return cairn_fail(err, ENOMEM, "out of memory listing copies");
        kept->previous[kept->n_previous++] = name;
    }
    if (kept->n_previous > 0)
        qsort(kept->previous, kept->n_previous, sizeof *kept->previous, compare_names);
    return 0;
}

int rb_kept_open(int image_fd, int checkpoints_fd, int64_t previous, struct rb_kept *out,
                 cairn_error *err)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    *out = (struct rb_kept){.fd = -1, .previous_fd = -1};
    if (mkdirat(image_fd, RB_KEPT_FOLDER, 0700) < 0 && errno != EEXIST)
        return cairn_fail_errno(err, "making the folder of copies");
    out->fd = openat(image_fd, RB_KEPT_FOLDER, flags);
    if (out->fd < 0)
        return cairn_fail_errno(err, "opening the folder of copies");
    if (previous < 0)
        return 0;
    char path[64];
    snprintf(path, sizeof path, "%06lld/%s", (long long)previous, RB_KEPT_FOLDER);
    out->previous_fd = openat(checkpoints_fd, path, flags);
    return out->previous_fd < 0 ? 0 : list_previous(out, err);
}

void rb_kept_close(struct rb_kept *kept)
{
    cairn_cleanup_close(&kept->fd);
    cairn_cleanup_close(&kept->previous_fd);
    for (size_t i = 0; i < kept->n_previous; i++)
        free(kept->previous[i]);
    free(kept->previous);
    *kept = (struct rb_kept){.fd = -1, .previous_fd = -1};
}

/* The version of a file, up to its digest: the first part of the copy's name. */
static size_t key_of(const struct rb_node *node, char key[KEY_BYTES])
{
    int n = snprintf(key, KEY_BYTES, "%llx-%llx-%llx-%llx-%llx-", (unsigned long long)node->dev,
                     (unsigned long long)node->ino, (unsigned long long)node->size,
                     (unsigned long long)node->mtime, (unsigned long long)node->ctime);
    return (size_t)n;
}

static int keep_as(struct rb_arena *arena, struct rb_node *node, const char *name, cairn_error *err)
{
    node->kept = rb_arena_text(arena, name);
    return node->kept ? 0 : cairn_fail(err, ENOMEM, "out of memory keeping %s", node->path);
}

int rb_kept_find(const struct rb_kept *kept, struct rb_arena *arena, struct rb_node *node,
                 bool *found, cairn_error *err)
{
    char key[KEY_BYTES];
    size_t len = key_of(node, key), low = 0, high = kept->n_previous;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strncmp(kept->previous[middle], key, len) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = low < kept->n_previous && strncmp(kept->previous[low], key, len) == 0 &&
             rb_digest_parse(kept->previous[low] + len, &node->digest);
    if (!*found)
        return 0;
    node->has_digest = true;
    node->keep = RB_KEEP_COPY;
    return keep_as(arena, node, kept->previous[low], err);
}

int rb_kept_carry(struct rb_kept *kept, const char *name, cairn_error *err)
{
    if (linkat(kept->previous_fd, name, kept->fd, name, 0) == 0 || errno == EEXIST)
        return 0;
    return cairn_fail_errno(err, "linking the copy %s", name);
}

static void once(struct rb_kept *kept, char name[32])
{
    snprintf(name, 32, "once-%zu", kept->serial++);
}

static int create_once(struct rb_kept *kept, const struct rb_node *node, char name[32],
                       cairn_error *err)
{
    once(kept, name);
    int fd = openat(kept->fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return fd < 0 ? cairn_fail_errno(err, "creating a copy of %s", node->path) : fd;
}

/* Makes the new file node's copy, or removes it if rc is a failure. */
static int finish_once(struct rb_kept *kept, struct rb_arena *arena, struct rb_node *node,
                       const char *name, int rc, cairn_error *err)
{
    if (rc == 0)
        rc = keep_as(arena, node, name, err);
    if (rc != 0) {
        unlinkat(kept->fd, name, 0);
        return rc;
    }
    node->keep = RB_KEEP_COPY;
    return 0;
}

int rb_kept_copy(struct rb_kept *kept, struct rb_arena *arena, struct rb_node *node, int fd,
                 cairn_error *err)
{
    char name[32];
    auto_close int to = create_once(kept, node, name, err);
    if (to < 0)
        return to;
    int rc = rb_content_copy(fd, 0, (uint64_t)node->size, to, node->path, &node->digest, err);
    node->has_digest = rc == 0;
    return finish_once(kept, arena, node, name, rc, err);
}

int rb_kept_write(struct rb_kept *kept, struct rb_arena *arena, struct rb_node *node,
                  const void *bytes, cairn_error *err)
{
    char name[32];
    auto_close int to = create_once(kept, node, name, err);
    if (to < 0)
        return to;
    int rc = io_write_full(to, bytes, (size_t)node->size, node->path, err);
    node->digest = rb_digest_bytes(bytes, (size_t)node->size);
    node->has_digest = rc == 0;
    return finish_once(kept, arena, node, name, rc, err);
}

int rb_kept_reflink(struct rb_kept *kept, struct rb_arena *arena, struct rb_node *node, int fd,
                    cairn_error *err)
{
    char name[32];
    if (kept->no_reflink)
        return cairn_fail(err, EOPNOTSUPP, "%s cannot be reflinked", node->path);
    auto_close int to = create_once(kept, node, name, err);
    if (to < 0)
        return to;
    int rc = 0;
    kept->no_reflink = !rb_content_reflink(fd, (uint64_t)node->size, to);
    if (kept->no_reflink)
        rc = cairn_fail(err, EOPNOTSUPP, "%s cannot be reflinked", node->path);
    node->has_digest = false;
    return finish_once(kept, arena, node, name, rc, err);
}

int rb_kept_link(struct rb_kept *kept, struct rb_arena *arena, struct rb_node *node, int fd,
                 cairn_error *err)
{
    char name[32], path[64];
    once(kept, name);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (linkat(AT_FDCWD, path, kept->fd, name, AT_SYMLINK_FOLLOW) < 0)
        return cairn_fail_errno(err, "linking %s", node->path);
    node->keep = RB_KEEP_LINK;
    return keep_as(arena, node, name, err);
}

/* --- files that are only appended to --- */

/* Copies the file for every image, with a digest: that costs hardly more than checking whether it
 * is needed. */
#define SMALL_BYTES (1ll << 20)

static size_t grown_key(const struct rb_node *node, char key[KEY_BYTES])
{
    return (size_t)snprintf(key, KEY_BYTES, "grown-%llx-%llx-", (unsigned long long)node->dev,
                            (unsigned long long)node->ino);
}

/* How many bytes of the file the earlier image has, or 0. */
static uint64_t grown_before(const struct rb_kept *kept, const struct rb_node *node,
                             const char **name)
{
    char key[KEY_BYTES];
    size_t len = grown_key(node, key);
    for (size_t i = 0; i < kept->n_previous; i++)
        if (strncmp(kept->previous[i], key, len) == 0) {
            *name = kept->previous[i];
            return strtoull(*name + len, NULL, 16);
        }
    return 0;
}

static bool has_same_ends(int copy, int file, uint64_t size, const char *what)
{
    struct rb_ends a, b;
    cairn_error ignored;
    return rb_content_ends(copy, size, what, &a, &ignored) == 0 &&
           rb_content_ends(file, size, what, &b, &ignored) == 0 &&
           rb_digest_equal(a.head, b.head) && rb_digest_equal(a.tail, b.tail);
}

/* Links the earlier image's copy under the new name, if the copy is the beginning of the file. -1
 * otherwise. */
static int take_grown(const struct rb_kept *kept, const struct rb_node *node, int fd,
                      const char *name, uint64_t *have)
{
    const char *before;
    struct stat st;
    *have = grown_before(kept, node, &before);
    if (*have == 0 || *have > (uint64_t)node->size ||
        linkat(kept->previous_fd, before, kept->fd, name, 0) < 0)
        return -1;
    auto_close int copy = openat(kept->fd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (copy >= 0 && fstat(copy, &st) == 0 && (uint64_t)st.st_size == *have &&
        has_same_ends(copy, fd, *have, node->path))
        return steal_fd(&copy);
    unlinkat(kept->fd, name, 0);
    return -1;
}

static int copy_grown(struct rb_kept *kept, struct rb_node *node, int fd, const char *name,
                      bool continues, cairn_error *err)
{
    struct rb_ends ends;
    uint64_t have = 0;
    bool small = node->size <= SMALL_BYTES;
    auto_close int to = continues && !small ? take_grown(kept, node, fd, name, &have) : -1;
    if (to < 0) {
        have = 0;
        to = openat(kept->fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    }
    if (to < 0)
        return cairn_fail_errno(err, "creating a copy of %s", node->path);
    bool shared = have == 0 && !small && rb_content_reflink(fd, (uint64_t)node->size, to);
    int rc = shared ? 0
                    : rb_content_append(fd, have, (uint64_t)node->size - have, to, node->path,
                                        small ? &node->digest : NULL, err);
    node->has_digest = rc == 0 && small;
    if (rc == 0)
        rc = rb_content_ends(to, (uint64_t)node->size, node->path, &ends, err);
    bool as_noted = rc == 0 && rb_digest_equal(ends.head, node->ends.head) &&
                    rb_digest_equal(ends.tail, node->ends.tail);
    return rc != 0 || as_noted
               ? rc
               : cairn_fail(err, CAIRN_EIMAGE_TORN, "%s changed while it was copied", node->path);
}

int rb_kept_grow(struct rb_kept *kept, struct rb_arena *arena, struct rb_node *node, int fd,
                 bool continues, cairn_error *err)
{
    char name[KEY_BYTES + 16];
    size_t len = grown_key(node, name);
    snprintf(name + len, sizeof name - len, "%llx", (unsigned long long)node->size);
    int rc = copy_grown(kept, node, fd, name, continues, err);
    if (rc == 0)
        rc = keep_as(arena, node, name, err);
    if (rc != 0) {
        node->has_digest = false;
        unlinkat(kept->fd, name, 0);
        return rc;
    }
    node->keep = RB_KEEP_GROWN;
    return 0;
}

int rb_kept_name(struct rb_kept *kept, struct rb_arena *arena, struct rb_node *node,
                 cairn_error *err)
{
    char name[KEY_BYTES + RB_HEX + 1];
    size_t len = key_of(node, name);
    rb_digest_hex(node->digest, name + len);
    if (renameat(kept->fd, node->kept, kept->fd, name) < 0)
        return cairn_fail_errno(err, "naming the copy of %s", node->path);
    return keep_as(arena, node, name, err);
}
