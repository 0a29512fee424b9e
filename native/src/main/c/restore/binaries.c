#include "restore/binaries.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "image/image.h"
#include "rollback/file_content.h"

int binaries_folder(int image_fd)
{
    return openat(image_fd, "../" BINARIES_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int binaries_open(int folder_fd, const char *name, int *out, cairn_error *err)
{
    struct rb_digest digest;
    struct stat st;
    if (!rb_digest_parse(name, &digest))
        return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "%s is no name of a kept file", name);
    if (fstat(folder_fd, &st) < 0)
        return cairn_fail_errno(err, "looking at the folder " BINARIES_FOLDER);
    int rc = image_check_trust("the folder " BINARIES_FOLDER, folder_fd, &st, err);
    if (rc != 0)
        return rc;
    auto_close int fd =
        openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return cairn_fail_errno(err, "opening " BINARIES_FOLDER "/%s", name);
    if (!S_ISREG(st.st_mode))
        return cairn_fail(err, CAIRN_EIMAGE_UNTRUSTED, "%s is not a regular file", name);
    rc = image_check_trust(name, fd, &st, err);
    if (rc == 0)
        *out = steal_fd(&fd);
    return rc;
}

int binaries_check(int folder_fd, const char *name, cairn_error *err)
{
    auto_close int fd = -1;
    struct stat st;
    struct rb_digest digest;
    char holds[RB_HEX + 1];
    int rc = binaries_open(folder_fd, name, &fd, err);
    if (rc != 0)
        return rc;
    if (fstat(fd, &st) < 0)
        return cairn_fail_errno(err, "looking at " BINARIES_FOLDER "/%s", name);
    rc = rb_content_digest(fd, (uint64_t)st.st_size, name, &digest, err);
    if (rc != 0)
        return rc;
    rb_digest_hex(digest, holds);
    return strcmp(holds, name) == 0
               ? 0
               : cairn_fail(err, CAIRN_EIMAGE_CORRUPT,
                            "the digest of " BINARIES_FOLDER "/%s does not match", name);
}

int binaries_check_of(int image_fd, const char *name, const char *path, cairn_error *err)
{
    auto_close int folder = binaries_folder(image_fd);
    int rc = folder < 0
                 ? cairn_fail_errno(err, "opening the folder " BINARIES_FOLDER " beside the image")
                 : binaries_check(folder, name, err);
    return rc != 0 ? cairn_fail_within(err, rc, "the kept copy of %s", path) : 0;
}

struct binaries_total binaries_total(const json_t *meta)
{
    struct binaries_total total = {0};
    const char *name;
    json_t *file;
    json_object_foreach(json_object_get(meta, "binaries"), name, file)
    {
        uint64_t size = 0;
        if (json_need_hex(file, "size", &size, NULL) == 0)
            total.bytes += size;
        total.files++;
    }
    return total;
}

int binaries_verify(int image_fd, const json_t *meta, cairn_error *err)
{
    const char *name, *path;
    json_t *file;
    int rc = 0;
    json_object_foreach(json_object_get(meta, "binaries"), name, file)
    {
        if (rc == 0)
            rc = json_need_string(file, "path", 4096, &path, err);
        if (rc == 0)
            rc = binaries_check_of(image_fd, name, path, err);
    }
    return rc;
}

void binaries_sweep(int folder_fd, const json_t *names)
{
    auto_close int copy = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_closedir DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (!dir)
        return;
    steal_fd(&copy);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (!json_object_get(names, entry->d_name))
            unlinkat(folder_fd, entry->d_name, 0); /* `.` and `..` are no files */
}
