#include "restore/mqueues.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mqueue.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/hex.h"
#include "common/json.h"
#include "restore/fd_store.h"

#define QUEUE_LIMIT 65536
#define MESSAGE_LIMIT (16 << 20)

static int send_messages(mqd_t queue, const json_t *json, int64_t size, cairn_error *err)
{
    json_t *messages;
    int rc = json_need_array(json, "messages", QUEUE_LIMIT, &messages, err);
    for (size_t i = 0; rc == 0 && i < json_array_size(messages); i++) {
        const json_t *message = json_array_get(messages, i);
        int64_t priority;
        const char *text;
        auto_free void *bytes = NULL;
        size_t len = 0;
        rc = json_need_int(message, "priority", 0, UINT32_MAX, &priority, err);
        if (rc == 0)
            rc = json_need_string(message, "bytes", (size_t)2 * MESSAGE_LIMIT, &text, err);
        if (rc == 0)
            rc = hex_decode(text, (size_t)size, &bytes, &len, err);
        if (rc == 0 && mq_send(queue, bytes ? bytes : "", len, (unsigned)priority) < 0)
            rc = cairn_fail_errno(err, "filling a POSIX message queue");
    }
    return rc;
}

static int open_descriptions(const struct restoration *r, const char *name, const json_t *number,
                             cairn_error *err)
{
    size_t i;
    const json_t *json;
    json_array_foreach(json_object_get(r->meta, "descriptions"), i, json)
    {
        int64_t flags;
        if (!description_is_kind(json, "mqueue") ||
            !json_equal(json_object_get(json, "queue"), number))
            continue;
        int rc = json_need_int(json, "flags", 0, INT32_MAX, &flags, err);
        if (rc != 0)
            return rc;
        auto_close int fd = (int)mq_open(name, (int)flags & (O_ACCMODE | O_NONBLOCK));
        if (fd < 0)
            return cairn_fail_errno(err, "opening the POSIX message queue %s", name);
        rc = fd_store_place(fd, fd_store_description(r, (int64_t)i), err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int make_queue(const struct restoration *r, const json_t *json, bool unlinked,
                      cairn_error *err)
{
    const char *name;
    int64_t mode, max, size;
    const json_t *owner = json_object_get(json, "owner");
    int rc = json_need_string(json, "name", NAME_MAX + 1, &name, err);
    if (rc == 0)
        rc = json_need_int(json, "mode", 0, 07777, &mode, err);
    if (rc == 0)
        rc = json_need_int(json, "max_messages", 1, QUEUE_LIMIT, &max, err);
    if (rc == 0)
        rc = json_need_int(json, "message_size", 1, MESSAGE_LIMIT, &size, err);
    if (rc != 0)
        return rc;
    struct mq_attr attr = {.mq_maxmsg = max, .mq_msgsize = size};
    auto_close int queue = (int)mq_open(name, O_CREAT | O_EXCL | O_RDWR | O_NONBLOCK, 0600, &attr);
    if (queue < 0)
        return cairn_fail_errno(err, "making the POSIX message queue %s again", name);
    rc = send_messages(queue, json, size, err);
    if (rc == 0)
        rc = open_descriptions(r, name, json_object_get(json, "queue"), err);
    (void)!fchown(queue, (uid_t)json_integer_value(json_array_get(owner, 0)),
                  (gid_t)json_integer_value(json_array_get(owner, 1)));
    if (rc == 0 && (fchmod(queue, (mode_t)mode) < 0 || (unlinked && mq_unlink(name) < 0)))
        rc = cairn_fail_errno(err, "setting the POSIX message queue %s", name);
    return rc;
}

/* Makes queues without a name first, because another queue may have their former name now. */
int mqueues_make(const struct restoration *r, cairn_error *err)
{
    json_t *queues = NULL;
    int rc = json_may_array(r->meta, "mqueues", QUEUE_LIMIT, &queues, err);
    for (int unlinked = 1; unlinked >= 0; unlinked--)
        for (size_t i = 0; rc == 0 && i < json_array_size(queues); i++) {
            const json_t *json = json_array_get(queues, i);
            if (json_is_true(json_object_get(json, "unlinked")) == unlinked)
                rc = make_queue(r, json, unlinked, err);
        }
    return rc;
}
