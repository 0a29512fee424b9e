/* Records files that are open only for reading. A restore must find the same files. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/objects.h"
#include "common/cleanup.h"
#include "proc/content_id.h"
#include "proc/file_identity.h"

static bool is_written(const struct objects *o, const struct open_description *d)
{
    struct stat st;
    for (size_t i = 0; i < o->written_count; i++)
        if (fstat(o->written[i].fd, &st) == 0 && st.st_ino == d->ino && st.st_dev == d->dev)
            return true;
    return false;
}

void capture_read_files(const struct objects *o)
{
    for (size_t i = 0; i < o->description_count; i++)
        if (file_identity_is_noted(o->descriptions[i].json) && is_written(o, &o->descriptions[i]))
            file_identity_forget(o->descriptions[i].json);
}

/* The program can see the access time of the file. */
static int open_unseen(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOATIME | O_CLOEXEC);
    return fd >= 0 ? fd : open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* Without a record of content, a restore compares only size and time. */
static int describe(json_t *json, json_t *found, cairn_error *err)
{
    char content[CONTENT_ID_SIZE] = "";
    const char *path = json_string_value(json_object_get(json, "link"));
    if (!path)
        path = json_string_value(json_object_get(json, "path"));
    const char *known = json_string_value(json_object_get(found, path));
    auto_close int fd = known ? -1 : open_unseen(path);
    if (fd >= 0 && file_identity_is_as_noted(json, fd)) {
        cairn_error ignored;
        if (content_id(fd, path, content, &ignored) != 0 || !file_identity_is_as_noted(json, fd))
            content[0] = '\0';
    }
    if (!known && json_object_set_new(found, path, json_string(content)) != 0)
        return cairn_fail(err, ENOMEM, "out of memory describing %s", path);
    const char *said = known ? known : content;
    if (said[0])
        json_object_set_new(json, "file_content", json_string(said));
    return 0;
}

int read_files_describe(const struct objects *o, cairn_error *err)
{
    json_auto_t *found = json_object(); /* by path, because a file may be open many times */
    int rc = 0;
    for (size_t i = 0; i < o->description_count && rc == 0; i++)
        if (file_identity_is_noted(o->descriptions[i].json))
            rc = describe(o->descriptions[i].json, found, err);
    return rc;
}
