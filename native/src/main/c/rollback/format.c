#include "rollback/format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "rollback/names.h"

#define VERSION 1
/* A record with `epoch` is useless to a reader that cannot undo the journal. */
#define JOURNALLED_VERSION 2

static const char *const TYPES[] = {
    [RB_DIR] = "dir",       [RB_FILE] = "file",     [RB_SYMLINK] = "symlink", [RB_FIFO] = "fifo",
    [RB_SOCKET] = "socket", [RB_DEVICE] = "device", [RB_CLOSED] = "closed",
};
static const char *const KEEPS[] = {
    [RB_KEEP_NONE] = "none",
    [RB_KEEP_LINK] = "link",
    [RB_KEEP_COPY] = "copy",
    [RB_KEEP_GROWN] = "grown",
};

/* --- writing: NULL means out of memory, and json_object_set_new passes it on --- */

static json_t *digest_text(struct rb_digest d)
{
    char hex[RB_HEX + 1];
    rb_digest_hex(d, hex);
    return json_string(hex);
}

static int add(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value);
}

static int add_int(json_t *object, const char *key, int64_t value)
{
    return add(object, key, json_integer(value));
}

static int format_file(json_t *o, const struct rb_node *node)
{
    int bad = add_int(o, "size", node->size) | add_int(o, "ctime", node->ctime) |
              add(o, "settled", json_boolean(node->settled)) |
              add(o, "keep", json_string(KEEPS[node->keep]));
    if (node->mapped)
        bad |= add(o, "mapped", json_true());
    if (node->whole)
        bad |= add(o, "whole", json_true());
    if (node->has_ends)
        bad |= add(o, "head", digest_text(node->ends.head)) |
               add(o, "tail", digest_text(node->ends.tail));
    if (node->has_digest)
        bad |= add(o, "digest", digest_text(node->digest));
    if (node->kept)
        bad |= add(o, "kept", json_string(node->kept));
    if (node->why)
        bad |= add(o, "why", json_string(node->why));
    return bad;
}

static json_t *format_node(const struct rb_node *node)
{
    json_t *o = json_object();
    int bad = add(o, "path", rb_name_encode(node->path)) |
              add(o, "type", json_string(TYPES[node->type])) | add_int(o, "mode", node->mode) |
              add_int(o, "uid", node->uid) | add_int(o, "gid", node->gid) |
              add_int(o, "dev", (int64_t)node->dev) | add_int(o, "ino", (int64_t)node->ino) |
              add_int(o, "mtime", node->mtime);
    if (node->same != RB_NONE)
        bad |= add_int(o, "same", (int64_t)node->same);
    else if (node->type == RB_FILE)
        bad |= format_file(o, node);
    if (node->type == RB_SYMLINK)
        bad |= add(o, "target", rb_name_encode(node->target));
    if (node->type == RB_DEVICE)
        bad |= add_int(o, "rdev", (int64_t)node->rdev);
    if (bad) {
        json_decref(o);
        return NULL;
    }
    return o;
}

static json_t *format_tree(const struct rb_tree *tree)
{
    json_t *o = json_object(), *nodes = json_array();
    int bad = add(o, "root", rb_name_encode(tree->root)) |
              add(o, "base", rb_name_encode(tree->base)) |
              add(o, "name", rb_name_encode(tree->name));
    for (size_t i = 0; i < tree->n && !bad; i++)
        bad = json_array_append_new(nodes, format_node(&tree->nodes[i]));
    bad |= add(o, "nodes", nodes);
    if (tree->open)
        bad |= add(o, "open", json_true());
    if (bad) {
        json_decref(o);
        return NULL;
    }
    return o;
}

int rb_format(const struct rb_record *record, json_t **out, cairn_error *err)
{
    json_t *o = json_object(), *trees = json_array();
    bool journalled = record->epoch >= 0;
    int bad = add_int(o, "version", journalled ? JOURNALLED_VERSION : VERSION) |
              add(o, "open", format_tree(&record->open));
    if (record->checkpoints)
        bad |= add(o, "checkpoints", rb_name_encode(record->checkpoints));
    if (record->folders.n > 0)
        bad |= add(o, "folders", format_tree(&record->folders));
    for (size_t i = 0; i < record->n_trees && !bad; i++)
        bad = json_array_append_new(trees, format_tree(&record->trees[i]));
    bad |= add(o, "trees", trees);
    if (journalled)
        bad |= add_int(o, "epoch", record->epoch);
    if (bad) {
        json_decref(o);
        return cairn_fail(err, ENOMEM, "out of memory describing the files");
    }
    *out = o;
    return 0;
}

/* --- reading --- */

struct parser {
    struct rb_arena *arena;
    size_t total; /* nodes so far */
    cairn_error *err;
};

static int wrong(const struct parser *p, const char *what)
{
    return cairn_fail(p->err, CAIRN_EIMAGE_CORRUPT, "the image's record of files: %s", what);
}

static int get_int(const struct parser *p, const json_t *o, const char *key, int64_t min,
                   int64_t max, int64_t *out)
{
    const json_t *value = json_object_get(o, key);
    if (!json_is_integer(value) || json_integer_value(value) < min ||
        json_integer_value(value) > max)
        return wrong(p, key);
    *out = json_integer_value(value);
    return 0;
}

static int get_text(const struct parser *p, const json_t *o, const char *key, const char **out)
{
    const char *text = json_string_value(json_object_get(o, key));
    char *name = text ? rb_name_decode(p->arena, text) : NULL;
    if (!name)
        return wrong(p, key);
    *out = name;
    return 0;
}

/* known stays false when the key is absent. */
static int get_digest(const struct parser *p, const json_t *o, const char *key,
                      struct rb_digest *out, bool *known)
{
    const json_t *value = json_object_get(o, key);
    if (!value)
        return 0;
    const char *text = json_string_value(value);
    if (!text || !rb_digest_parse(text, out))
        return wrong(p, key);
    *known = true;
    return 0;
}

static int get_choice(const struct parser *p, const json_t *o, const char *key,
                      const char *const *choices, size_t n, int *out)
{
    const char *text = json_string_value(json_object_get(o, key));
    for (size_t i = 0; text && i < n; i++) {
        if (strcmp(text, choices[i]) == 0) {
            *out = (int)i;
            return 0;
        }
    }
    return wrong(p, key);
}

static int parse_file(const struct parser *p, const json_t *o, struct rb_node *node)
{
    bool has_head = false, has_tail = false;
    int keep = 0, rc;
    if ((rc = get_int(p, o, "size", 0, INT64_MAX, &node->size)) ||
        (rc = get_int(p, o, "ctime", INT64_MIN, INT64_MAX, &node->ctime)) ||
        (rc = get_choice(p, o, "keep", KEEPS, sizeof KEEPS / sizeof *KEEPS, &keep)) ||
        (rc = get_digest(p, o, "head", &node->ends.head, &has_head)) ||
        (rc = get_digest(p, o, "tail", &node->ends.tail, &has_tail)) ||
        (rc = get_digest(p, o, "digest", &node->digest, &node->has_digest)))
        return rc;
    node->settled = json_is_true(json_object_get(o, "settled"));
    node->mapped = json_is_true(json_object_get(o, "mapped"));
    node->whole = node->mapped && json_is_true(json_object_get(o, "whole"));
    node->has_ends = has_head && has_tail;
    node->keep = (enum rb_keep)keep;
    node->why = "";
    if (json_object_get(o, "why") && (rc = get_text(p, o, "why", &node->why)))
        return rc;
    if (node->keep == RB_KEEP_NONE)
        return 0;
    rc = get_text(p, o, "kept", &node->kept);
    if (rc == 0 && (!rb_path_is_plain(node->kept) || strchr(node->kept, '/')))
        rc = wrong(p, "a kept name leaves its folder");
    return rc;
}

static int parse_node(struct parser *p, const json_t *o, struct rb_tree *tree)
{
    struct rb_node *node = rb_tree_add(tree);
    if (!node)
        return cairn_fail(p->err, ENOMEM, "out of memory reading the record of files");
    int type = 0, rc;
    int64_t mode, uid, gid, dev, ino, other;
    if ((rc = get_text(p, o, "path", &node->path)) ||
        (rc = get_choice(p, o, "type", TYPES, sizeof TYPES / sizeof *TYPES, &type)) ||
        (rc = get_int(p, o, "mode", 0, S_IFMT | 07777, &mode)) ||
        (rc = get_int(p, o, "uid", 0, UINT32_MAX, &uid)) ||
        (rc = get_int(p, o, "gid", 0, UINT32_MAX, &gid)) ||
        (rc = get_int(p, o, "dev", INT64_MIN, INT64_MAX, &dev)) ||
        (rc = get_int(p, o, "ino", INT64_MIN, INT64_MAX, &ino)) ||
        (rc = get_int(p, o, "mtime", INT64_MIN, INT64_MAX, &node->mtime)))
        return rc;
    node->type = (enum rb_type)type;
    node->mode = (uint32_t)mode;
    node->uid = (uint32_t)uid;
    node->gid = (uint32_t)gid;
    node->dev = (uint64_t)dev;
    node->ino = (uint64_t)ino;
    if (!rb_path_is_plain(node->path))
        return wrong(p, "a path that leaves its folder");
    if (node->type == RB_SYMLINK)
        return get_text(p, o, "target", &node->target);
    if (node->type == RB_DEVICE) {
        rc = get_int(p, o, "rdev", INT64_MIN, INT64_MAX, &other);
        node->rdev = (uint64_t)other;
        return rc;
    }
    if (node->type != RB_FILE)
        return 0;
    if (!json_object_get(o, "same"))
        return parse_file(p, o, node);
    rc = get_int(p, o, "same", 0, (int64_t)tree->n - 2, &other);
    node->same = (size_t)other;
    if (rc == 0 &&
        (tree->nodes[node->same].type != RB_FILE || tree->nodes[node->same].same != RB_NONE))
        rc = wrong(p, "a hard link to what is not a file");
    return rc;
}

/* Checks the order: the root first, every other node inside a folder that came before it, and no
 * path twice. */
static int check_shape(const struct parser *p, const struct rb_tree *tree)
{
    if (tree->n == 0)
        return 0;
    if (strcmp(tree->nodes[0].path, tree->name) != 0 || strchr(tree->name, '/'))
        return wrong(p, "a tree does not begin with its root");
    auto_free size_t *by_path = rb_order_by_path(tree);
    if (!by_path)
        return cairn_fail(p->err, ENOMEM, "out of memory reading the record of files");
    for (size_t i = 0; i + 1 < tree->n; i++)
        if (strcmp(tree->nodes[by_path[i]].path, tree->nodes[by_path[i + 1]].path) == 0)
            return wrong(p, "a path that comes twice");
    for (size_t i = 1; i < tree->n; i++) {
        char parent[4096];
        const char *path = tree->nodes[i].path, *slash = strrchr(path, '/');
        size_t len = slash ? (size_t)(slash - path) : 0;
        memcpy(parent, path, len);
        parent[len] = '\0';
        size_t folder = rb_find_path(tree, by_path, parent);
        if (folder == RB_NONE || folder >= i || tree->nodes[folder].type != RB_DIR)
            return wrong(p, "a path outside the folders of its tree");
    }
    for (size_t i = 0; i < tree->n; i++)
        if (tree->nodes[i].keep == RB_KEEP_GROWN)
            return wrong(p, "a copy that others share, in a tree");
    return 0;
}

static int parse_nodes(struct parser *p, const json_t *o, struct rb_tree *tree)
{
    const json_t *nodes = json_object_get(o, "nodes");
    if (!json_is_array(nodes))
        return wrong(p, "nodes");
    p->total += json_array_size(nodes);
    if (p->total > RB_MAX_NODES)
        return wrong(p, "too many nodes");
    size_t i;
    const json_t *node;
    json_array_foreach(nodes, i, node)
    {
        int rc = parse_node(p, node, tree);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int parse_tree(struct parser *p, const json_t *o, struct rb_tree *tree)
{
    int rc;
    if ((rc = get_text(p, o, "root", &tree->root)) || (rc = get_text(p, o, "base", &tree->base)) ||
        (rc = get_text(p, o, "name", &tree->name)))
        return rc;
    if (tree->base[0] != '/' || !rb_path_is_plain(tree->name))
        return wrong(p, "a tree's base or name");
    tree->open = json_is_true(json_object_get(o, "open"));
    rc = parse_nodes(p, o, tree);
    return rc ? rc : check_shape(p, tree);
}

/* Any nodes below "/". */
static int parse_loose(struct parser *p, const json_t *o, struct rb_tree *tree)
{
    tree->root = tree->base = "/";
    tree->name = "";
    return parse_nodes(p, o, tree);
}

static int parse_folders(struct parser *p, const json_t *o, struct rb_tree *tree)
{
    int rc = o ? parse_loose(p, o, tree) : 0;
    for (size_t i = 0; i < tree->n && rc == 0; i++)
        if (tree->nodes[i].type != RB_DIR)
            rc = wrong(p, "an entry that is no folder");
    return rc;
}

static int parse_open(struct parser *p, const json_t *o, struct rb_tree *tree)
{
    int rc = parse_loose(p, o, tree);
    for (size_t i = 0; i < tree->n && rc == 0; i++)
        if (tree->nodes[i].type != RB_FILE || tree->nodes[i].same != RB_NONE)
            rc = wrong(p, "an open file that is not a file");
    return rc;
}

int rb_parse(const json_t *json, struct rb_record *out, cairn_error *err)
{
    *out = (struct rb_record){0};
    struct parser p = {.arena = &out->arena, .err = err};
    int64_t version;
    int rc = get_int(&p, json, "version", 0, INT64_MAX, &version);
    if (rc != 0)
        return rc;
    if (version != VERSION && version != JOURNALLED_VERSION)
        return cairn_fail(
            err, CAIRN_EIMAGE_VERSION,
            "the image's record of files has version %lld, this build reads %d and %d",
            (long long)version, VERSION, JOURNALLED_VERSION);
    out->epoch = -1;
    if (version == JOURNALLED_VERSION)
        rc = get_int(&p, json, "epoch", 0, UINT32_MAX, &out->epoch);
    if (rc != 0)
        return rc;
    rc = parse_open(&p, json_object_get(json, "open"), &out->open);
    if (rc == 0)
        rc = parse_folders(&p, json_object_get(json, "folders"), &out->folders);
    if (rc != 0)
        return rc;
    const json_t *trees = json_object_get(json, "trees"), *tree;
    if (!json_is_array(trees) || json_array_size(trees) > RB_MAX_TREES)
        return wrong(&p, "trees");
    out->trees = calloc(json_array_size(trees) + 1, sizeof *out->trees);
    if (!out->trees)
        return cairn_fail(err, ENOMEM, "out of memory reading the record of files");
    size_t i;
    json_array_foreach(trees, i, tree)
    {
        out->n_trees++;
        rc = parse_tree(&p, tree, &out->trees[i]);
        if (rc != 0)
            return rc;
    }
    return 0;
}
