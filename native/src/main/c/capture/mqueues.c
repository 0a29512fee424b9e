/* POSIX message queues: those that processes have open, and those that only have a name in the
 * step's ipc namespace. Only receiving shows a message, so the capture receives all messages and
 * sends them again. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "capture/objects.h"
#include "common/cleanup.h"
#include "common/hex.h"

struct message {
    size_t len;
    unsigned priority;
    char *bytes;
};

struct messages {
    struct message *list;
    size_t count;
};

static void messages_free(struct messages *m)
{
    for (size_t i = 0; i < m->count; i++)
        free(m->list[i].bytes);
    free(m->list);
}

/* Allocates memory before it receives anything. */
static int take_messages(mqd_t queue, const struct mq_attr *attr, struct messages *out,
                         cairn_error *err)
{
    out->list = calloc((size_t)attr->mq_curmsgs + 1, sizeof *out->list);
    bool room = out->list;
    for (long i = 0; room && i < attr->mq_curmsgs; i++, out->count++)
        room = (out->list[i].bytes = malloc((size_t)attr->mq_msgsize)) != NULL;
    size_t prepared = out->count;
    out->count = 0;
    if (!room) {
        out->count = prepared;
        return cairn_fail(err, ENOMEM, "out of memory taking messages");
    }
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < prepared; i++) {
        struct message *m = &out->list[i];
        ssize_t n = mq_receive(queue, m->bytes, (size_t)attr->mq_msgsize, &m->priority);
        if (n < 0)
            rc = cairn_fail_errno(err, "taking a message out of a POSIX message queue");
        m->len = n > 0 ? (size_t)n : 0;
        out->count += n >= 0;
    }
    for (size_t i = out->count; i < prepared; i++)
        free(out->list[i].bytes);
    return rc;
}

static int put_back(mqd_t queue, const struct messages *m, cairn_error *err)
{
    for (size_t i = 0; i < m->count; i++)
        if (mq_send(queue, m->list[i].bytes, m->list[i].len, m->list[i].priority) < 0)
            return cairn_fail_errno(err, "putting a message back into a POSIX message queue");
    return 0;
}

/* A message that arrives in an empty queue would notify the process that registered for it. */
static int refuse_notification(int queue, const char *name, cairn_error *err)
{
    char text[256];
    ssize_t n = pread(queue, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    const char *pid = strstr(text, "NOTIFY_PID:");
    return n > 0 && pid && atoi(pid + strlen("NOTIFY_PID:")) == 0
               ? 0
               : cairn_fail(err, CAIRN_EUNSUPPORTED,
                            "a process is to be told of messages in the POSIX message queue %s "
                            "(mq_notify), which this version does not save; have it receive them "
                            "by a thread",
                            name);
}

/* `queue` is open for reading and writing, and does not block. */
static int capture_queue(int queue, const struct stat *st, const char *name, json_t *queues,
                         cairn_error *err)
{
    struct mq_attr attr;
    struct messages messages = {0};
    if (mq_getattr(queue, &attr) < 0)
        return cairn_fail_errno(err, "asking about the POSIX message queue %s", name);
    int rc = refuse_notification(queue, name, err);
    if (rc != 0)
        return rc;
    rc = take_messages(queue, &attr, &messages, err);
    int back = put_back(queue, &messages, rc == 0 ? err : NULL);
    json_t *list = json_array();
    for (size_t i = 0; i < messages.count; i++) {
        auto_free char *bytes = hex_encode(messages.list[i].bytes, messages.list[i].len);
        json_array_append_new(list, json_pack("{s:I, s:s}", "priority",
                                              (json_int_t)messages.list[i].priority, "bytes",
                                              bytes ? bytes : ""));
    }
    messages_free(&messages);
    json_array_append_new(queues,
                          json_pack("{s:I, s:s, s:b, s:I, s:[I, I], s:I, s:I, s:o}", "queue",
                                    (json_int_t)st->st_ino, "name", name, "unlinked",
                                    st->st_nlink == 0, "mode", (json_int_t)(st->st_mode & 07777),
                                    "owner", (json_int_t)st->st_uid, (json_int_t)st->st_gid,
                                    "max_messages", (json_int_t)attr.mq_maxmsg, "message_size",
                                    (json_int_t)attr.mq_msgsize, "messages", list));
    return rc != 0 ? rc : back;
}

static bool is_known(const json_t *queues, uint64_t ino)
{
    size_t i;
    const json_t *queue;
    json_array_foreach(queues, i, queue)
    {
        if (json_integer_value(json_object_get(queue, "queue")) == (json_int_t)ino)
            return true;
    }
    return false;
}

static int capture_open_queue(const struct open_description *d, json_t *queues, cairn_error *err)
{
    char path[64];
    struct stat st;
    auto_free char *name = NULL;
    if (is_known(queues, d->ino))
        return 0;
    snprintf(path, sizeof path, "/proc/%d/fd/%d", d->pid, d->fd);
    auto_close int queue = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (queue < 0 || fstat(queue, &st) < 0)
        return cairn_fail_errno(err, "opening a POSIX message queue of the step");
    int rc = proc_read_link(path, &name, err);
    if (rc != 0)
        return rc;
    char *deleted = strstr(name, " (deleted)");
    if (deleted)
        *deleted = '\0';
    return capture_queue(queue, &st, name, queues, err);
}

struct listing {
    pid_t init;
    json_t *queues;
    int rc;
    cairn_error err;
};

/* Opens a folder that lists all message queues of this thread's IPC namespace; -1 if the kernel has
 * no message queues. */
static int open_folder(void)
{
    auto_close int context = fsopen("mqueue", FSOPEN_CLOEXEC);
    if (context < 0 || fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
        return -1;
    return fsmount(context, FSMOUNT_CLOEXEC, 0);
}

static int capture_named(struct listing *l, int folder, const char *entry, cairn_error *err)
{
    struct stat st;
    char name[NAME_MAX + 2];
    snprintf(name, sizeof name, "/%s", entry);
    if (fstatat(folder, entry, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return cairn_fail_errno(err, "looking at the POSIX message queue %s", name);
    if (is_known(l->queues, st.st_ino))
        return 0;
    auto_close int queue = openat(folder, entry, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    return queue < 0 ? cairn_fail_errno(err, "opening the POSIX message queue %s", name)
                     : capture_queue(queue, &st, name, l->queues, err);
}

static int enter(pid_t init, const char *which, int type)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/%s", init, which);
    auto_close int ns = open(path, O_RDONLY | O_CLOEXEC);
    return ns < 0 ? -1 : setns(ns, type);
}

static void *list_named(void *argument)
{
    struct listing *l = argument;
    if (unshare(CLONE_FS) < 0 || enter(l->init, "ipc", CLONE_NEWIPC) < 0 ||
        enter(l->init, "mnt", CLONE_NEWNS) < 0) {
        l->rc = cairn_fail_errno(&l->err, "entering the step's namespaces");
        return NULL;
    }
    auto_close int folder = open_folder();
    int again = folder < 0 ? -1 : openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_closedir DIR *dir = again < 0 ? NULL : fdopendir(again);
    if (folder >= 0 && !dir)
        l->rc = cairn_fail_errno(&l->err, "listing the step's message queues");
    for (struct dirent *entry; dir && l->rc == 0 && (entry = readdir(dir));)
        if (entry->d_name[0] != '.' || (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")))
            l->rc = capture_named(l, folder, entry->d_name, &l->err);
    return NULL;
}

int capture_mqueues(const struct objects *o, json_t *meta, cairn_error *err)
{
    pthread_t thread;
    json_t *queues = json_array();
    struct listing l = {.init = o->init, .queues = queues};
    int rc = 0;
    json_object_set_new(meta, "mqueues", queues);
    for (size_t i = 0; rc == 0 && i < o->description_count; i++)
        if (description_is(&o->descriptions[i], "mqueue"))
            rc = capture_open_queue(&o->descriptions[i], queues, err);
    if (rc != 0)
        return rc;
    int failed = pthread_create(&thread, NULL, list_named, &l);
    if (failed)
        return cairn_fail(err, failed, "starting a thread for the step's message queues");
    pthread_join(thread, NULL);
    return l.rc == 0 ? 0 : cairn_fail(err, l.err.code, "%s", l.err.message);
}
