#include "supervisor/image_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/json.h"
#include "common/process.h"
#include "common/tree_removal.h"
#include "image/image.h"
#include "restore/binaries.h"
#include "supervisor/clock.h"

#define TREE_NAME ".tree.json"
#define FORMER_ENDS_WITHIN_MS 30000
#define LOCK_RETRY_MS 10

void image_folder_name(uint32_t sequence, char out[IMAGE_NAME_BYTES])
{
    snprintf(out, IMAGE_NAME_BYTES, "%06u", sequence);
}

/* The sequence that a file name says, or -1. */
static int64_t sequence_of(const char *name)
{
    size_t digits = strspn(name, "0123456789");
    if (digits < 6 || digits > 9 || name[digits] != '\0')
        return -1;
    return strtol(name, NULL, 10);
}

static bool is_leftover(const char *name)
{
    const char *dot = strrchr(name, '.');
    return name[0] == '.' && (strcmp(dot, ".partial") == 0 || strcmp(dot, ".deleted") == 0);
}

static int lock(int fd, const char *path, cairn_error *err)
{
    int64_t deadline = clock_now_ms() + FORMER_ENDS_WITHIN_MS;
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno == ENOLCK || errno == EOPNOTSUPP)
            return 0; /* a file system without locks: the runner's own lock must suffice */
        if (errno != EWOULDBLOCK && errno != EINTR)
            return cairn_fail_errno(err, "locking %s", path);
        if (clock_now_ms() > deadline)
            return cairn_fail(err, EBUSY, "another supervisor is writing to %s: end it first",
                              path);
        poll(NULL, 0, LOCK_RETRY_MS);
    }
    return 0;
}

/* Waits until the tree of a killed supervisor has ended: the kernel kills its pid 1, which ends
 * after all other processes of the tree. *elsewhere: it ran on a host or in a namespace whose
 * processes are not visible here. */
static int await_former_tree(int fd, const char *path, bool *elsewhere, cairn_error *err)
{
    auto_free char *text = NULL;
    int rc = io_read_file(fd, TREE_NAME, 4096, &text, NULL, err);
    if (rc != 0)
        return rc == -ENOENT ? 0 : rc;
    json_t *former = json_loads(text, 0, NULL);
    const char *boot_id = "";
    json_int_t pid_ns = 0, start_time = 0;
    int pid = 0;
    json_unpack(former, "{s:s, s:I, s:i, s:I}", "boot_id", &boot_id, "pid_ns", &pid_ns, "pid", &pid,
                "start_time", &start_time);
    char here[BOOT_ID_BYTES];
    uint64_t own_ns;
    rc = process_pid_space(here, &own_ns, err);
    bool comparable = rc == 0 && strcmp(here, boot_id) == 0 && own_ns == (uint64_t)pid_ns;
    *elsewhere = rc == 0 && !comparable;
    json_decref(former);
    if (!comparable)
        return rc;
    struct process_identity init = {.pid = pid, .start_time = start_time};
    auto_close int pidfd = -1;
    rc = process_open(&init, &pidfd, err);
    if (rc != 0)
        return rc == -CAIRN_EGONE ? 0 : rc;
    struct pollfd gone = {.fd = pidfd, .events = POLLIN};
    if (poll(&gone, 1, FORMER_ENDS_WITHIN_MS) <= 0)
        return cairn_fail(
            err, EBUSY,
            "an earlier attempt's processes (below pid %d) still run and may write to %s", pid,
            path);
    return 0;
}

/* Calls `each` with the sequence of every image. */
static int for_each_image(int fd, void (*each)(void *context, int64_t sequence), void *context,
                          cairn_error *err)
{
    auto_close int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_closedir DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (!dir)
        return cairn_fail_errno(err, "listing the folder of images");
    steal_fd(&copy);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (sequence_of(entry->d_name) >= 0)
            each(context, sequence_of(entry->d_name));
    return 0;
}

static void note_newest(void *context, int64_t sequence)
{
    int64_t *newest = context;
    if (sequence > *newest)
        *newest = sequence;
}

static int remove_leftovers(int fd, cairn_error *err)
{
    auto_close int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_closedir DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (!dir)
        return cairn_fail_errno(err, "listing the folder of images");
    steal_fd(&copy);
    int rc = 0;
    for (struct dirent *entry; rc == 0 && (entry = readdir(dir));)
        if (is_leftover(entry->d_name))
            rc = cairn_remove_tree(fd, entry->d_name, err);
    return rc;
}

int image_folder_open(const char *path, struct lease *lease, struct image_folder *out,
                      cairn_error *err)
{
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return cairn_fail_errno(err, "making the folder of images %s", path);
    auto_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return cairn_fail_errno(err, "the folder of images %s", path);
    int64_t newest = -1;
    bool elsewhere = false;
    int rc = lock(fd, path, err);
    if (rc == 0)
        rc = await_former_tree(fd, path, &elsewhere, err);
    if (rc == 0)
        rc = lease_take(lease, fd, path, elsewhere, err);
    if (rc == 0)
        rc = remove_leftovers(fd, err);
    if (rc == 0)
        rc = for_each_image(fd, note_newest, &newest, err);
    if (rc != 0)
        return rc;
    *out = (struct image_folder){.fd = steal_fd(&fd), .path = path, .newest = newest};
    return 0;
}

int image_folder_note_tree(const struct image_folder *im, pid_t init, cairn_error *err)
{
    struct process_identity identity;
    char boot_id[BOOT_ID_BYTES], text[200];
    uint64_t pid_ns;
    int rc = process_identify(init, &identity, err);
    if (rc == -CAIRN_EGONE)
        return 0; /* a short step that has ended: there is nothing to wait for */
    if (rc == 0)
        rc = process_pid_space(boot_id, &pid_ns, err);
    if (rc != 0)
        return rc;
    int len = snprintf(text, sizeof text,
                       "{\"boot_id\":\"%s\",\"pid_ns\":%llu,\"pid\":%d,\"start_time\":%lld}",
                       boot_id, (unsigned long long)pid_ns, init, (long long)identity.start_time);
    return io_publish_file(im->fd, TREE_NAME, text, (size_t)len, err);
}

void image_folder_forget_tree(const struct image_folder *im)
{
    unlinkat(im->fd, TREE_NAME, 0);
}

int image_folder_remove(const struct image_folder *im, uint32_t sequence, cairn_error *err)
{
    char name[IMAGE_NAME_BYTES], doomed[IMAGE_NAME_BYTES + 16];
    image_folder_name(sequence, name);
    snprintf(doomed, sizeof doomed, ".%s.deleted", name);
    /* Renames before removing, so that a half-removed image is never taken for a whole one. */
    if (renameat(im->fd, name, im->fd, doomed) < 0 && errno != ENOENT)
        return cairn_fail_errno(err, "removing image %s", name);
    return cairn_remove_tree(im->fd, doomed, err);
}

struct sequences {
    uint32_t *items;
    size_t count, room;
};

static void collect(void *context, int64_t sequence)
{
    struct sequences *all = context;
    if (all->count == all->room) {
        size_t room = all->room ? all->room * 2 : 16;
        uint32_t *grown = reallocarray(all->items, room, sizeof *grown);
        if (!grown)
            return; /* what is not listed is not removed */
        all->items = grown;
        all->room = room;
    }
    all->items[all->count++] = (uint32_t)sequence;
}

static int newest_first(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

/* Adds the names of the kept files to which an image refers. */
static int collect_kept(const struct image_folder *im, uint32_t sequence, json_t *names,
                        cairn_error *err)
{
    char name[IMAGE_NAME_BYTES];
    image_reader *reader = NULL;
    json_auto_t *meta = NULL;
    size_t len;
    image_folder_name(sequence, name);
    int rc = image_reader_open(im->fd, name, &reader, err);
    const char *text = rc == 0 ? image_reader_meta(reader, &len) : NULL;
    if (rc == 0)
        rc = json_parse_object(text, len, "META", &meta, err);
    image_reader_close(reader);
    json_t *kept = json_object_get(meta, "binaries");
    return rc == 0 && kept && json_object_update(names, kept) < 0 ? -ENOMEM : rc;
}

/* Removes kept files to which no image refers any more; none if an image cannot be read. */
static void sweep_kept(const struct image_folder *im, cairn_error *err)
{
    auto_close int folder =
        openat(im->fd, BINARIES_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return;
    struct sequences all = {0};
    json_auto_t *names = json_object();
    int rc = for_each_image(im->fd, collect, &all, err);
    for (size_t i = 0; rc == 0 && i < all.count; i++)
        rc = collect_kept(im, all.items[i], names, err);
    if (rc == 0 && names)
        binaries_sweep(folder, names);
    free(all.items);
}

void image_folder_prune(const struct image_folder *im, int keep)
{
    struct sequences all = {0};
    cairn_error ignored;
    if (for_each_image(im->fd, collect, &all, &ignored) == 0 && all.count > 0) {
        qsort(all.items, all.count, sizeof *all.items, newest_first);
        char newest[IMAGE_NAME_BYTES];
        image_folder_name(all.items[0], newest);
        image_reader *reader = NULL;
        bool sound = image_reader_open(im->fd, newest, &reader, &ignored) == 0;
        image_reader_close(reader);
        for (size_t i = (size_t)keep; sound && i < all.count; i++)
            if (all.items[i] != FIRST_IMAGE && image_folder_remove(im, all.items[i], &ignored) != 0)
                break;
        if (sound)
            sweep_kept(im, &ignored);
    }
    free(all.items);
}
