/* Records mappings, the shared memory behind them, and the step's own /dev/shm. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "capture/objects.h"
#include "capture/pages.h"
#include "common/cleanup.h"
#include "common/io.h"
#include "common/json.h"
#include "proc/content_id.h"
#include "proc/file_identity.h"
#include "sandbox/temporary.h"

static bool maps_all_of(int fd, const struct proc_map *map)
{
    struct stat st;
    return fstat(fd, &st) == 0 && map->offset == 0 && map->end - map->start >= (uint64_t)st.st_size;
}

/* Tells roll-back that a process can still change this file when no descriptor is left. A change
 * through a writable mapping leaves no trace that roll-back could see (`mapped`: the image has the
 * file's bytes). */
static int note_changing(struct objects *o, const struct proc_map *map, bool mapped,
                         cairn_error *err)
{
    for (size_t i = 0; i < o->written_count; i++)
        if (strcmp(o->written[i].path, map->path) == 0) {
            o->written[i].mapped |= mapped;
            o->written[i].whole |= mapped && maps_all_of(o->written[i].fd, map);
            return 0;
        }
    auto_close int fd = open(map->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return cairn_fail_errno(err, "opening %s, which the step has mapped", map->path);
    struct rollback_open_file *grown =
        reallocarray(o->written, o->written_count + 1, sizeof *grown);
    if (!grown)
        return cairn_fail(err, ENOMEM, "out of memory noting %s", map->path);
    o->written = grown;
    char *path = strdup(map->path);
    if (!path)
        return cairn_fail(err, ENOMEM, "out of memory noting %s", map->path);
    bool whole = mapped && maps_all_of(fd, map);
    grown[o->written_count++] = (struct rollback_open_file){
        .path = path, .fd = steal_fd(&fd), .mapped = mapped, .whole = whole};
    return 0;
}

/* Records a file that must be the same when a restore maps it again. */
static int note_file(const struct captured_process *p, const struct proc_map *map, json_t *json,
                     cairn_error *err)
{
    bool changes = json_is_true(json_object_get(json, "writable"));
    struct stat st;
    if (stat(map->path, &st) < 0)
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "pid %d has mapped %s, which is no longer there under that name",
                          p->ns_pid, map->path);
    if (json_object_set_new(json, "path", json_string(map->path)) != 0)
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "pid %d has mapped a file whose path is not UTF-8", p->ns_pid);
    return file_identity_note(json, &st, changes) == 0
               ? 0
               : cairn_fail(err, ENOMEM, "out of memory noting %s", map->path);
}

static int refuse_guards(const struct captured_process *p, const struct proc_map *map,
                         cairn_error *err)
{
    json_t *guards;
    int rc = pages_guards(p, map, &guards, err);
    if (rc != 0 || !guards)
        return rc;
    json_decref(guards);
    return cairn_fail(err, CAIRN_EUNSUPPORTED,
                      "pid %d: guard pages (MADV_GUARD_INSTALL) in shared memory at 0x%llx hide "
                      "what lies under them; remove them before the checkpoint",
                      p->ns_pid, (unsigned long long)map->start);
}

/* Whether mprotect may make this mapping writable later: it may if the file was opened for writing.
 */
static bool may_be_written_later(const struct captured_process *p, const struct proc_map *map)
{
    char path[96];
    struct stat st;
    snprintf(path, sizeof path, "/proc/%d/map_files/%llx-%llx", p->pid,
             (unsigned long long)map->start, (unsigned long long)map->end);
    return lstat(path, &st) == 0 && st.st_mode & S_IWUSR;
}

/* Whether the file is one that host services change while others read it. Its readers must expect
 * that.
 */
static bool is_of_service(const char *path)
{
    static const char *const folders[] = {"/var/lib/sss/", "/var/db/nscd/", "/var/cache/nscd/",
                                          "/run/", "/var/run/"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (strncmp(path, folders[i], strlen(folders[i])) == 0)
            return true;
    return false;
}

/* Records a file that is mapped for reading. */
static int capture_shared_file(struct objects *o, const struct captured_process *p,
                               const struct proc_map *map, json_t *json, cairn_error *err)
{
    if (may_be_written_later(p, map)) {
        if (faccessat(AT_FDCWD, map->path, W_OK, AT_EACCESS) < 0)
            return cairn_fail(err, CAIRN_EUNSUPPORTED,
                              "pid %d has mapped %s, which it could write when it opened it and "
                              "now may not (%s)",
                              p->ns_pid, map->path, strerror(errno));
        json_object_set_new(json, "writable", json_true());
        int rc = note_changing(o, map, false, err);
        if (rc != 0)
            return rc;
    }
    if (!json_is_true(json_object_get(json, "writable")) && !is_of_service(map->path))
        return note_file(p, map, json, err);
    return json_object_set_new(json, "path", json_string(map->path)) == 0
               ? 0
               : cairn_fail(err, CAIRN_EUNSUPPORTED,
                            "pid %d has mapped a file whose path is not UTF-8", p->ns_pid);
}

/* Whether the file is deleted, and is not the kernel's internal file for shared memory. */
static bool is_on_disk(const struct objects *o, const struct proc_map *map)
{
    return map->path[0] == '/' && makedev(map->dev_major, map->dev_minor) != o->shm_dev &&
           strncmp(map->path, "/memfd:", 7) != 0 && strcmp(map->path, "/dev/zero (deleted)") != 0;
}

/* Records shared memory: of an object that a descriptor or /dev/shm has given already, or of one
 * that only the mapping shows. */
static int capture_shared(struct objects *o, struct captured_process *p, const struct proc_map *map,
                          json_t *json, cairn_error *err)
{
    uint64_t dev = makedev(map->dev_major, map->dev_minor);
    bool deleted = path_is_deleted(map->path);
    if (strncmp(map->path, "/SYSV", 5) == 0)
        return capture_segment_mapping(o, p, map, json, err);
    bool file = map->path[0] == '/' && !deleted && dev != o->shm_dev;
    struct object *object = object_find(o, dev, map->inode);
    if (file && !(map->prot & PROT_WRITE))
        return capture_shared_file(o, p, map, json, err);
    if (strncmp(map->path, "/[aio]", 6) == 0)
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "pid %d has a kernel AIO context (io_setup), which this version does not "
                          "save; end it before the checkpoint, have the program use threads or "
                          "plain reads and writes (MariaDB: innodb_use_native_aio=0), or use "
                          "`checkpoint.engine: app`",
                          p->ns_pid);
    if (file) {
        int rc = note_changing(o, map, true, err);
        if (rc != 0)
            return rc;
    }
    bool nameless = deleted && is_on_disk(o, map);
    if (!object) {
        int rc = object_add(o, dev, map->inode,
                            file       ? "file"
                            : nameless ? "unlinked"
                                       : "anonymous",
                            map->path, &object, err);
        if (rc != 0)
            return rc;
    }
    if (!(map->prot & PROT_WRITE) && !may_be_written_later(p, map))
        json_object_set_new(json, "read_only", json_true());
    struct stat st;
    if (file && stat(map->path, &st) == 0)
        json_object_set_new(object->json, "size", json_hex((uint64_t)st.st_size));
    uint64_t reach = map->offset + (map->end - map->start);
    if (reach > (uint64_t)json_integer_value(json_object_get(object->json, "mapped_size")))
        json_object_set_new(object->json, "mapped_size", json_integer((json_int_t)reach));
    const char *kind = json_string_value(json_object_get(object->json, "kind"));
    json_object_set_new(json, "object", json_integer(object->space));
    bool known = json_object_get(object->json, "size") != NULL;
    if (kind && (strcmp(kind, "file") == 0 || strcmp(kind, "anonymous") == 0 ||
                 (strcmp(kind, "unlinked") == 0 && !known))) {
        int rc = refuse_guards(p, map, err);
        if (rc != 0)
            return rc;
        return object_capture_memory(object, &p->injector, map->start, map->offset,
                                     map->end - map->start, err);
    }
    return 0;
}

/* Records a mapped file that has no name any more. Its bytes come from a descriptor if there was
 * one, or else from the mapping. */
static int capture_deleted_file(struct objects *o, const struct captured_process *p,
                                const struct proc_map *map, json_t *json, cairn_error *err)
{
    uint64_t dev = makedev(map->dev_major, map->dev_minor);
    struct object *object = object_find(o, dev, map->inode);
    int rc = 0;
    bool known = object != NULL && json_object_get(object->json, "size");
    if (!object)
        rc = object_add(o, dev, map->inode, "unlinked", map->path, &object, err);
    if (rc == 0 && !known)
        rc = object_capture_memory(object, &p->injector, map->start, map->offset,
                                   map->end - map->start, err);
    if (rc == 0)
        json_object_set_new(json, "object", json_integer(object->space));
    return rc;
}

/* Finds the kept copy of a file that was replaced or removed since. The mapping identifies the
 * copy, because the build id is at the file's beginning. */
static bool recall_deleted(const struct objects *o, const struct captured_process *p,
                           const struct proc_map *map, json_t *json)
{
    for (size_t i = 0; o->keeping && i < p->maps.count; i++) {
        const struct proc_map *first = &p->maps.maps[i];
        char content[CONTENT_ID_SIZE];
        if (first->offset != 0 || strcmp(first->path, map->path) != 0 ||
            first->inode != map->inode || first->dev_major != map->dev_major ||
            first->dev_minor != map->dev_minor ||
            !content_build_id(p->injector.memory, first->start, content))
            continue;
        json_t *said = keeping_recall(o->keeping, map->path, content);
        return said && json_object_update(json, said) == 0;
    }
    return false;
}

static int capture_private_file(struct objects *o, const struct captured_process *p,
                                const struct proc_map *map, json_t *json, cairn_error *err)
{
    if (path_is_deleted(map->path))
        return recall_deleted(o, p, map, json) ? 0 : capture_deleted_file(o, p, map, json, err);
    return note_file(p, map, json, err);
}

static int capture_mapping(struct objects *o, struct captured_process *p,
                           const struct proc_map *map, json_t *json, cairn_error *err)
{
    if (proc_map_is_kernel(map)) {
        json_object_set_new(json, "kernel", json_string(map->path));
        return 0;
    }
    json_object_set_new(json, "offset", json_hex(map->offset));
    json_object_set_new(json, "shared", json_boolean(map->shared));
    if (map->shared)
        return capture_shared(o, p, map, json, err);
    return map->inode != 0 ? capture_private_file(o, p, map, json, err) : 0;
}

/* Records a program that was replaced or removed while it runs, for example by an upgrade. */
int capture_deleted_program(struct objects *o, struct captured_process *p, cairn_error *err)
{
    const char *path = json_string_value(json_object_get(p->json, "exe"));
    if (!path || !path_is_deleted(path))
        return 0;
    char link[64];
    struct stat st;
    snprintf(link, sizeof link, "/proc/%d/exe", p->pid);
    auto_close int fd = open(link, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return cairn_fail_errno(err, "opening %s, which pid %d runs", path, p->ns_pid);
    char content[CONTENT_ID_SIZE];
    const json_t *said = o->keeping && content_build_id(fd, 0, content)
                             ? keeping_recall(o->keeping, path, content)
                             : NULL;
    if (said) {
        json_object_set(p->json, "exe_kept", json_object_get(said, "kept"));
        json_object_set(p->json, "exe", json_object_get(said, "path"));
        return 0;
    }
    struct object *object = object_find(o, st.st_dev, st.st_ino);
    int rc = 0;
    if (!object)
        rc = object_add(o, st.st_dev, st.st_ino, "unlinked", path, &object, err);
    if (rc == 0 && !json_object_get(object->json, "size"))
        rc = object_capture_file(object, fd, (uint64_t)st.st_size, err);
    if (rc != 0)
        return rc;
    object_note_attributes(object, &st);
    json_object_set_new(object->json, "program", json_true());
    json_object_set_new(p->json, "exe_object", json_integer(object->space));
    return 0;
}

int capture_mappings(struct objects *o, struct captured_process *p, cairn_error *err)
{
    json_t *maps = json_array();
    json_object_set_new(p->json, "maps", maps);
    for (size_t i = 0; i < p->maps.count; i++) {
        const struct proc_map *map = &p->maps.maps[i];
        json_t *json = json_pack("{s:o, s:o, s:i}", "start", json_hex(map->start), "end",
                                 json_hex(map->end), "prot", map->prot);
        json_array_append_new(maps, json);
        int rc = capture_mapping(o, p, map, json, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int capture_shm_file(struct objects *o, int dir, const char *name, const char *path,
                            json_t *entry, cairn_error *err)
{
    auto_close int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return cairn_fail_errno(err, "opening /dev/shm/%s of the step", path);
    struct stat st;
    if (fstat(fd, &st) < 0)
        return cairn_fail_errno(err, "looking at /dev/shm/%s of the step", path);
    struct object *object = object_find(o, st.st_dev, st.st_ino);
    if (!object) {
        int rc = object_add(o, st.st_dev, st.st_ino, "shm", path, &object, err);
        if (rc == 0)
            rc = object_capture_file(object, fd, (uint64_t)st.st_size, err);
        if (rc != 0)
            return rc;
        object_note_attributes(object, &st);
    }
    json_object_set_new(entry, "object", json_integer(object->space));
    return 0;
}

static int note_link(int dir, const char *name, json_t *entry, cairn_error *err)
{
    char target[PATH_MAX];
    ssize_t n = readlinkat(dir, name, target, sizeof target - 1);
    if (n < 0)
        return cairn_fail_errno(err, "reading the link %s in /dev/shm of the step", name);
    target[n] = '\0';
    return json_object_set_new(entry, "target", json_string(target)) == 0
               ? 0
               : cairn_fail(err, CAIRN_EUNSUPPORTED,
                            "the link %s in /dev/shm of the step leads to what is not UTF-8", name);
}

/* Whether Cairn makes the file anew for each attempt: the link to the step's own TMPDIR. */
static bool is_made_by_us(const char *prefix, const char *name)
{
    return !*prefix && strcmp(name, TEMPORARY_LINK) == 0;
}

static int capture_shm_folder(struct objects *o, int fd, const char *prefix, int depth,
                              json_t *entries, cairn_error *err)
{
    auto_closedir DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return cairn_fail_errno(err, "reading /dev/shm of the step");
    }
    if (depth > 32)
        return cairn_fail(err, CAIRN_EUNSUPPORTED, "/dev/shm/%s of the step is nested too deeply",
                          prefix);
    for (struct dirent *entry; (entry = readdir(dir));) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || is_made_by_us(prefix, name))
            continue;
        char path[4096];
        struct stat st;
        if (snprintf(path, sizeof path, "%s%s", prefix, name) >= (int)sizeof path - 1 ||
            fstatat(dirfd(dir), name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            return cairn_fail_errno(err, "looking at /dev/shm/%s%s of the step", prefix, name);
        json_t *json = json_pack("{s:s, s:i}", "path", path, "mode", (int)st.st_mode);
        if (!json)
            return cairn_fail(err, CAIRN_EUNSUPPORTED,
                              "a name in the step's /dev/shm is not UTF-8");
        json_array_append_new(entries, json);
        int rc = 0;
        if (S_ISLNK(st.st_mode)) {
            rc = note_link(dirfd(dir), name, json, err);
        } else if (S_ISREG(st.st_mode)) {
            rc = capture_shm_file(o, dirfd(dir), name, path, json, err);
        } else if (S_ISDIR(st.st_mode)) {
            strcat(path, "/");
            int inner = openat(dirfd(dir), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            rc = inner < 0 ? cairn_fail_errno(err, "opening /dev/shm/%s of the step", path)
                           : capture_shm_folder(o, inner, path, depth + 1, entries, err);
        } else {
            rc = cairn_fail(err, CAIRN_EUNSUPPORTED,
                            "/dev/shm/%s of the step is no file, folder or link", path);
        }
        if (rc != 0)
            return rc;
    }
    return 0;
}

int capture_shm(struct objects *o, json_t *meta, cairn_error *err)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/root/dev/shm", o->init);
    json_t *entries = json_array();
    json_object_set_new(meta, "shm", entries);
    struct stat st;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : cairn_fail_errno(err, "opening the step's /dev/shm");
    if (fstat(fd, &st) < 0) {
        close(fd);
        return cairn_fail_errno(err, "looking at the step's /dev/shm");
    }
    o->shm_dev = st.st_dev;
    return capture_shm_folder(o, fd, "", 0, entries, err);
}
