/* Finds what an inotify descriptor watches. The kernel shows inodes only, so the capture looks for
 * their paths in the folders where the step works. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "capture/objects.h"
#include "common/cleanup.h"
#include "common/io.h"
#include "common/json.h"

#define HIGHEST_WATCH 100000 /* number of the watch, up to which a restore counts */
#define MOST_ENTRIES 300000  /* limit on the names that are looked at for all watches */
#define DEEPEST 24 /* depth of folders that are searched below the step's working folders */
#define SAME_INODE_TEXT 160 /* "ino:... f_handle:...", without the mask */

struct watch {
    json_t *json;
    uint64_t ino;
    char inode[SAME_INODE_TEXT]; /* as fdinfo names it */
};

struct search {
    const struct objects *o;
    struct watch *watches; /* by inode number; an entry that was found has a path */
    size_t count, missing;
    int probe; /* an inotify of the supervisor, for comparison */
    size_t entries;
};

/* "ino:1 sdev:2 ... f_handle:3" of a line of fdinfo, without the mask of the watch. */
static void inode_text(const char *line, char out[SAME_INODE_TEXT])
{
    unsigned long long ino = 0, device = 0;
    char handle[SAME_INODE_TEXT - 64] = "";
    const char *end = strchr(line, '\n'), *at = strstr(line, "f_handle:");
    sscanf(line, "inotify wd:%*x ino:%llx sdev:%llx", &ino, &device);
    if (at && (!end || at < end))
        sscanf(at, "%90s", handle);
    snprintf(out, SAME_INODE_TEXT, "%llx %llx %s", ino, device, handle);
}

int describe_inotify(const struct captured_process *p, int number, const char *fdinfo, json_t *json,
                     cairn_error *err)
{
    auto_close int fd = -1;
    int waiting = 0;
    json_t *watches = json_array();
    json_object_set_new(json, "kind", json_string("inotify"));
    json_object_set_new(json, "watches", watches);
    int rc = description_borrow(p->pid, number, &fd, err);
    if (rc != 0)
        return rc;
    if (ioctl(fd, FIONREAD, &waiting) < 0 || waiting > 0)
        return cairn_fail(err, CAIRN_EBUSY_TREE,
                          "pid %d fd %d: an inotify with events that have not been read, which "
                          "cannot be put into it again",
                          p->ns_pid, number);
    for (const char *line = fdinfo; line; line = strchr(line, '\n')) {
        unsigned wd, mask;
        unsigned long long ino;
        char inode[SAME_INODE_TEXT];
        line += *line == '\n';
        if (sscanf(line, "inotify wd:%x ino:%llx sdev:%*x mask:%x", &wd, &ino, &mask) != 3)
            continue;
        if (wd > HIGHEST_WATCH)
            return cairn_fail(err, CAIRN_EUNSUPPORTED,
                              "pid %d fd %d: an inotify that has had %u watches, of which a "
                              "restore would have to make each",
                              p->ns_pid, number, wd);
        inode_text(line, inode);
        json_array_append_new(watches,
                              json_pack("{s:I, s:I, s:o, s:s}", "wd", (json_int_t)wd, "mask",
                                        (json_int_t)mask, "ino", json_hex(ino), "inode", inode));
    }
    return 0;
}

static int by_inode(const void *a, const void *b)
{
    const struct watch *x = a, *y = b;
    return x->ino < y->ino ? -1 : x->ino > y->ino;
}

static int list_watches(struct search *s, cairn_error *err)
{
    for (size_t i = 0; i < s->o->description_count; i++)
        s->count += json_array_size(json_object_get(s->o->descriptions[i].json, "watches"));
    s->watches = calloc(s->count + 1, sizeof *s->watches);
    if (!s->watches)
        return cairn_fail(err, ENOMEM, "out of memory listing what is watched");
    for (size_t i = 0; i < s->o->description_count; i++) {
        size_t k;
        json_t *json;
        json_array_foreach(json_object_get(s->o->descriptions[i].json, "watches"), k, json)
        {
            struct watch *w = &s->watches[s->missing++];
            w->json = json;
            int rc = json_need_hex(json, "ino", &w->ino, err);
            if (rc != 0)
                return rc;
            snprintf(w->inode, sizeof w->inode, "%s",
                     json_string_value(json_object_get(json, "inode")));
            json_object_del(json, "ino");
            json_object_del(json, "inode");
        }
    }
    qsort(s->watches, s->count, sizeof *s->watches, by_inode);
    return 0;
}

/* Returns what fdinfo shows for the inode at this path (as the supervisor reaches it). The
 * supervisor watches the inode itself to see that. */
static bool probe(const struct search *s, const char *path, char out[SAME_INODE_TEXT])
{
    char info[64];
    auto_free char *text = NULL;
    int wd = inotify_add_watch(s->probe, path, IN_DELETE_SELF | IN_DONT_FOLLOW);
    if (wd < 0)
        return false;
    snprintf(info, sizeof info, "/proc/self/fdinfo/%d", s->probe);
    const char *line = io_read_file(AT_FDCWD, info, 1 << 16, &text, NULL, NULL) == 0
                           ? strstr(text, "inotify ")
                           : NULL;
    if (line)
        inode_text(line, out);
    inotify_rm_watch(s->probe, wd);
    return line;
}

/* Checks a path of the step whose inode number (0: unknown) may be that of a watch. */
static void try_path(struct search *s, const char *path, uint64_t ino)
{
    char here[PATH_MAX + 64], inode[SAME_INODE_TEXT];
    struct stat st;
    if (snprintf(here, sizeof here, "/proc/%d/root%s", s->o->init, path) >= (int)sizeof here ||
        (ino == 0 && lstat(here, &st) < 0))
        return;
    const struct watch key = {.ino = ino ? ino : st.st_ino};
    struct watch *w = bsearch(&key, s->watches, s->count, sizeof key, by_inode);
    if (!w || !probe(s, here, inode))
        return;
    while (w > s->watches && w[-1].ino == key.ino)
        w--;
    for (; w < s->watches + s->count && w->ino == key.ino; w++) {
        if (json_object_get(w->json, "path") || strcmp(w->inode, inode) != 0)
            continue;
        if (json_object_set_new(w->json, "path", json_string(path)) == 0)
            s->missing--;
    }
}

/* Checks the path, and the folders above it. */
static void try_upwards(struct search *s, const char *path)
{
    char at[PATH_MAX];
    if (!path || path[0] != '/' || strlen(path) >= sizeof at)
        return;
    strcpy(at, path);
    for (char *slash; s->missing && *at; *slash = '\0') {
        try_path(s, at, 0);
        slash = strrchr(at, '/');
    }
    try_path(s, "/", 0);
}

/* Everything below. */
static void try_downwards(struct search *s, const char *folder, int depth)
{
    char here[PATH_MAX + 64], path[PATH_MAX];
    if (depth == DEEPEST || !folder || folder[0] != '/' ||
        snprintf(here, sizeof here, "/proc/%d/root%s", s->o->init, folder) >= (int)sizeof here)
        return;
    auto_closedir DIR *dir = opendir(here);
    for (struct dirent *entry; dir && s->missing && (entry = readdir(dir));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (s->entries++ >= MOST_ENTRIES ||
            snprintf(path, sizeof path, "%s/%s", folder[1] ? folder : "", entry->d_name) >=
                (int)sizeof path)
            return;
        try_path(s, path, entry->d_ino);
        if (entry->d_type == DT_DIR && strcmp(path, "/proc") != 0 && strcmp(path, "/sys") != 0)
            try_downwards(s, path, depth + 1);
    }
}

static void look_around(struct search *s, const struct captured_process *processes, size_t count)
{
    static const char *const shared[] = {"/tmp", "/var/tmp", "/dev/shm"};
    for (size_t i = 0; i < s->o->description_count && s->missing; i++)
        try_upwards(s, json_string_value(json_object_get(s->o->descriptions[i].json, "path")));
    for (int down = 0; down <= 1; down++)
        for (size_t i = 0; i < count && s->missing; i++) {
            char link[64];
            auto_free char *folder = NULL;
            snprintf(link, sizeof link, "/proc/%d/cwd", processes[i].pid);
            if (proc_read_link(link, &folder, NULL) != 0)
                continue;
            if (down)
                try_downwards(s, folder, 0);
            else
                try_upwards(s, folder);
        }
    if (s->missing && getenv("HOME"))
        try_downwards(s, getenv("HOME"), 0);
    for (size_t i = 0; i < sizeof shared / sizeof *shared && s->missing; i++)
        try_downwards(s, shared[i], 0);
}

static int refuse_missing(const struct search *s, cairn_error *err)
{
    for (size_t i = 0; i < s->count; i++)
        if (!json_object_get(s->watches[i].json, "path"))
            return cairn_fail(err, CAIRN_EUNSUPPORTED,
                              "an inotify watches inode %llu, whose path was not found below the "
                              "working folders of the step, its open files, the home folder, /tmp "
                              "or /var/tmp; have it watch a path there, or remove the watch before "
                              "the checkpoint",
                              (unsigned long long)s->watches[i].ino);
    return 0;
}

int capture_inotifies(const struct objects *o, const struct captured_process *processes,
                      size_t count, cairn_error *err)
{
    struct search s = {.o = o, .probe = -1};
    int rc = list_watches(&s, err);
    if (rc == 0 && s.count > 0) {
        auto_close int probe_fd = s.probe = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (probe_fd < 0)
            rc = cairn_fail_errno(err, "making an inotify to find what the step watches");
        else
            look_around(&s, processes, count);
    }
    if (rc == 0)
        rc = refuse_missing(&s, err);
    free(s.watches);
    return rc;
}
