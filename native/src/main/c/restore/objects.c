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
#include "restore/nameless.h"
#include "restore/space_reader.h"

#define PATH_LIMIT 4096

struct filling {
    int fd;
    uint64_t size; /* the last page of a mapping extends beyond the end of the file */
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

/* Whether every component is a plain name: none is empty or leads elsewhere. */
static bool is_hostile(const char *path)
{
    for (const char *part = path;; part++) {
        size_t len = strcspn(part, "/");
        if (len == 0 && !(part > path && *part == '\0')) /* the path may end in one slash */
            return true;
        if ((len == 1 || len == 2) && strncmp(part, "..", len) == 0)
            return true;
        part += len;
        if (!*part)
            return false;
    }
}

static bool is_of_object(const json_t *json, int64_t space)
{
    return json_integer_value(json_object_get(json, "object")) == space;
}

/* Makes the object under its first name in /dev/shm; the other names are links. */
static int make_shm_file(const struct restoration *r, int64_t space, cairn_error *err)
{
    size_t i;
    json_t *entry;
    char first[PATH_LIMIT + 16] = "", full[PATH_LIMIT + 16];
    auto_close int fd = -1;
    json_array_foreach(json_object_get(r->meta, "shm"), i, entry)
    {
        const char *path;
        if (!is_of_object(entry, space))
            continue;
        int rc = json_need_string(entry, "path", PATH_LIMIT, &path, err);
        if (rc != 0)
            return rc;
        if (is_hostile(path))
            return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "a path %s in /dev/shm", path);
        snprintf(full, sizeof full, "/dev/shm/%s", path);
        if (fd < 0)
            fd = open(full, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        else if (link(first, full) < 0)
            return cairn_fail_errno(err, "making the link %s", full);
        if (fd < 0)
            return cairn_fail_errno(err, "making %s", full);
        if (!*first)
            memcpy(first, full, sizeof first);
    }
    return fd >= 0 ? steal_fd(&fd)
                   : cairn_fail(err, CAIRN_EIMAGE_CORRUPT,
                                "shared memory %lld has no name in /dev/shm", (long long)space);
}

static bool is_for_object(const json_t *description, int64_t space)
{
    return description_is_kind(description, "object") && is_of_object(description, space);
}

static int place_description(const struct restoration *r, size_t i, const char *path,
                             cairn_error *err)
{
    const json_t *json = json_array_get(json_object_get(r->meta, "descriptions"), i);
    int64_t flags, position = 0;
    int rc = json_need_int(json, "flags", 0, INT32_MAX, &flags, err);
    if (rc == 0)
        rc = json_may_int(json, "position", 0, INT64_MAX, &position, err);
    if (rc != 0)
        return rc;
    auto_close int fd = open(path, (int)(flags & (OPEN_FLAGS | O_TMPFILE)) | O_CLOEXEC, 0600);
    if (fd < 0)
        return cairn_fail_errno(err, "opening %s", path);
    if (position > 0 && lseek(fd, position, SEEK_SET) < 0)
        return cairn_fail_errno(err, "going to byte %lld of %s", (long long)position, path);
    return fd_store_place(fd, fd_store_description(r, (int64_t)i), err);
}

/* Opens all of its descriptions while the file has a name, and one descriptor for us. */
static int open_nameless(const struct restoration *r, int64_t space, const struct nameless *name,
                         int flags, cairn_error *err)
{
    size_t i;
    json_t *json;
    json_array_foreach(json_object_get(r->meta, "descriptions"), i, json)
    {
        int rc = is_for_object(json, space) ? place_description(r, i, name->path, err) : 0;
        if (rc != 0)
            return rc;
    }
    int fd = open(name->path, flags | O_CLOEXEC);
    return fd >= 0 ? fd : cairn_fail_errno(err, "opening %s", name->path);
}

/* The description that made a file which never had a name, if it still exists; -1 for none. */
static ssize_t find_maker(const struct restoration *r, int64_t space)
{
    size_t i;
    json_t *json;
    json_array_foreach(json_object_get(r->meta, "descriptions"), i, json)
    {
        int64_t flags = json_integer_value(json_object_get(json, "flags"));
        if (is_for_object(json, space) && (flags & O_TMPFILE) == O_TMPFILE)
            return (ssize_t)i;
    }
    return -1;
}

static int make_temporary_file(const struct restoration *r, size_t maker, const char *name,
                               cairn_error *err)
{
    char folder[PATH_LIMIT], self[64];
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(name, '/') + 1 - name), name);
    int rc = place_description(r, maker, folder, err);
    if (rc != 0)
        return rc;
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd_store_description(r, (int64_t)maker));
    int fd = open(self, O_RDWR | O_CLOEXEC);
    return fd >= 0 ? fd : cairn_fail_errno(err, "opening a temporary file again");
}

static int make_memfd(const char *label, cairn_error *err)
{
    char name[240];
    snprintf(name, sizeof name, "%.200s", label);
    char *deleted = strstr(name, " (deleted)");
    if (deleted)
        *deleted = '\0';
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return fd >= 0 ? fd : cairn_fail_errno(err, "making a memfd");
}

/* Uses the original file system if it has room, else a memfd: an object without a name is known
 * only by its descriptors and mappings. */
static int make_nameless_file(const struct restoration *r, int64_t space, const char *name,
                              cairn_error *err)
{
    ssize_t maker = find_maker(r, space);
    if (maker >= 0 && strchr(name, '/'))
        return make_temporary_file(r, (size_t)maker, name, err);
    auto_nameless struct nameless held = {0};
    if (nameless_begin(&held, name, NAMELESS_FILE, NULL, NULL) != 0)
        return make_memfd("cairn", err);
    return open_nameless(r, space, &held, O_RDWR, err);
}

static int make_folder(const struct restoration *r, int64_t space, const char *name,
                       cairn_error *err)
{
    auto_nameless struct nameless held = {0};
    int rc = nameless_begin(&held, name, NAMELESS_FOLDER, NULL, err);
    return rc != 0 ? rc : open_nameless(r, space, &held, O_RDONLY | O_DIRECTORY, err);
}

/* Makes the empty object of its kind, and returns a descriptor of it. */
static int create_object(const struct restoration *r, const json_t *json, int64_t space,
                         cairn_error *err)
{
    static const char MEMFD[] = "/memfd:";
    const char *kind, *name;
    int rc = json_need_string(json, "kind", 32, &kind, err);
    if (rc == 0)
        rc = json_need_string(json, "name", PATH_LIMIT, &name, err);
    if (rc != 0)
        return rc;
    if (strcmp(kind, "file") == 0) {
        int fd = open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        return fd >= 0 ? fd : cairn_fail_errno(err, "opening %s, which the step had mapped", name);
    }
    if (strcmp(kind, "shm") == 0)
        return make_shm_file(r, space, err);
    if (strcmp(kind, "folder") == 0)
        return make_folder(r, space, name, err);
    if (strncmp(name, MEMFD, strlen(MEMFD)) == 0)
        return make_memfd(name + strlen(MEMFD), err);
    return strcmp(kind, "unlinked") == 0 ? make_nameless_file(r, space, name, err)
                                         : make_memfd("cairn", err);
}

/* Attributes that the caller may not set keep their initial value. */
static void set_attributes(int fd, const json_t *json)
{
    const json_t *owner = json_object_get(json, "owner"), *times = json_object_get(json, "times");
    if (owner)
        (void)!fchown(fd, (uid_t)json_integer_value(json_array_get(owner, 0)),
                      (gid_t)json_integer_value(json_array_get(owner, 1)));
    if (!times)
        return;
    int64_t t[4];
    for (size_t i = 0; i < 4; i++)
        t[i] = json_integer_value(json_array_get(times, i));
    (void)!futimens(fd, (const struct timespec[2]){{t[0], t[1]}, {t[2], t[3]}});
}

/* The kernel refuses to execute a file that is open for writing. The description that made a memfd
 * does not count as such. */
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
    auto_close int fd = create_object(r, json, space, err);
    if (fd < 0)
        return fd;
    uint64_t size = 0;
    const char *text = json_string_value(json_object_get(json, "size"));
    if (text) {
        rc = json_need_hex(json, "size", &size, err);
        if (rc != 0)
            return rc;
    } else { /* a mapped object without a recorded size is as long as its mappings reach */
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
    if (rc == 0)
        set_attributes(fd, json);
    if (rc == 0 && mode >= 0 && fchmod(fd, (mode_t)mode) < 0)
        rc = cairn_fail_errno(err, "setting the mode of a file without a name");
    if (rc == 0 && seals && fcntl(fd, F_ADD_SEALS, (int)seals) < 0)
        rc = cairn_fail_errno(err, "sealing a memfd");
    if (rc == 0 && json_is_true(json_object_get(json, "program")) &&
        !description_is_kind(json, "memfd"))
        rc = reopen_as_program(&fd, err);
    return rc != 0 ? rc : fd_store_place(fd, fd_store_object(r, (uint32_t)space), err);
}

static int make_shm_link(const json_t *entry, const char *path, cairn_error *err)
{
    const char *target;
    int rc = json_need_string(entry, "target", PATH_LIMIT, &target, err);
    return rc != 0 || symlink(target, path) == 0 ? rc : cairn_fail_errno(err, "making %s", path);
}

/* Makes the folders and links of /dev/shm. Its files are objects. */
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
        if (!S_ISDIR((mode_t)mode) && !S_ISLNK((mode_t)mode))
            continue;
        char full[PATH_LIMIT + 16];
        snprintf(full, sizeof full, "/dev/shm/%s", path);
        if (is_hostile(path))
            return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "a path %s in /dev/shm", path);
        if (S_ISLNK((mode_t)mode))
            rc = make_shm_link(entry, full, err);
        else if (mkdir(full, (mode_t)mode & 07777) < 0)
            rc = cairn_fail_errno(err, "making %s", full);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int objects_make(const struct restoration *r, cairn_error *err)
{
    size_t i;
    json_t *json;
    int rc = make_shm_folders(r, err);
    /* Makes an object that lost its name in /dev/shm before the object that has the name now. */
    for (int named = 0; named <= 1; named++)
        json_array_foreach(json_object_get(r->meta, "objects"), i, json)
        {
            if (rc == 0 && description_is_kind(json, "shm") == named &&
                !description_is_kind(json, "sysv")) /* sysv.c */
                rc = make_object(r, json, err);
        }
    return rc;
}
