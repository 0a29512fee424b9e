#include "common/path_map.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool path_map_add(struct path_map *m, const char *from, const char *to)
{
    if (m->count == PATH_MAP_MOST)
        return false;
    m->pairs[m->count].from = from;
    m->pairs[m->count++].to = to;
    return true;
}

/* The length of `folder` if `path` is it or lies in it, otherwise 0. */
static size_t within(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    return strncmp(path, folder, len) == 0 && (path[len] == '/' || path[len] == '\0') ? len : 0;
}

bool path_map_apply(const struct path_map *m, const char *path, char out[PATH_MAX])
{
    size_t best = 0, at = 0;
    for (size_t i = 0; m && i < m->count; i++) {
        size_t len = within(path, m->pairs[i].from);
        if (len > best) {
            best = len;
            at = i;
        }
    }
    return best > 0 && snprintf(out, PATH_MAX, "%s%s", m->pairs[at].to, path + best) < PATH_MAX;
}

static int set_text(json_t *object, const char *key, const char *text)
{
    return json_object_set_new(object, key, json_string(text));
}

/* The nodes' paths are relative to "/". */
static int translate_loose(const struct path_map *m, json_t *tree)
{
    size_t i;
    json_t *node;
    int bad = 0;
    json_array_foreach(json_object_get(tree, "nodes"), i, node)
    {
        char path[PATH_MAX], to[PATH_MAX];
        const char *is = json_string_value(json_object_get(node, "path"));
        if (is && snprintf(path, sizeof path, "/%s", is) < (int)sizeof path &&
            path_map_apply(m, path, to))
            bad |= set_text(node, "path", to + 1);
    }
    return bad;
}

/* The root may have a new name. The paths of its nodes begin with that name. */
static int rename_root(json_t *tree, const char *to)
{
    const char *name = strrchr(to, '/') + 1, *was;
    char base[PATH_MAX] = "/", path[PATH_MAX];
    size_t i;
    json_t *node;
    if (name - to > 1)
        snprintf(base, sizeof base, "%.*s", (int)(name - to - 1), to);
    int bad = 0;
    json_array_foreach(json_object_get(tree, "nodes"), i, node)
    {
        was = json_string_value(json_object_get(node, "path"));
        const char *rest = was ? strchr(was, '/') : NULL; /* a root that exists is one name */
        snprintf(path, sizeof path, "%s%s", name, rest ? rest : "");
        bad |= set_text(node, "path", path);
    }
    return bad | set_text(tree, "base", base) | set_text(tree, "name", name);
}

static int translate_tree(const struct path_map *m, json_t *tree)
{
    char whole[PATH_MAX], to[PATH_MAX];
    const char *root = json_string_value(json_object_get(tree, "root")),
               *base = json_string_value(json_object_get(tree, "base")),
               *name = json_string_value(json_object_get(tree, "name"));
    int bad = 0;
    if (!base || !name ||
        snprintf(whole, sizeof whole, "%s/%s", strcmp(base, "/") == 0 ? "" : base, name) >=
            (int)sizeof whole)
        return 0;
    if (path_map_apply(m, base, to))
        bad |= set_text(tree, "base", to);
    else if (!strchr(name, '/') && path_map_apply(m, whole, to))
        bad |= rename_root(tree, to);
    if (root && path_map_apply(m, root, to))
        bad |= set_text(tree, "root", to);
    return bad;
}

static int translate_files(const struct path_map *m, json_t *files)
{
    size_t i;
    json_t *tree;
    int bad = translate_loose(m, json_object_get(files, "open")) |
              translate_loose(m, json_object_get(files, "folders"));
    json_array_foreach(json_object_get(files, "trees"), i, tree) bad |= translate_tree(m, tree);
    return bad;
}

/* Translates everything but `files`, whose paths are relative. */
static int translate_any(const struct path_map *m, json_t *any)
{
    static const char *const keys[] = {"path", "link", "cwd", "exe", "name"};
    char to[PATH_MAX];
    const char *key;
    size_t i;
    json_t *inner;
    int bad = 0;
    for (i = 0; json_is_object(any) && i < sizeof keys / sizeof *keys; i++) {
        const char *path = json_string_value(json_object_get(any, keys[i]));
        if (path && path_map_apply(m, path, to))
            bad |= set_text(any, keys[i], to);
    }
    if (json_is_object(any)) {
        json_object_foreach(any, key, inner) bad |=
            strcmp(key, "files") == 0 ? 0 : translate_any(m, inner);
    } else {
        json_array_foreach(any, i, inner) bad |= translate_any(m, inner);
    }
    return bad;
}

int path_map_translate(const struct path_map *m, json_t *meta, cairn_error *err)
{
    if (!m || m->count == 0)
        return 0;
    int bad = translate_files(m, json_object_get(meta, "files")) | translate_any(m, meta);
    return bad == 0 ? 0 : cairn_fail(err, ENOMEM, "out of memory translating paths");
}
