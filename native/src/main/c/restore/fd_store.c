#include "restore/fd_store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/json.h"
#include "proc/proc.h"

int fd_store_choose(struct restoration *r, cairn_error *err)
{
    int64_t highest = 15;
    for (size_t i = 0; i < r->process_count; i++) {
        size_t k;
        json_t *entry;
        json_array_foreach(json_object_get(r->processes[i].json, "descriptors"), k, entry)
        {
            int64_t fd;
            int rc = json_need_int(entry, "fd", 0, 1 << 20, &fd, err);
            if (rc != 0)
                return rc;
            if (fd > highest)
                highest = fd;
        }
    }
    const json_t *description, *target;
    size_t i, k;
    json_array_foreach(json_object_get(r->meta, "descriptions"), i, description)
    {
        json_array_foreach(json_object_get(description, "targets"), k, target)
        {
            int64_t fd;
            int rc = json_need_int(target, "fd", 0, 1 << 20, &fd, err);
            if (rc != 0)
                return rc;
            if (fd > highest)
                highest = fd;
        }
    }
    /* Above our own descriptors too, which pid 1 inherits, with room for those that it opens
     * meanwhile. */
    auto_proc_list struct proc_list own = {0};
    int rc = proc_descriptors(getpid(), &own, err);
    if (rc != 0)
        return rc;
    if (own.count && own.numbers[own.count - 1] > highest)
        highest = own.numbers[own.count - 1];
    r->fd_store = (int)highest + 64;
    return 0;
}

int fd_store_description(const struct restoration *r, int64_t id)
{
    return id >= 0 && (size_t)id < json_array_size(json_object_get(r->meta, "descriptions"))
               ? r->fd_store + (int)id
               : -1;
}

int fd_store_object(const struct restoration *r, uint32_t space)
{
    int base = r->fd_store + (int)json_array_size(json_object_get(r->meta, "descriptions"));
    size_t i;
    json_t *object;
    json_array_foreach(json_object_get(r->meta, "objects"), i, object)
    {
        if (json_integer_value(json_object_get(object, "space")) == space)
            return base + (int)i;
    }
    return -1;
}

static bool is_kept_as(const json_t *file, const char *kept)
{
    const char *name = json_string_value(json_object_get(file, "kept"));
    return name && kept ? strcmp(name, kept) == 0 : name == kept;
}

int fd_store_mapped_file(const struct restoration *r, const char *path, const char *kept)
{
    int base = r->fd_store + (int)json_array_size(json_object_get(r->meta, "descriptions")) +
               (int)json_array_size(json_object_get(r->meta, "objects"));
    size_t i;
    json_t *file;
    json_array_foreach(r->mapped_files, i, file)
    {
        if (strcmp(json_string_value(json_object_get(file, "path")), path) == 0 &&
            is_kept_as(file, kept))
            return base + (int)i;
    }
    return -1;
}

bool description_is_kind(const json_t *description, const char *kind)
{
    const char *is = json_string_value(json_object_get(description, "kind"));
    return is && strcmp(is, kind) == 0;
}

int fd_store_place(int fd, int number, cairn_error *err)
{
    if (dup3(fd, number, 0) < 0)
        return cairn_fail_errno(err, "making room for descriptor %d (RLIMIT_NOFILE?)", number);
    return 0;
}
