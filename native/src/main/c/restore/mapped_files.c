#include "restore/mapped_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "restore/binaries.h"
#include "restore/fd_store.h"
#include "restore/fits.h"

static json_t *find_listed(const struct restoration *r, const char *path, const char *kept)
{
    int number = fd_store_mapped_file(r, path, kept);
    size_t i;
    json_t *file;
    json_array_foreach(r->mapped_files, i, file)
    {
        const char *other = json_string_value(json_object_get(file, "path"));
        if (strcmp(other, path) == 0 &&
            fd_store_mapped_file(r, other, json_string_value(json_object_get(file, "kept"))) ==
                number)
            return file;
    }
    return NULL;
}

/* Opens each file once, from this host or else the kept copy; for writing if any mapping may write.
 */
static int list_mapped_file(struct restoration *r, const char *path, const json_t *map,
                            const json_t *kept, cairn_error *err)
{
    json_t *listed = path ? find_listed(r, path, json_string_value(kept)) : NULL;
    if (listed && json_is_true(json_object_get(map, "writable")))
        json_object_set_new(listed, "writable", json_true());
    if (!path || listed)
        return 0;
    json_t *file =
        map ? json_copy((json_t *)map) : json_pack("{s:s, s:O*}", "path", path, "kept", kept);
    bool stand_in;
    if (!file || json_array_append_new(r->mapped_files, file) != 0)
        return cairn_fail(err, ENOMEM, "out of memory listing mapped files");
    int rc = restore_find_file(file, image_reader_dirfd(r->image), r->spec->accept_changed,
                               &stand_in, err);
    if (rc == 0 && stand_in)
        json_object_set_new(file, "stand_in", json_true());
    return rc;
}

int mapped_files_list(struct restoration *r, cairn_error *err)
{
    r->mapped_files = json_array();
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->process_count; i++) {
        const json_t *process = r->processes[i].json;
        size_t k;
        json_t *map;
        json_array_foreach(json_object_get(process, "maps"), k, map)
        {
            if (rc == 0)
                rc = list_mapped_file(r, json_string_value(json_object_get(map, "path")), map,
                                      json_object_get(map, "kept"), err);
        }
        if (rc == 0 && !json_object_get(process, "exe_object"))
            rc = list_mapped_file(r, json_string_value(json_object_get(process, "exe")), NULL,
                                  json_object_get(process, "exe_kept"), err);
    }
    if (rc != 0)
        return rc;
    return json_array_size(r->mapped_files) < 100000
               ? 0
               : cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "more than 100000 mapped files");
}

static int open_mapped_file(const struct restoration *r, const json_t *json, cairn_error *err)
{
    const char *path = json_string_value(json_object_get(json, "path"));
    const char *kept = json_string_value(json_object_get(json, "kept"));
    bool stand_in = json_is_true(json_object_get(json, "stand_in")),
         writable = json_is_true(json_object_get(json, "writable"));
    auto_close int folder = stand_in ? binaries_folder(image_reader_dirfd(r->image)) : -1;
    auto_close int fd = stand_in ? openat(folder, kept, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
                                 : open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (fd < 0)
        return cairn_fail_errno(err, "opening %s, which the step runs or has mapped", path);
    int rc = stand_in ? 0
                      : restore_fits_file(json, path, fd, r->spec->accept_changed,
                                          err); /* else it was checked */
    return rc != 0 ? rc : fd_store_place(fd, fd_store_mapped_file(r, path, kept), err);
}

int mapped_files_open(const struct restoration *r, cairn_error *err)
{
    size_t i;
    json_t *json;
    int rc = 0;
    json_array_foreach(r->mapped_files, i, json)
    {
        if (rc == 0)
            rc = open_mapped_file(r, json, err);
    }
    return rc;
}
