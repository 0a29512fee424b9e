/* Roll-back's model of files: a record holds trees, a tree holds nodes, a node is one name. */
#ifndef CAIRN_ROLLBACK_NODE_H
#define CAIRN_ROLLBACK_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rollback/arena.h"
#include "rollback/file_content.h"

#define RB_MAX_NODES (1u << 20) /* in one record */
#define RB_MAX_TREES 1024
#define RB_NONE SIZE_MAX

/* Folder in which an image keeps what roll-back needs. */
#define RB_KEPT_FOLDER "files"
/* Folder for files on their way, inside (or, for a single file, beside) a tree that is being rolled
 * back. */
#define RB_STAGE ".cairn-rollback"

enum rb_type {
    RB_DIR,
    RB_FILE,
    RB_SYMLINK,
    RB_FIFO,
    RB_SOCKET,
    RB_DEVICE,
    RB_CLOSED, /* a folder that is not searched: another mount, or unreadable */
};

/* How the content of a file can be restored. */
enum rb_keep {
    RB_KEEP_NONE,  /* only by truncating the file where it is found again */
    RB_KEEP_LINK,  /* as NONE, and the image holds a link to the inode, which so survives removal
                    * and replacement */
    RB_KEEP_COPY,  /* a copy (or reflink) lies in the image */
    RB_KEEP_GROWN, /* as COPY, for a file that is only appended to: only the first bytes of the copy
                    * count, because later images append theirs */
};

struct rb_node {
    const char *path; /* relative to the tree's base */
    enum rb_type type;
    uint32_t mode; /* permission bits, 07777 */
    uint32_t uid, gid;
    uint64_t dev, ino, rdev;
    int64_t size, mtime, ctime; /* bytes; ns since the epoch */
    const char *target;         /* of a symbolic link */
    size_t same;                /* for hard links: the first node with this inode, else RB_NONE */

    /* Of a recorded file: */
    bool settled; /* if ino, size, mtime and ctime are equal later, the content is the same */
    bool mapped;  /* the image has its bytes, as memory */
    bool whole;   /* all of them */
    bool has_ends, has_digest;
    struct rb_ends ends;
    struct rb_digest digest; /* of all its content */
    enum rb_keep keep;
    const char *kept; /* name in RB_KEPT_FOLDER, unless NONE */
    const char *why;  /* there is no copy */
};

struct rb_tree {
    const char *root; /* the path as the user named it */
    const char *base; /* an absolute path without symbolic links, of a folder that exists */
    const char *name; /* the root relative to base; has more than one component only while the root
                       * is absent */
    struct rb_node *nodes; /* each folder before its content; nodes[0] is the root, unless the root
                            * is absent */
    size_t n, room;
    bool open; /* a single file that no configuration names: it was open for overwriting */
};

struct rb_record {
    struct rb_arena arena;
    struct rb_tree open;    /* files that were open for writing outside trees; base "/" */
    struct rb_tree folders; /* the folders above all open files, higher ones first; base "/" */
    struct rb_tree *trees;
    size_t n_trees;
    int64_t epoch;           /* the journal's epoch, or -1 */
    const char *checkpoints; /* path of the folder of images at the checkpoint, or NULL */
};

/* NULL when out of memory. The pointer is valid until the next call. */
struct rb_node *rb_tree_add(struct rb_tree *tree);
void rb_record_free(struct rb_record *record);

/* The nodes of a tree by path. The caller frees it. NULL when out of memory. */
size_t *rb_order_by_path(const struct rb_tree *tree);
/* The node of that path, or RB_NONE. */
size_t rb_find_path(const struct rb_tree *tree, const size_t *by_path, const char *path);

/* The nodes of a tree sorted by inode and then by index (a tree lies on one device). A place in
 * this order is not a node's index, so the two have different types. */
struct rb_by_inode {
    size_t *nodes; /* NULL when memory is out */
};
struct rb_inode_place {
    size_t at; /* RB_NONE: no node has that inode */
};

/* The caller frees out.nodes. */
struct rb_by_inode rb_order_by_inode(const struct rb_tree *tree);
/* The place where the nodes with that inode begin. All names of a file have the same place. */
struct rb_inode_place rb_find_inode(const struct rb_tree *tree, struct rb_by_inode order,
                                    uint64_t ino);
/* The node at a place, or RB_NONE. */
size_t rb_node_at(struct rb_by_inode order, struct rb_inode_place place);

#endif
