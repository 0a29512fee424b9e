#include "capture/binaries.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "proc/content_id.h"
#include "proc/proc.h"
#include "restore/binaries.h"
#include "rollback/file_content.h"

#define VERSION_BYTES 128
#define PARTIAL ".partial"

/* Makes the folder durable before its content is used. */
static int make_folder(int image_fd, cairn_error *err)
{
    auto_close int checkpoints = openat(image_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (checkpoints < 0 || mkdirat(checkpoints, BINARIES_FOLDER, 0700) < 0 ||
        fsync(checkpoints) < 0)
        return cairn_fail_errno(err, "making the folder " BINARIES_FOLDER);
    return 0;
}

int keeping_open(int image_fd, struct kept_binaries *kept, struct keeping *out, cairn_error *err)
{
    char link[64];
    auto_free char *path = NULL;
    *out = (struct keeping){.folder = binaries_folder(image_fd), .kept = kept};
    int rc = out->folder < 0 && errno == ENOENT ? make_folder(image_fd, err) : 0;
    if (rc != 0)
        return rc;
    if (out->folder < 0)
        out->folder = binaries_folder(image_fd);
    if (out->folder < 0)
        return cairn_fail_errno(err, "opening the folder " BINARIES_FOLDER);
    snprintf(link, sizeof link, "/proc/self/fd/%d", out->folder);
    rc = proc_read_link(link, &path, err);
    if (rc != 0)
        return rc;
    if (!kept->paths)
        kept->paths = json_object();
    if (!kept->known)
        kept->known = json_object();
    if (!kept->contents)
        kept->contents = json_object();
    out->files = json_object();
    if (asprintf(&out->path, "%s/", path) < 0)
        out->path = NULL;
    return out->path && out->files && kept->paths && kept->known && kept->contents
               ? 0
               : cairn_fail(err, ENOMEM, "out of memory keeping programs and libraries");
}

void keeping_close(struct keeping *k)
{
    cairn_cleanup_close(&k->folder);
    free(k->path);
    json_decref(k->files);
}

bool keeping_wants(const struct keeping *k, const char *path)
{
    const char *const folders[] = {"/usr/",   "/bin/", "/sbin/", "/lib/",
                                   "/lib64/", "/opt/", k->path};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (strncmp(path, folders[i], strlen(folders[i])) == 0)
            return true;
    return false;
}

/* Identifies one version of one file. */
static void version_of(const struct stat *st, char out[VERSION_BYTES])
{
    snprintf(out, VERSION_BYTES, "%llx-%llx-%llx-%llx-%llx", (unsigned long long)st->st_dev,
             (unsigned long long)st->st_ino, (unsigned long long)st->st_size,
             (unsigned long long)content_mtime_ns(st),
             (unsigned long long)st->st_ctim.tv_sec * 1000000000u +
                 (unsigned long long)st->st_ctim.tv_nsec);
}

static bool is_there(const struct keeping *k, const char *name, const struct stat *as)
{
    struct stat st;
    return fstatat(k->folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           st.st_size == as->st_size;
}

/* Gives the copy the times of its original, because a restore compares them first to see whether
 * the original is still there. The copy is executable, because a restore makes a process run it. */
static int fill_copy(int to, int fd, const struct stat *st, cairn_error *err)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, st->st_mtim};
    uint64_t size = (uint64_t)st->st_size;
    int rc =
        rb_content_reflink(fd, size, to) ? 0 : rb_content_copy(fd, 0, size, to, "it", NULL, err);
    if (rc == 0 && (fchmod(to, 0500) < 0 || futimens(to, times) < 0 || fsync(to) < 0))
        rc = cairn_fail_errno(err, "syncing it");
    return rc;
}

static int copy_file(struct keeping *k, int fd, const struct stat *st, const char *path,
                     const char *name, cairn_error *err)
{
    char partial[RB_HEX + sizeof PARTIAL];
    snprintf(partial, sizeof partial, "%s" PARTIAL, name);
    unlinkat(k->folder, partial, 0); /* a temporary file of a writer that was killed */
    auto_close int to = openat(k->folder, partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int rc = to < 0 ? cairn_fail_errno(err, "making it") : fill_copy(to, fd, st, err);
    if (rc == 0 && renameat(k->folder, partial, k->folder, name) < 0)
        rc = cairn_fail_errno(err, "renaming it");
    if (rc == 0) {
        k->added = true;
        return 0;
    }
    unlinkat(k->folder, partial, 0);
    return cairn_fail_within(err, rc, "keeping a copy of %s in %s", path, k->path);
}

/* If nothing has changed, the digest that was read belongs to the copied bytes, too. */
static bool is_unchanged(int fd, const char *version)
{
    struct stat st;
    char now[VERSION_BYTES];
    if (fstat(fd, &st) < 0)
        return false;
    version_of(&st, now);
    return strcmp(now, version) == 0;
}

/* Records that this image needs the kept file. Returns the image's description of it, which the
 * caller borrows. */
static const char *refer(struct keeping *k, const char *name, const char *path, int64_t size)
{
    if (!json_object_get(k->files, name))
        json_object_set_new(
            k->files, name,
            json_pack("{s:s, s:o}", "path", path, "size", json_hex((uint64_t)size)));
    if (!json_object_get(k->kept->paths, name))
        json_object_set_new(k->kept->paths, name, json_string(path));
    return json_object_iter_key(json_object_iter_at(k->files, name));
}

static int keep(struct keeping *k, int fd, const struct stat *st, const char *path,
                char name[RB_HEX + 1], cairn_error *err)
{
    struct rb_digest digest;
    int rc = rb_content_digest(fd, (uint64_t)st->st_size, path, &digest, err);
    if (rc != 0)
        return rc;
    rb_digest_hex(digest, name);
    cairn_error unsound;
    return binaries_check(k->folder, name, &unsound) == 0 ? 0
                                                          : copy_file(k, fd, st, path, name, err);
}

/* Opens a file that is known only from a mapping. */
static void remember(struct keeping *k, const struct stat *st, const char *path,
                     const char *content, const char *name)
{
    if (*content)
        json_object_set_new(k->kept->contents, content,
                            json_pack("{s:s, s:s, s:o, s:o}", "path", path, "kept", name,
                                      "file_size", json_hex((uint64_t)st->st_size), "file_mtime_ns",
                                      json_hex(content_mtime_ns(st))));
}

json_t *keeping_recall(const struct keeping *k, const char *path, const char *content)
{
    json_t *said = json_object_get(k->kept->contents, content);
    const char *original = json_string_value(json_object_get(said, "path"));
    const char *name = json_string_value(json_object_get(said, "kept"));
    return original && strncmp(path, original, strlen(original)) == 0 &&
                   strcmp(path + strlen(original), " (deleted)") == 0 &&
                   faccessat(k->folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0
               ? said
               : NULL;
}

int keeping_reopen(struct keeping *k, const char *name, const char *path)
{
    struct stat st;
    auto_close int fd = -1;
    cairn_error ignored;
    if (binaries_open(k->folder, name, &fd, &ignored) != 0 || fstat(fd, &st) < 0)
        return -1;
    refer(k, name, path, st.st_size);
    return steal_fd(&fd);
}

int keeping_add(struct keeping *k, int fd, const char *path, const char *content, const char **name,
                cairn_error *err)
{
    struct stat st;
    char version[VERSION_BYTES], made[RB_HEX + 1];
    *name = NULL;
    if (fstat(fd, &st) < 0)
        return cairn_fail_errno(err, "looking at %s", path);
    version_of(&st, version);
    const char *known = json_string_value(json_object_get(k->kept->known, version));
    if (known && is_there(k, known, &st)) {
        *name = refer(k, known, path, st.st_size);
        return 0;
    }
    int rc = keep(k, fd, &st, path, made, err);
    if (rc != 0 || !is_unchanged(fd, version))
        return rc;
    json_object_set_new(k->kept->known, version, json_string(made));
    remember(k, &st, path, content, made);
    *name = refer(k, made, path, st.st_size);
    return *name ? 0 : cairn_fail(err, ENOMEM, "out of memory keeping %s", path);
}

const char *keeping_find(struct keeping *k, const char **path)
{
    size_t len = strlen(k->path);
    struct stat st;
    if (strncmp(*path, k->path, len) != 0)
        return NULL;
    const char *name = *path + len;
    const char *original = json_string_value(json_object_get(k->kept->paths, name));
    if (!original || fstatat(k->folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return NULL;
    *path = original;
    return refer(k, name, original, st.st_size);
}

int keeping_finish(struct keeping *k, json_t *meta, cairn_error *err)
{
    if (k->added && fsync(k->folder) < 0)
        return cairn_fail_errno(err, "syncing the folder " BINARIES_FOLDER);
    json_object_set(meta, "binaries", k->files);
    return 0;
}
