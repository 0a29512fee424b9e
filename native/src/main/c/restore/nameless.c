#include "restore/nameless.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"

#define DELETED " (deleted)"
#define TRIES 1000

static int make(const char *path, enum nameless_kind kind, const char *link_to)
{
    switch (kind) {
    case NAMELESS_FOLDER:
        return mkdir(path, 0700);
    case NAMELESS_FIFO:
        return mkfifo(path, 0600);
    case NAMELESS_LINK:
        return link(link_to, path);
    case NAMELESS_FILE:
        break;
    }
    auto_close int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return fd < 0 ? -1 : 0;
}

/* Sets n->there, then makes missing folders below it. */
static int make_folders(struct nameless *n, cairn_error *err)
{
    struct stat st;
    char *slash = strrchr(n->path, '/');
    for (;;) {
        char at_end = *slash;
        *slash = '\0';
        int failed = stat(slash == n->path ? "/" : n->path, &st) < 0 ? errno : 0;
        *slash = at_end;
        if (!failed)
            break;
        char *up = memrchr(n->path, '/', (size_t)(slash - n->path));
        if (failed != ENOENT || !up)
            return cairn_fail(err, failed, "looking at the folder of %s: %s", n->path,
                              strerror(failed));
        slash = up;
    }
    n->there = (size_t)(slash - n->path);
    n->modified = st.st_mtim;
    for (char *next = slash; (next = strchr(next + 1, '/'));) {
        *next = '\0';
        int failed = mkdir(n->path, 0700) < 0 ? errno : 0;
        *next = '/';
        if (failed)
            return cairn_fail(err, failed, "making the folder of %s: %s", n->path,
                              strerror(failed));
    }
    return 0;
}

int nameless_begin(struct nameless *out, const char *name, enum nameless_kind kind,
                   const char *link, cairn_error *err)
{
    *out = (struct nameless){.kind = kind};
    size_t len = strlen(name), end = strlen(DELETED);
    if (len > end && strcmp(name + len - end, DELETED) == 0)
        len -= end;
    char path[PATH_MAX];
    if (name[0] != '/' || len + 8 > sizeof path)
        return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "an object whose name was %s", name);
    snprintf(path, sizeof path, "%.*s", (int)len, name);
    memcpy(out->path, path, len + 1);
    out->there = len; /* nothing to remove yet */
    int rc = make_folders(out, err);
    bool made = false;
    for (int i = 1; rc == 0 && !made; i++) {
        made = make(out->path, kind, link) == 0;
        if (!made && (errno != EEXIST || i == TRIES))
            rc = cairn_fail_errno(err, "making %s again", path);
        if (!made && rc == 0)
            snprintf(out->path, sizeof out->path, "%.*s.%d", (int)len, path, i);
    }
    if (rc != 0) {
        *strrchr(out->path, '/') = '\0';
        out->kind = NAMELESS_FOLDER;
        nameless_end(out);
    }
    return rc;
}

void nameless_end(struct nameless *n)
{
    if (!*n->path)
        return;
    if (n->kind != NAMELESS_FOLDER)
        unlink(n->path);
    else if (strlen(n->path) > n->there)
        rmdir(n->path);
    for (char *slash; (slash = strrchr(n->path, '/')) && slash > n->path + n->there;) {
        *slash = '\0';
        rmdir(n->path);
    }
    n->path[n->there] = '\0';
    const struct timespec times[2] = {{0, UTIME_OMIT}, n->modified};
    (void)!utimensat(AT_FDCWD, n->there ? n->path : "/", times, 0);
    *n->path = '\0';
}
