#include "capture/objects.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/json.h"

#define PAGE 4096u

bool path_is_deleted(const char *path)
{
    static const char end[] = " (deleted)";
    size_t len = strlen(path);
    return len >= sizeof end - 1 && strcmp(path + len - (sizeof end - 1), end) == 0;
}

struct object *object_find(const struct objects *o, uint64_t dev, uint64_t ino)
{
    for (size_t i = 0; i < o->object_count; i++)
        if (o->objects[i].dev == dev && o->objects[i].ino == ino)
            return &o->objects[i];
    return NULL;
}

int object_add(struct objects *o, uint64_t dev, uint64_t ino, const char *kind, const char *name,
               struct object **out, cairn_error *err)
{
    struct object *grown = realloc(o->objects, (o->object_count + 1) * sizeof *grown);
    if (!grown)
        return cairn_fail(err, ENOMEM, "out of memory taking shared memory");
    o->objects = grown;
    struct object *object = &grown[o->object_count++];
    *object = (struct object){.dev = dev, .ino = ino, .space = o->next_space++};
    object->json = json_pack("{s:I, s:s, s:s}", "space", (json_int_t)object->space, "kind", kind,
                             "name", name);
    *out = object;
    return object->json
               ? 0
               : cairn_fail(err, CAIRN_EUNSUPPORTED, "shared memory whose name is not UTF-8");
}

void object_note_attributes(struct object *object, const struct stat *st)
{
    json_object_set_new(object->json, "mode", json_integer(st->st_mode & 07777));
    json_object_set_new(object->json, "owner",
                        json_pack("[I, I]", (json_int_t)st->st_uid, (json_int_t)st->st_gid));
    json_object_set_new(object->json, "times",
                        json_pack("[I, I, I, I]", (json_int_t)st->st_atim.tv_sec,
                                  (json_int_t)st->st_atim.tv_nsec, (json_int_t)st->st_mtim.tv_sec,
                                  (json_int_t)st->st_mtim.tv_nsec));
}

static int add_extent(struct object *object, uint64_t offset, size_t length, uint8_t **bytes,
                      cairn_error *err)
{
    uint8_t *room = malloc(length ? length : 1);
    struct object_extent *grown =
        realloc(object->extents, (object->extent_count + 1) * sizeof *grown);
    if (grown)
        object->extents = grown;
    if (!room || !grown) {
        free(room);
        return cairn_fail(err, ENOMEM, "out of memory copying %zu bytes of shared memory", length);
    }
    grown[object->extent_count++] = (struct object_extent){offset, length, room};
    *bytes = room;
    return 0;
}

int object_capture_file(struct object *object, int fd, uint64_t size, cairn_error *err)
{
    json_object_set_new(object->json, "size", json_hex(size));
    for (off_t at = 0; (uint64_t)at < size;) {
        off_t data = lseek(fd, at, SEEK_DATA);
        if (data < 0)
            return errno == ENXIO ? 0
                                  : cairn_fail_errno(err, "looking for data in a file of the step");
        off_t hole = lseek(fd, data, SEEK_HOLE);
        if (hole < 0)
            return cairn_fail_errno(err, "looking for a hole in a file of the step");
        uint8_t *bytes;
        int rc = add_extent(object, (uint64_t)data, (size_t)(hole - data), &bytes, err);
        if (rc == 0)
            rc = io_pread_full(fd, bytes, (size_t)(hole - data), (uint64_t)data,
                               "a file of the step", err);
        if (rc != 0)
            return rc;
        at = hole;
    }
    return 0;
}

int object_capture_memory(struct object *object, const struct injector *from, uint64_t at,
                          uint64_t offset, size_t length, cairn_error *err)
{
    for (size_t i = 0; i < object->extent_count; i++) /* one of several mappings is enough */
        if (object->extents[i].offset <= offset &&
            offset + length <= object->extents[i].offset + object->extents[i].length)
            return 0;
    uint8_t *bytes;
    int rc = add_extent(object, offset, length, &bytes, err);
    if (rc != 0)
        return rc;
    size_t done = 0;
    for (int refused = 0; done < length && refused < 2;) {
        ssize_t n = pread(from->memory, bytes + done, length - done, (off_t)(at + done));
        if (n > 0) {
            done += (size_t)n;
            refused = 0;
        } else if (n == 0 || errno == EIO) {
            refused++; /* beyond the end of the file, so another try would fail as well */
        } else if (errno != EINTR) {
            return cairn_fail_errno(err, "reading shared memory of the step");
        }
    }
    object->extents[object->extent_count - 1].length = done;
    return 0;
}

/* Whether the object's memory is zero from the start of a restore, so that its zeros need not be
 * stored. A file that still exists has its content.
 */
static bool starts_as_zero(const struct object *object)
{
    const char *kind = json_string_value(json_object_get(object->json, "kind"));
    return !kind || strcmp(kind, "file") != 0;
}

static int write_extent(const struct object *object, const struct object_extent *extent,
                        image_writer *writer, cairn_error *err)
{
    for (size_t at = 0; at < extent->length;) {
        size_t len =
            extent->length - at < IMAGE_CHUNK_BYTES ? extent->length - at : IMAGE_CHUNK_BYTES;
        const uint8_t *bytes = extent->bytes + at;
        bool zero =
            starts_as_zero(object) && bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0;
        struct image_run run = {extent->offset + at, len, IMAGE_RUN_DATA, 0};
        int rc = zero ? 0 : image_writer_chunk(writer, object->space, &run, 1, bytes, len, err);
        if (rc != 0)
            return rc;
        at += len;
    }
    return 0;
}

int objects_write(const struct objects *o, image_writer *writer, cairn_error *err)
{
    for (size_t i = 0; i < o->object_count; i++)
        for (size_t k = 0; k < o->objects[i].extent_count; k++) {
            int rc = write_extent(&o->objects[i], &o->objects[i].extents[k], writer, err);
            if (rc != 0)
                return rc;
        }
    return 0;
}

void objects_free(struct objects *o)
{
    for (size_t i = 0; i < o->object_count; i++) {
        for (size_t k = 0; k < o->objects[i].extent_count; k++)
            free(o->objects[i].extents[k].bytes);
        free(o->objects[i].extents);
        json_decref(o->objects[i].json);
    }
    for (size_t i = 0; i < o->description_count; i++)
        json_decref(o->descriptions[i].json);
    for (size_t i = 0; i < o->written_count; i++) {
        free((char *)o->written[i].path);
        close(o->written[i].fd);
    }
    free(o->objects);
    free(o->descriptions);
    free(o->written);
    *o = (struct objects){0};
}

bool description_is(const struct open_description *d, const char *kind)
{
    const char *is = json_string_value(json_object_get(d->json, "kind"));
    return is && strcmp(is, kind) == 0;
}

int description_borrow(pid_t pid, int fd, int *out, cairn_error *err)
{
    auto_close int process = (int)syscall(SYS_pidfd_open, pid, 0);
    if (process < 0)
        return cairn_fail_errno(err, "opening process %d", pid);
    int copy = (int)syscall(SYS_pidfd_getfd, process, fd, 0);
    if (copy < 0)
        return cairn_fail_errno(err, "copying descriptor %d of process %d", fd, pid);
    *out = copy;
    return 0;
}
