#include "restore/sysv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/hex.h"
#include "common/io.h"
#include "common/json.h"
#include "restore/space_reader.h"

#define OBJECT_LIMIT 32768
#define SEMAPHORE_LIMIT 32000
#define MESSAGE_LIMIT (1 << 20)
#ifndef SHM_DEST
#define SHM_DEST 01000
#endif
#ifndef SHM_LOCKED
#define SHM_LOCKED 02000
#endif

struct identity {
    int64_t id, key, mode;
    uid_t uid;
    gid_t gid;
};

static int read_identity(const json_t *json, struct identity *out, cairn_error *err)
{
    const json_t *owner = json_object_get(json, "owner");
    int rc = json_need_int(json, "id", 0, INT32_MAX, &out->id, err);
    if (rc == 0)
        rc = json_need_int(json, "key", INT32_MIN, UINT32_MAX, &out->key, err);
    if (rc == 0)
        rc = json_need_int(json, "mode", 0, 07777, &out->mode, err);
    out->uid = (uid_t)json_integer_value(json_array_get(owner, 0));
    out->gid = (gid_t)json_integer_value(json_array_get(owner, 1));
    return rc;
}

/* Sets the id that the next object of its kind gets. */
static int ask_for(const char *kind, int64_t id, cairn_error *err)
{
    char path[64], text[32];
    snprintf(path, sizeof path, "/proc/sys/kernel/%s_next_id", kind);
    auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);
    int n = snprintf(text, sizeof text, "%lld", (long long)id);
    return fd < 0 ? cairn_fail_errno(err, "opening %s", path)
                  : io_write_full(fd, text, (size_t)n, path, err);
}

static int check_id(const char *what, const struct identity *i, int got, cairn_error *err)
{
    if (got < 0)
        return cairn_fail_errno(err, "making the %s %lld again", what, (long long)i->id);
    return got == i->id ? 0
                        : cairn_fail(err, CAIRN_EHOST, "the %s %lld cannot have its id again", what,
                                     (long long)i->id);
}

struct filling {
    uint8_t *at;
    uint64_t size;
};

static int copy_run(void *context, const struct image_run *run, const void *bytes, cairn_error *err)
{
    const struct filling *f = context;
    (void)err;
    if (!bytes || run->start >= f->size)
        return 0;
    uint64_t len = f->size - run->start < run->length ? f->size - run->start : run->length;
    memcpy(f->at + run->start, bytes, len);
    return 0;
}

static int fill_segment(const struct restoration *r, int id, int64_t space, int64_t size,
                        cairn_error *err)
{
    void *at = shmat(id, NULL, 0);
    if (at == (void *)-1)
        return cairn_fail_errno(err, "attaching shared memory %d", id);
    struct filling filling = {at, ((uint64_t)size + 4095) / 4096 * 4096};
    int rc = space_read(r->image, (uint32_t)space, copy_run, &filling, 1, err);
    shmdt(at);
    return rc;
}

static int make_segment(const struct restoration *r, const json_t *json, cairn_error *err)
{
    struct identity i;
    int64_t size, space;
    int rc = read_identity(json, &i, err);
    if (rc == 0)
        rc = json_need_int(json, "size", 1, INT64_MAX / 2, &size, err);
    if (rc == 0)
        rc = json_need_int(json, "space", 1, UINT32_MAX, &space, err);
    if (rc == 0)
        rc = ask_for("shm", i.id, err);
    if (rc != 0)
        return rc;
    int id = shmget((key_t)i.key, (size_t)size, IPC_CREAT | IPC_EXCL | 0600);
    if (id < 0 && errno == EEXIST && i.mode & SHM_DEST) /* another segment has this segment's key
                                                         * now */
        id = shmget(IPC_PRIVATE, (size_t)size, IPC_CREAT | IPC_EXCL | 0600);
    rc = check_id("shared memory segment", &i, id, err);
    if (rc == 0)
        rc = fill_segment(r, (int)i.id, space, size, err);
    struct shmid_ds ds = {
        .shm_perm = {.uid = i.uid, .gid = i.gid, .mode = (unsigned short)(i.mode & 0777)}};
    if (rc == 0 && shmctl((int)i.id, IPC_SET, &ds) < 0)
        rc = cairn_fail_errno(err, "setting shared memory %lld", (long long)i.id);
    return rc;
}

static bool is_removed(const json_t *json)
{
    return json_integer_value(json_object_get(json, "mode")) & SHM_DEST;
}

static int make_kept_segment(const struct restoration *r, const json_t *json, cairn_error *err)
{
    return is_removed(json) ? 0 : make_segment(r, json, err);
}

static int make_removed_segment(const struct restoration *r, const json_t *json, cairn_error *err)
{
    return is_removed(json) ? make_segment(r, json, err) : 0;
}

static int make_semaphores(const struct restoration *r, const json_t *json, cairn_error *err)
{
    struct identity i;
    json_t *list;
    (void)r;
    int rc = read_identity(json, &i, err);
    if (rc == 0)
        rc = json_need_array(json, "values", SEMAPHORE_LIMIT, &list, err);
    if (rc != 0)
        return rc;
    size_t count = json_array_size(list);
    auto_free unsigned short *values = calloc(count + 1, sizeof *values);
    if (!values)
        return cairn_fail(err, ENOMEM, "out of memory restoring semaphores");
    for (size_t k = 0; k < count; k++)
        values[k] = (unsigned short)json_integer_value(json_array_get(list, k));
    rc = ask_for("sem", i.id, err);
    if (rc == 0)
        rc = check_id("semaphore set", &i,
                      semget((key_t)i.key, (int)count, IPC_CREAT | IPC_EXCL | 0600), err);
    struct semid_ds ds = {
        .sem_perm = {.uid = i.uid, .gid = i.gid, .mode = (unsigned short)(i.mode & 0777)}};
    if (rc == 0 &&
        (semctl((int)i.id, 0, SETALL, values) < 0 || semctl((int)i.id, 0, IPC_SET, &ds) < 0))
        rc = cairn_fail_errno(err, "setting semaphore set %lld", (long long)i.id);
    return rc;
}

static int send_message(int id, const json_t *json, cairn_error *err)
{
    int64_t type;
    const char *text;
    auto_free void *bytes = NULL;
    size_t len = 0;
    int rc = json_need_int(json, "type", 1, INT64_MAX, &type, err);
    if (rc == 0)
        rc = json_need_string(json, "bytes", (size_t)2 * MESSAGE_LIMIT, &text, err);
    if (rc == 0)
        rc = hex_decode(text, MESSAGE_LIMIT, &bytes, &len, err);
    if (rc != 0)
        return rc;
    auto_free struct msgbuf *message = malloc(sizeof *message + len);
    if (!message)
        return cairn_fail(err, ENOMEM, "out of memory restoring a message");
    message->mtype = type;
    memcpy(message->mtext, bytes, len);
    return msgsnd(id, message, len, IPC_NOWAIT) < 0
               ? cairn_fail_errno(err, "filling message queue %d", id)
               : 0;
}

static int make_queue(const struct restoration *r, const json_t *json, cairn_error *err)
{
    struct identity i;
    json_t *messages;
    int64_t most_bytes;
    (void)r;
    int rc = read_identity(json, &i, err);
    if (rc == 0)
        rc = json_need_int(json, "most_bytes", 0, INT64_MAX, &most_bytes, err);
    if (rc == 0)
        rc = json_need_array(json, "messages", MESSAGE_LIMIT, &messages, err);
    if (rc == 0)
        rc = ask_for("msg", i.id, err);
    if (rc == 0)
        rc = check_id("message queue", &i, msgget((key_t)i.key, IPC_CREAT | IPC_EXCL | 0600), err);
    struct msqid_ds ds = {.msg_perm = {.uid = i.uid, .gid = i.gid, .mode = 0600},
                          .msg_qbytes = (msglen_t)most_bytes};
    if (rc == 0 && msgctl((int)i.id, IPC_SET, &ds) < 0)
        rc = cairn_fail_errno(err, "sizing message queue %lld", (long long)i.id);
    for (size_t k = 0; rc == 0 && k < json_array_size(messages); k++)
        rc = send_message((int)i.id, json_array_get(messages, k), err);
    ds.msg_perm.mode = (unsigned short)(i.mode & 0777);
    if (rc == 0 && msgctl((int)i.id, IPC_SET, &ds) < 0)
        rc = cairn_fail_errno(err, "setting message queue %lld", (long long)i.id);
    return rc;
}

static int make_each(const struct restoration *r, const char *key,
                     int (*make)(const struct restoration *, const json_t *, cairn_error *),
                     cairn_error *err)
{
    json_t *list = NULL;
    const json_t *sysv = json_object_get(r->meta, "sysv");
    int rc = sysv ? json_may_array(sysv, key, OBJECT_LIMIT, &list, err) : 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(list); i++)
        rc = make(r, json_array_get(list, i), err);
    return rc;
}

int sysv_make(const struct restoration *r, cairn_error *err)
{
    int rc = make_each(r, "segments", make_kept_segment, err);
    if (rc == 0)
        rc = make_each(r, "segments", make_removed_segment, err);
    if (rc == 0)
        rc = make_each(r, "semaphores", make_semaphores, err);
    return rc == 0 ? make_each(r, "queues", make_queue, err) : rc;
}

int sysv_attach(struct restored_process *p, int64_t id, uint64_t start, int prot, cairn_error *err)
{
    int flags = (prot & PROT_WRITE ? 0 : SHM_RDONLY) | (prot & PROT_EXEC ? SHM_EXEC : 0);
    return inject_ok(&p->injector, "attaching SysV shared memory", NULL, err, SYS_shmat,
                     (uint64_t)id, start, (uint64_t)flags, 0, 0, 0);
}

static struct restored_process *any_process(const struct restoration *r)
{
    for (size_t i = 0; i < r->process_count; i++)
        if (!r->processes[i].zombie)
            return &r->processes[i];
    return NULL;
}

/* Registers what the kernel must undo at the end of the process, without changing the present
 * value. The first half of each pair only makes room for the second. */
static int note_undo(struct restored_process *p, const json_t *undo, cairn_error *err)
{
    int64_t id;
    json_t *adjustments;
    int rc = json_need_int(undo, "set", 0, INT32_MAX, &id, err);
    if (rc == 0)
        rc = json_need_array(undo, "adjustments", SEMAPHORE_LIMIT, &adjustments, err);
    for (size_t k = 0; rc == 0 && k < json_array_size(adjustments); k++) {
        short by = (short)json_integer_value(json_array_get(adjustments, k));
        struct sembuf up = {(unsigned short)k, by, IPC_NOWAIT},
                      undone = {(unsigned short)k, (short)-by, IPC_NOWAIT | SEM_UNDO};
        const struct sembuf both[] = {by > 0 ? up : undone, by > 0 ? undone : up};
        if (by == 0)
            continue;
        rc = inject_write(&p->injector, p->injector.scratch, both, sizeof both, err);
        if (rc == 0)
            rc = inject_ok(&p->injector, "semop", NULL, err, SYS_semop, (uint64_t)id,
                           p->injector.scratch, 2, 0, 0, 0);
    }
    return rc;
}

static int note_undo_of(struct restored_process *p, cairn_error *err)
{
    size_t i;
    const json_t *undo;
    int rc = 0;
    json_array_foreach(json_object_get(p->json, "undo"), i, undo)
    {
        if (rc == 0)
            rc = note_undo(p, undo, err);
    }
    return rc;
}

int sysv_finish(struct restoration *r, cairn_error *err)
{
    struct restored_process *p = any_process(r);
    size_t k;
    const json_t *segment;
    int rc = 0;
    json_array_foreach(json_object_get(json_object_get(r->meta, "sysv"), "segments"), k, segment)
    {
        uint64_t id = (uint64_t)json_integer_value(json_object_get(segment, "id"));
        json_int_t mode = json_integer_value(json_object_get(segment, "mode"));
        if (rc == 0 && p && mode & SHM_LOCKED)
            rc = inject_ok(&p->injector, "SHM_LOCK", NULL, err, SYS_shmctl, id, SHM_LOCK, 0, 0, 0,
                           0);
        if (rc == 0 && p && mode & SHM_DEST)
            rc = inject_ok(&p->injector, "IPC_RMID", NULL, err, SYS_shmctl, id, IPC_RMID, 0, 0, 0,
                           0);
    }
    for (k = 0; rc == 0 && k < r->process_count; k++)
        if (!r->processes[k].zombie)
            rc = note_undo_of(&r->processes[k], err);
    return rc;
}
