#include "rollback/conflicts.h"

#include <fcntl.h>
#include <stdio.h>

#include "common/cleanup.h"
#include "rollback/beneath.h"
#include "rollback/compare.h"

static int64_t ns_of(struct timespec t)
{
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* path: relative to "/". */
static bool is_cairns(const struct rb_own *own, const char *path)
{
    char above[4096] = "/";
    for (size_t i = 0; path[i] && i + 2 < sizeof above; i++) {
        struct stat st;
        above[i + 1] = path[i];
        above[i + 2] = '\0';
        if (path[i + 1] == '/' && stat(above, &st) == 0 && rb_own_has(own, st.st_dev, st.st_ino))
            return true;
    }
    return false;
}

bool rb_is_by_others(const struct rb_conflicts *c, const struct rb_node *want, const char *path,
                     const struct stat *now)
{
    int64_t changed = now->st_ino == want->ino ? ns_of(now->st_mtim) : ns_of(now->st_ctim);
    return changed > c->ended && !is_cairns(c->own, path);
}

int rb_check_conflict(const struct rb_conflicts *c, const struct rb_tree *tree, int kept_fd,
                      struct rb_problems *problems, cairn_error *err)
{
    const struct rb_node *want = tree->n > 0 ? &tree->nodes[0] : NULL;
    struct stat st;
    char path[8192];
    if (!tree->open || !want || want->type != RB_FILE)
        return 0;
    auto_close int base = rb_open_absolute(tree->base, O_PATH | O_DIRECTORY);
    auto_close int at = base < 0 ? -1 : rb_open_beneath(base, tree->name, O_PATH);
    snprintf(path, sizeof path, "%s/%s", tree->base + 1, tree->name);
    if (at < 0 || fstat(at, &st) < 0 || !rb_is_by_others(c, want, path, &st))
        return 0;
    enum rb_verdict verdict = RB_OTHER;
    if (S_ISREG(st.st_mode)) {
        struct rb_node now = {0};
        auto_close int fd = rb_open_beneath(base, tree->name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
        rb_node_stat(&now, &st);
        int rc = rb_compare(want, &now, RB_AT_ITS_PLACE, fd, kept_fd, &verdict, err);
        if (rc != 0)
            return rc;
    }
    if (verdict != RB_SAME)
        rb_problem_by_others(problems, tree, want->path);
    return 0;
}
