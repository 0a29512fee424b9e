#include "capture/contents.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "proc/content.h"

static bool is_as_noted(const json_t *map, int fd)
{
    struct stat st;
    uint64_t size = 0, mtime = 0;
    return fstat(fd, &st) == 0 && json_need_hex(map, "file_size", &size, NULL) == 0 &&
           json_need_hex(map, "file_mtime_ns", &mtime, NULL) == 0 && (uint64_t)st.st_size == size &&
           content_mtime_ns(&st) == mtime;
}

/* As a string; empty for a file that cannot be recognised elsewhere. */
static int name_of(const json_t *map, const char *path, json_t **out, cairn_error *err)
{
    char name[CONTENT_NAME_SIZE] = "";
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    int rc = fd >= 0 && is_as_noted(map, fd) ? content_name(fd, path, name, err) : 0;
    if (rc == 0 && !(*out = json_string(name)))
        rc = cairn_fail(err, ENOMEM, "out of memory describing %s", path);
    return rc;
}

/* @param names by path: processes share most of their files */
static int describe(json_t *map, json_t *names, cairn_error *err)
{
    const char *path = json_string_value(json_object_get(map, "path"));
    if (!path || !json_object_get(map, "file_size"))
        return 0;
    json_t *name = json_object_get(names, path);
    if (!name) {
        int rc = name_of(map, path, &name, err);
        if (rc != 0)
            return rc;
        json_object_set_new(names, path, name);
    }
    if (*json_string_value(name))
        json_object_set(map, "file_content", name);
    return 0;
}

int contents_describe(json_t *processes, cairn_error *err)
{
    json_auto_t *names = json_object();
    size_t i, k;
    json_t *process, *map;
    json_array_foreach(processes, i, process)
        json_array_foreach(json_object_get(process, "maps"), k, map)
    {
        int rc = describe(map, names, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}
