/* Lists a tree in its present state. */
#ifndef CAIRN_ROLLBACK_WALK_H
#define CAIRN_ROLLBACK_WALK_H

#include <sys/stat.h>

#include "common/error.h"
#include "rollback/node.h"

/* Cairn's own folders, identified by device and inode. They belong to no tree. */
struct rb_own {
    struct {
        uint64_t dev, ino;
    } folders[8];
    size_t n;
};

/* Cairn's own folders around a folder of checkpoints: the folder itself, the attempts beside it,
 * and, in a Cairn home (runs/RUN/steps/STEP/checkpoints), the step, the run and the home. */
void rb_own_around(int checkpoints_fd, struct rb_own *own);
void rb_own_add(struct rb_own *own, int fd);
bool rb_own_has(const struct rb_own *own, uint64_t dev, uint64_t ino);

/* Sets a node's type and attributes from stat (path, target and recorded fields stay unchanged). */
void rb_node_stat(struct rb_node *node, const struct stat *st);
/* Whether modification and change time are older than now_ns by more than the resolution of file
 * times. Only then must a later write change them. */
bool rb_is_settled(const struct rb_node *node, int64_t now_ns);
int64_t rb_now(void);

/* Appends base/name and everything below it to tree->nodes; nothing if it is absent. Leaves out own
 * folders, `.cairn` and stages of a roll-back. `open_up` first makes the user's unreadable folders
 * readable. */
CAIRN_CHECKED int rb_walk(int base, const char *name, const struct rb_own *own, bool open_up,
                          struct rb_arena *arena, struct rb_tree *tree, cairn_error *err);

#endif
