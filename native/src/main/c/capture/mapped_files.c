#include "capture/mapped_files.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "proc/content_id.h"
#include "proc/file_identity.h"

/* What is recorded of a file besides its mappings: keys that are added to each mapping. */
struct description {
    struct keeping *keeping; /* NULL: nothing is kept */
    json_t *executed;        /* paths that some process has mapped as code */
    json_t *found;           /* by path or kept name, because processes share most of their files */
};

/* Whether the file is a program or library, judged by its folder, its mappings and its content. */
static bool is_binary(const struct description *d, int fd, const char *path)
{
    char magic[SELFMAG];
    return keeping_wants(d->keeping, path) || json_object_get(d->executed, path) ||
           (pread(fd, magic, sizeof magic, 0) == sizeof magic &&
            memcmp(magic, ELFMAG, SELFMAG) == 0);
}

/* Adds nothing for a file that another host could not recognise. */
static int look_at(const struct description *d, const json_t *map, const char *path, json_t *found,
                   cairn_error *err)
{
    char content[CONTENT_ID_SIZE] = "";
    const char *kept = json_string_value(json_object_get(map, "kept")); /* and the file has no name
                                                                         * any more */
    auto_close int fd =
        kept ? keeping_reopen(d->keeping, kept, path) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || !file_identity_is_as_noted(map, fd))
        return 0;
    int rc = content_id(fd, path, content, err);
    if (rc != 0)
        return rc;
    const char *original = path;
    if (d->keeping && !kept)
        kept = keeping_find(d->keeping, &original);
    if (d->keeping && !kept && is_binary(d, fd, path))
        rc = keeping_add(d->keeping, fd, path, content, &kept, err);
    if (*content)
        json_object_set_new(found, "file_content", json_string(content));
    if (kept)
        json_object_set_new(found, "kept", json_string(kept));
    json_object_set_new(found, "path", json_string(original));
    return rc;
}

static int describe(const struct description *d, json_t *map, cairn_error *err)
{
    const char *path = json_string_value(json_object_get(map, "path"));
    if (!path || !file_identity_is_noted(map))
        return 0;
    const char *kept = json_string_value(json_object_get(map, "kept"));
    json_t *found = json_object_get(d->found, kept ? kept : path);
    if (!found) {
        found = json_object();
        if (json_object_set_new(d->found, kept ? kept : path, found) != 0)
            return cairn_fail(err, ENOMEM, "out of memory describing %s", path);
        int rc = look_at(d, map, path, found, err);
        if (rc != 0)
            return rc;
    }
    json_object_update(map, found);
    return 0;
}

/* The process runs the program that this mapping shows. */
static void describe_program(const struct description *d, json_t *process)
{
    const json_t *exe = json_object_get(process, "exe");
    const json_t *found = json_object_get(d->found, exe ? json_string_value(exe) : "");
    if (!json_object_get(found, "kept") || json_object_get(process, "exe_kept"))
        return;
    json_object_set(process, "exe_kept", json_object_get(found, "kept"));
    json_object_set(process, "exe", json_object_get(found, "path"));
}

static void note_executed(const struct description *d, const json_t *map)
{
    const char *path = json_string_value(json_object_get(map, "path"));
    if (path && (json_integer_value(json_object_get(map, "prot")) & PROT_EXEC))
        json_object_set_new(d->executed, path, json_true());
}

int mapped_files_describe(json_t *processes, struct keeping *keeping, cairn_error *err)
{
    json_auto_t *found = json_object(), *executed = json_object();
    const struct description d = {keeping, executed, found};
    size_t i, k;
    json_t *process, *map;
    json_array_foreach(processes, i, process)
        json_array_foreach(json_object_get(process, "maps"), k, map) note_executed(&d, map);
    json_array_foreach(processes, i, process)
    {
        json_array_foreach(json_object_get(process, "maps"), k, map)
        {
            int rc = describe(&d, map, err);
            if (rc != 0)
                return rc;
        }
        describe_program(&d, process);
    }
    return 0;
}
