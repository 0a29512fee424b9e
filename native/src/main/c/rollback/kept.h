/* The folder `files` of an image: copies, reflinks and links of files that a roll-back may need.
 *
 * A name tells which version of a file it holds, so that the next image finds the copy without an
 * index and hard-links it:
 *
 * - DEV-INO-SIZE-MTIME-CTIME-DIGEST, hexadecimal: a copy; DIGEST is that of its content.
 * - once-N: a copy that no later image may take for the current one, or a hard link.
 * - grown-DEV-INO-SIZE: a copy of a file that is only appended to. Images share it, and each relies
 *   on the first SIZE bytes of its own name. Only a copy that is exactly SIZE bytes long may be
 *   continued.
 * - cutting-INO: exists while that file is being truncated.
 */
#ifndef CAIRN_ROLLBACK_KEPT_H
#define CAIRN_ROLLBACK_KEPT_H

#include "common/error.h"
#include "rollback/node.h"

struct rb_kept {
    int fd;          /* of the image being made */
    int previous_fd; /* of the earlier image, or -1 */
    char **previous; /* its names, sorted */
    size_t n_previous;
    size_t serial;   /* of names once-N */
    bool no_reflink; /* the file system has refused a reflink before */
};

/* previous: a sequence below checkpoints_fd, or -1. An image that is gone holds no copies. */
CAIRN_CHECKED int rb_kept_open(int image_fd, int checkpoints_fd, int64_t previous,
                               struct rb_kept *out, cairn_error *err);
void rb_kept_close(struct rb_kept *kept);

/* Finds the copy if the earlier image has kept this version. Then sets node->kept and its digest.
 */
CAIRN_CHECKED int rb_kept_find(const struct rb_kept *kept, struct rb_arena *arena,
                               struct rb_node *node, bool *found, cairn_error *err);
/* Adds the copy that rb_kept_find found to this image. ENOENT: it was deleted with its image. */
CAIRN_CHECKED int rb_kept_carry(struct rb_kept *kept, const char *name, cairn_error *err);

/* Copies node->size bytes of fd to a name once-N, and digests them. Sets node->kept. */
CAIRN_CHECKED int rb_kept_copy(struct rb_kept *kept, struct rb_arena *arena, struct rb_node *node,
                               int fd, cairn_error *err);
/* As rb_kept_copy, for bytes in memory. */
CAIRN_CHECKED int rb_kept_write(struct rb_kept *kept, struct rb_arena *arena, struct rb_node *node,
                                const void *bytes, cairn_error *err);
/* As rb_kept_copy, but shares the blocks and makes no digest. EOPNOTSUPP if the file system cannot.
 */
CAIRN_CHECKED int rb_kept_reflink(struct rb_kept *kept, struct rb_arena *arena,
                                  struct rb_node *node, int fd, cairn_error *err);
/* Copies node->size bytes of fd, a file whose ends node records. If the earlier image has a copy
 * that may be continued, appends only the missing bytes. Sets node->kept, and the digest of a small
 * file. */
CAIRN_CHECKED int rb_kept_grow(struct rb_kept *kept, struct rb_arena *arena, struct rb_node *node,
                               int fd, bool continues, cairn_error *err);
/* Gives the inode of fd (O_PATH suffices) a name once-N. Sets node->kept. */
CAIRN_CHECKED int rb_kept_link(struct rb_kept *kept, struct rb_arena *arena, struct rb_node *node,
                               int fd, cairn_error *err);
/* Renames a copy with a known digest from once-N to the name by which later images find it. */
CAIRN_CHECKED int rb_kept_name(struct rb_kept *kept, struct rb_arena *arena, struct rb_node *node,
                               cairn_error *err);

#endif
