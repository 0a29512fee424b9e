#include "rollback/node.h"

#include <stdlib.h>
#include <string.h>

struct rb_node *rb_tree_add(struct rb_tree *tree)
{
    if (tree->n == tree->room) {
        size_t room = tree->room ? tree->room * 2 : 64;
        struct rb_node *grown = reallocarray(tree->nodes, room, sizeof *grown);
        if (!grown)
            return NULL;
        tree->nodes = grown;
        tree->room = room;
    }
    struct rb_node *node = &tree->nodes[tree->n++];
    *node = (struct rb_node){.same = RB_NONE};
    return node;
}

void rb_record_free(struct rb_record *record)
{
    free(record->open.nodes);
    free(record->folders.nodes);
    for (size_t i = 0; i < record->n_trees; i++)
        free(record->trees[i].nodes);
    free(record->trees);
    rb_arena_free(&record->arena);
    *record = (struct rb_record){0};
}

static int compare_paths(const void *a, const void *b, void *nodes)
{
    const struct rb_node *n = nodes;
    return strcmp(n[*(const size_t *)a].path, n[*(const size_t *)b].path);
}

static int compare_inodes(const void *a, const void *b, void *nodes)
{
    const struct rb_node *n = nodes;
    size_t i = *(const size_t *)a, j = *(const size_t *)b;
    if (n[i].ino != n[j].ino)
        return n[i].ino < n[j].ino ? -1 : 1;
    return (i > j) - (i < j);
}

static size_t *ordered(const struct rb_tree *tree,
                       int (*compare)(const void *, const void *, void *))
{
    size_t *order = calloc(tree->n + 1, sizeof *order);
    if (!order)
        return NULL;
    for (size_t i = 0; i < tree->n; i++)
        order[i] = i;
    if (tree->n > 0)
        qsort_r(order, tree->n, sizeof *order, compare, tree->nodes);
    return order;
}

size_t *rb_order_by_path(const struct rb_tree *tree)
{
    return ordered(tree, compare_paths);
}

struct rb_by_inode rb_order_by_inode(const struct rb_tree *tree)
{
    return (struct rb_by_inode){ordered(tree, compare_inodes)};
}

size_t rb_find_path(const struct rb_tree *tree, const size_t *by_path, const char *path)
{
    size_t low = 0, high = tree->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int c = strcmp(tree->nodes[by_path[middle]].path, path);
        if (c == 0)
            return by_path[middle];
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return RB_NONE;
}

struct rb_inode_place rb_find_inode(const struct rb_tree *tree, struct rb_by_inode order,
                                    uint64_t ino)
{
    size_t low = 0, high = tree->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tree->nodes[order.nodes[middle]].ino < ino)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < tree->n && tree->nodes[order.nodes[low]].ino == ino;
    return (struct rb_inode_place){found ? low : RB_NONE};
}

size_t rb_node_at(struct rb_by_inode order, struct rb_inode_place place)
{
    return place.at == RB_NONE ? RB_NONE : order.nodes[place.at];
}
