#include "proc/file_identity.h"

#include <string.h>

#include "common/json.h"
#include "proc/content_id.h"

#define SIZE "file_size"
#define MTIME "file_mtime_ns"
#define CTIME "file_ctime_ns"
#define INODE "file_ino"

static uint64_t ctime_ns(const struct stat *st)
{
    return (uint64_t)st->st_ctim.tv_sec * 1000000000u + (uint64_t)st->st_ctim.tv_nsec;
}

int file_identity_note(json_t *json, const struct stat *st, bool changes)
{
    int bad = json_object_set_new(json, SIZE, json_hex((uint64_t)st->st_size)) |
              json_object_set_new(json, MTIME, json_hex(content_mtime_ns(st)));
    if (!changes)
        bad |= json_object_set_new(json, CTIME, json_hex(ctime_ns(st))) |
               json_object_set_new(json, INODE, json_hex(st->st_ino));
    return bad;
}

void file_identity_forget(json_t *json)
{
    json_object_del(json, SIZE);
    json_object_del(json, MTIME);
    json_object_del(json, CTIME);
    json_object_del(json, INODE);
}

bool file_identity_is_noted(const json_t *json)
{
    return json_object_get(json, SIZE);
}

/* True for a value that was not noted. */
static bool has_value(const json_t *json, const char *key, uint64_t value)
{
    uint64_t noted;
    return !json_object_get(json, key) ||
           (json_need_hex(json, key, &noted, NULL) == 0 && noted == value);
}

static bool is_same_inode(const json_t *json, const struct stat *st)
{
    return has_value(json, INODE, st->st_ino) && has_value(json, CTIME, ctime_ns(st));
}

bool file_identity_is_as_noted(const json_t *json, int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && has_value(json, SIZE, (uint64_t)st.st_size) &&
           has_value(json, MTIME, content_mtime_ns(&st)) && is_same_inode(json, &st);
}

bool file_identity_is_program(const json_t *json)
{
    const char *id = json_string_value(json_object_get(json, "file_content"));
    return id && strncmp(id, "build-id:", 9) == 0;
}

/* proven: the whole content was compared. */
static int compare_content(const json_t *json, const char *path, int fd, uint64_t size, bool *same,
                           bool *proven, cairn_error *err)
{
    const char *there = "";
    char here[CONTENT_ID_SIZE];
    int rc = json_may_string(json, "file_content", CONTENT_ID_SIZE - 1, &there, err);
    if (rc == 0)
        rc = content_id_of(fd, size, path, here, err);
    if (rc != 0)
        return rc;
    *same = *there && strcmp(there, here) == 0;
    *proven = *same && !content_id_is_of_samples(there);
    return 0;
}

int file_identity_compare(const json_t *json, const char *path, int fd, enum file_verdict *out,
                          cairn_error *err)
{
    struct stat st;
    uint64_t size, mtime;
    bool same = false, proven = false;
    int rc = json_need_hex(json, SIZE, &size, err);
    if (rc == 0)
        rc = json_need_hex(json, MTIME, &mtime, err);
    if (rc != 0)
        return rc;
    if (fstat(fd, &st) < 0)
        return cairn_fail_errno(err, "looking at %s", path);
    *out = FILE_OTHER;
    bool in_time = content_mtime_ns(&st) == mtime;
    if ((uint64_t)st.st_size < size)
        return 0;
    if ((uint64_t)st.st_size == size && in_time &&
        (is_same_inode(json, &st) || !json_object_get(json, "file_content"))) {
        *out = FILE_SAME;
        return 0;
    }
    rc = compare_content(json, path, fd, size, &same, &proven, err);
    if (rc != 0)
        return rc;
    if ((uint64_t)st.st_size > size) {
        /* A build id does not show where the file ends. */
        bool has_grown = same && !file_identity_is_program(json) &&
                         (proven || has_value(json, INODE, st.st_ino));
        *out = has_grown ? FILE_LONGER : FILE_OTHER;
    }
    if ((uint64_t)st.st_size == size && same && (proven || in_time))
        *out = FILE_SAME;
    return 0;
}
