#include "restore/objects.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/json.h"
#include "restore/fd_store.h"
#include "restore/space_reader.h"

#define PATH_LIMIT 4096

struct filling {
    int fd;
    uint64_t size; /* a file's last page holds more than the file */
};

static int write_content(void *context, const struct image_run *run, const void *bytes,
                         cairn_error *err)
{
    const struct filling *f = context;
    if (!bytes || run->start >= f->size)
        return 0;
    uint64_t len = f->size - run->start < run->length ? f->size - run->start : run->length;
    return io_pwrite_full(f->fd, bytes, len, run->start, "shared memory", err);
}

static bool hostile_path(const char *path)
{
    return path[0] == '/' || strstr(path, "..") != NULL || path[0] == '\0';
}

/* The descriptor behind a shared object, empty, of its kind. */
static int create_object(const struct restoration *r, const json_t *json, cairn_error *err)
{
    const char *kind, *name;
    int rc = json_need_string(json, "kind", 32, &kind, err);
    if (rc == 0)
        rc = json_need_string(json, "name", PATH_LIMIT, &name, err);
    if (rc != 0)
        return rc;
    int fd = -1;
    if (strcmp(kind, "file") == 0) {
        fd = open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        return fd >= 0 ? fd : cairn_fail_errno(err, "opening %s, which the step had mapped", name);
    }
    if (strcmp(kind, "shm") == 0) {
        size_t i;
        json_t *entry;
        json_array_foreach(json_object_get(r->meta, "shm"), i, entry)
        {
            const char *path = json_string_value(json_object_get(entry, "path"));
            char full[PATH_LIMIT + 16];
            if (!path || json_integer_value(json_object_get(entry, "object")) !=
                             json_integer_value(json_object_get(json, "space")))
                continue;
            if (hostile_path(path))
                return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "a path %s in /dev/shm", path);
            snprintf(full, sizeof full, "/dev/shm/%s", path);
            fd = open(full, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
            if (fd < 0)
                return cairn_fail_errno(err, "making %s", full);
            int64_t mode;
            rc = json_need_int(entry, "mode", 0, 0777777, &mode, err);
            if (rc != 0 || fchmod(fd, (mode_t)mode & 07777) < 0) {
                close(fd);
                return rc != 0 ? rc : cairn_fail_errno(err, "setting the mode of %s", full);
            }
            return fd;
        }
    }
    /* One that no descriptor is left of counts as unlinked. */
    bool memfd = strncmp(name, "/memfd:", 7) == 0;
    if (strcmp(kind, "unlinked") == 0 && !memfd) {
        /* On the file system where it was, if there is room for it. */
        const char *slash = strrchr(name, '/');
        char folder[PATH_LIMIT];
        snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - name) + 1 : 1,
                 slash ? name : ".");
        fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        if (fd >= 0)
            return fd;
    }
    /* What has no name any more is known only by its descriptors and mappings: a memfd serves for
     * all of it. */
    const char *label = memfd ? name + 7 : "cairn";
    char short_label[240];
    snprintf(short_label, sizeof short_label, "%.200s", label);
    char *deleted = strstr(short_label, " (deleted)");
    if (deleted)
        *deleted = '\0';
    fd = memfd_create(short_label, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return fd >= 0 ? fd : cairn_fail_errno(err, "making a memfd");
}

/* The kernel runs no file that is open for writing, where the description that made a memfd does
 * not count. */
static int reopen_as_program(int *fd, cairn_error *err)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", *fd);
    int program = open(path, O_RDONLY | O_CLOEXEC);
    if (program < 0)
        return cairn_fail_errno(err, "opening a program without a name again");
    close(*fd);
    *fd = program;
    return 0;
}

static int make_object(const struct restoration *r, const json_t *json, cairn_error *err)
{
    int64_t space, seals = 0, mode = -1;
    int rc = json_need_int(json, "space", 1, UINT32_MAX, &space, err);
    if (rc == 0)
        rc = json_may_int(json, "seals", 0, 255, &seals, err);
    if (rc == 0)
        rc = json_may_int(json, "mode", 0, 07777, &mode, err);
    if (rc != 0)
        return rc;
    auto_close int fd = create_object(r, json, err);
    if (fd < 0)
        return fd;
    uint64_t size = 0;
    const char *text = json_string_value(json_object_get(json, "size"));
    if (text) {
        rc = json_need_hex(json, "size", &size, err);
        if (rc != 0)
            return rc;
    } else { /* known by its mappings only: as long as they reach */
        for (size_t i = 0; i < image_reader_chunks(r->image); i++) {
            struct image_chunk chunk;
            image_reader_chunk_info(r->image, i, &chunk);
            for (uint32_t k = 0; chunk.space == (uint32_t)space && k < chunk.n_runs; k++)
                if (chunk.runs[k].start + chunk.runs[k].length > size)
                    size = chunk.runs[k].start + chunk.runs[k].length;
        }
        rc = json_may_u64(json, "mapped_size", &size, err);
        if (rc != 0)
            return rc;
    }
    struct stat st;
    if (fstat(fd, &st) < 0)
        return cairn_fail_errno(err, "looking at shared memory");
    bool resize = text ? (uint64_t)st.st_size != size : (uint64_t)st.st_size < size;
    if (resize && ftruncate(fd, (off_t)size) < 0)
        return cairn_fail_errno(err, "sizing shared memory");
    struct filling filling = {fd, size};
    rc = space_read(r->image, (uint32_t)space, write_content, &filling, 1, err);
    if (rc == 0 && mode >= 0 && fchmod(fd, (mode_t)mode) < 0)
        rc = cairn_fail_errno(err, "setting the mode of a file without a name");
    if (rc == 0 && seals && fcntl(fd, F_ADD_SEALS, (int)seals) < 0)
        rc = cairn_fail_errno(err, "sealing a memfd");
    if (rc == 0 && json_is_true(json_object_get(json, "program")) &&
        !description_is_kind(json, "memfd"))
        rc = reopen_as_program(&fd, err);
    return rc != 0 ? rc : fd_store_place(fd, fd_store_object(r, (uint32_t)space), err);
}

/* Folders of /dev/shm; its files come with their objects. */
static int make_shm_folders(const struct restoration *r, cairn_error *err)
{
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(r->meta, "shm"), i, entry)
    {
        const char *path;
        int64_t mode;
        int rc = json_need_string(entry, "path", PATH_LIMIT, &path, err);
        if (rc == 0)
            rc = json_need_int(entry, "mode", 0, 0777777, &mode, err);
        if (rc != 0)
            return rc;
        if (!S_ISDIR((mode_t)mode))
            continue;
        char full[PATH_LIMIT + 16];
        snprintf(full, sizeof full, "/dev/shm/%s", path);
        if (hostile_path(path) || mkdir(full, (mode_t)mode & 07777) < 0)
            return cairn_fail_errno(err, "making %s", full);
    }
    return 0;
}

int objects_make(const struct restoration *r, cairn_error *err)
{
    size_t i;
    json_t *json;
    int rc = make_shm_folders(r, err);
    json_array_foreach(json_object_get(r->meta, "objects"), i, json)
    {
        if (rc == 0)
            rc = make_object(r, json, err);
    }
    return rc;
}
