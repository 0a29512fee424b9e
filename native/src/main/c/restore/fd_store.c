#include "restore/fd_store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "proc/proc.h"

/* Returns the i-th number from `first` on that is not one of our own descriptors, which pid 1
 * inherits. */
static int number_of(const struct proc_list *own, int first, size_t i)
{
    int number = first + (int)i;
    for (size_t k = 0; k < own->count; k++)
        if (own->numbers[k] >= first && own->numbers[k] <= number)
            number++;
    return number;
}

/* Room for the descriptors that pid 1 opens meanwhile. */
int fd_store_choose(struct restoration *r, cairn_error *err)
{
    int rc = proc_descriptors(getpid(), &r->own_descriptors, err);
    if (rc == 0)
        r->fd_store = number_of(&r->own_descriptors, 0, FD_STORE_ROOM);
    return rc;
}

static int store_number(const struct restoration *r, size_t i)
{
    return number_of(&r->own_descriptors, r->fd_store, i);
}

int fd_store_description(const struct restoration *r, int64_t id)
{
    return id >= 0 && (size_t)id < json_array_size(json_object_get(r->meta, "descriptions"))
               ? store_number(r, (size_t)id)
               : -1;
}

int fd_store_object(const struct restoration *r, uint32_t space)
{
    size_t before = json_array_size(json_object_get(r->meta, "descriptions"));
    size_t i;
    json_t *object;
    json_array_foreach(json_object_get(r->meta, "objects"), i, object)
    {
        if (json_integer_value(json_object_get(object, "space")) == space)
            return store_number(r, before + i);
    }
    return -1;
}

int fd_store_terminal(const struct restoration *r, int64_t index)
{
    size_t before = json_array_size(json_object_get(r->meta, "descriptions")) +
                    json_array_size(json_object_get(r->meta, "objects"));
    size_t i;
    json_t *pty;
    json_array_foreach(json_object_get(r->meta, "ptys"), i, pty)
    {
        if (json_integer_value(json_object_get(pty, "index")) == index)
            return store_number(r, before + i);
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
    size_t before = json_array_size(json_object_get(r->meta, "descriptions")) +
                    json_array_size(json_object_get(r->meta, "objects")) +
                    json_array_size(json_object_get(r->meta, "ptys"));
    size_t i;
    json_t *file;
    json_array_foreach(r->mapped_files, i, file)
    {
        if (strcmp(json_string_value(json_object_get(file, "path")), path) == 0 &&
            is_kept_as(file, kept))
            return store_number(r, before + i);
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
