/* Records the SysV objects of the step's ipc namespace, by calls from a thread inside it. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "capture/objects.h"
#include "common/cleanup.h"
#include "common/hex.h"
#include "common/json.h"

#define SEGMENT_DEVICE UINT64_MAX /* which no file has */
#define PAGE 4096ull
#define MOST_BYTES (1 << 20) /* of a message */
#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif
#ifndef SEM_STAT_ANY
#define SEM_STAT_ANY 20
#endif
#ifndef MSG_STAT_ANY
#define MSG_STAT_ANY 13
#endif
#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

int capture_segment_mapping(struct objects *o, const struct captured_process *p,
                            const struct proc_map *map, json_t *json, cairn_error *err)
{
    struct object *object = object_find(o, SEGMENT_DEVICE, map->inode);
    int rc =
        object ? 0 : object_add(o, SEGMENT_DEVICE, map->inode, "sysv", map->path, &object, err);
    if (rc != 0)
        return rc;
    json_object_set_new(json, "sysv", json_integer((json_int_t)map->inode));
    return map->offset == 0 ? object_capture_memory(object, &p->injector, map->start, 0,
                                                    map->end - map->start, err)
                            : 0;
}

struct look {
    struct objects *o;
    json_t *segments, *semaphores, *queues;
    int rc;
    cairn_error err;
};

static json_t *describe(const struct ipc_perm *perm, int id)
{
    return json_pack("{s:i, s:I, s:I, s:[I, I]}", "id", id, "key", (json_int_t)perm->__key, "mode",
                     (json_int_t)perm->mode, "owner", (json_int_t)perm->uid, (json_int_t)perm->gid);
}

/* A removed segment no longer has a key, but mappings still show its former key. */
static void note_first_key(json_t *json, const struct object *object)
{
    unsigned key;
    const char *name = json_string_value(json_object_get(object->json, "name"));
    if (name && sscanf(name, "/SYSV%x", &key) == 1)
        json_object_set_new(json, "key", json_integer((int)key));
}

static uint64_t captured_bytes(const struct object *object)
{
    uint64_t most = 0;
    for (size_t i = 0; i < object->extent_count; i++)
        if (object->extents[i].offset == 0 && object->extents[i].length > most)
            most = object->extents[i].length;
    return most;
}

/* Attaches a segment here that no process has attached completely. */
static int capture_bytes(struct object *object, int id, uint64_t size, cairn_error *err)
{
    if (captured_bytes(object) >= size)
        return 0;
    void *at = shmat(id, NULL, SHM_RDONLY);
    if (at == (void *)-1)
        return cairn_fail_errno(err, "reading SysV shared memory %d", id);
    struct injector ours = {.memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC)};
    int rc = ours.memory < 0 ? cairn_fail_errno(err, "opening our own memory")
                             : object_capture_memory(object, &ours, (uint64_t)(uintptr_t)at, 0,
                                                     (size_t)size, err);
    cairn_cleanup_close(&ours.memory);
    shmdt(at);
    return rc;
}

static int look_at_segments(struct look *l, cairn_error *err)
{
    struct shmid_ds ds;
    int highest = shmctl(0, SHM_INFO, &ds), rc = 0;
    for (int i = 0; rc == 0 && i <= highest; i++) {
        int id = shmctl(i, SHM_STAT_ANY, &ds);
        if (id < 0)
            continue;
        struct object *object = object_find(l->o, SEGMENT_DEVICE, (uint64_t)id);
        if (!object)
            rc = object_add(l->o, SEGMENT_DEVICE, (uint64_t)id, "sysv", "SysV", &object, err);
        if (rc == 0)
            rc = capture_bytes(object, id, ds.shm_segsz, err);
        if (rc != 0)
            return rc;
        json_t *json = describe(&ds.shm_perm, id);
        if (ds.shm_perm.mode & SHM_DEST)
            note_first_key(json, object);
        json_object_set_new(json, "size", json_integer((json_int_t)ds.shm_segsz));
        json_object_set_new(json, "space", json_integer(object->space));
        json_array_append_new(l->segments, json);
    }
    return rc;
}

static int look_at_semaphores(struct look *l, cairn_error *err)
{
    struct seminfo info;
    struct semid_ds ds;
    int highest = semctl(0, 0, SEM_INFO, &info);
    for (int i = 0; i <= highest; i++) {
        int id = semctl(i, 0, SEM_STAT_ANY, &ds);
        if (id < 0)
            continue;
        auto_free unsigned short *values = calloc(ds.sem_nsems + 1, sizeof *values);
        if (!values)
            return cairn_fail(err, ENOMEM, "out of memory taking semaphores");
        if (semctl(id, 0, GETALL, values) < 0)
            return cairn_fail_errno(err, "reading SysV semaphore set %d", id);
        json_t *json = describe(&ds.sem_perm, id), *list = json_array();
        json_object_set_new(json, "values", list);
        for (size_t k = 0; k < ds.sem_nsems; k++)
            json_array_append_new(list, json_integer(values[k]));
        json_array_append_new(l->semaphores, json);
    }
    return 0;
}

/* Copies each message and removes none. */
static int copy_messages(int id, json_t *messages, cairn_error *err)
{
    auto_free struct msgbuf *message = malloc(sizeof *message + MOST_BYTES);
    if (!message)
        return cairn_fail(err, ENOMEM, "out of memory taking messages");
    for (long i = 0;; i++) {
        ssize_t n = msgrcv(id, message, MOST_BYTES, i, MSG_COPY | IPC_NOWAIT);
        if (n < 0 && errno == ENOMSG)
            return 0;
        if (n < 0)
            return cairn_fail_errno(err, "reading SysV message queue %d", id);
        auto_free char *bytes = hex_encode(message->mtext, (size_t)n);
        if (!bytes)
            return cairn_fail(err, ENOMEM, "out of memory taking messages");
        json_array_append_new(
            messages, json_pack("{s:I, s:s}", "type", (json_int_t)message->mtype, "bytes", bytes));
    }
}

static int look_at_queues(struct look *l, cairn_error *err)
{
    struct msqid_ds ds;
    int highest = msgctl(0, MSG_INFO, &ds), rc = 0;
    for (int i = 0; rc == 0 && i <= highest; i++) {
        int id = msgctl(i, MSG_STAT_ANY, &ds);
        if (id < 0)
            continue;
        json_t *json = describe(&ds.msg_perm, id), *messages = json_array();
        json_object_set_new(json, "most_bytes", json_integer((json_int_t)ds.msg_qbytes));
        json_object_set_new(json, "messages", messages);
        json_array_append_new(l->queues, json);
        rc = copy_messages(id, messages, err);
    }
    return rc;
}

static void *look_inside(void *argument)
{
    struct look *l = argument;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/ipc", l->o->init);
    auto_close int ns = open(path, O_RDONLY | O_CLOEXEC);
    if (ns < 0 || setns(ns, CLONE_NEWIPC) < 0)
        l->rc = cairn_fail_errno(&l->err, "entering the step's ipc namespace");
    if (l->rc == 0)
        l->rc = look_at_segments(l, &l->err);
    if (l->rc == 0)
        l->rc = look_at_semaphores(l, &l->err);
    if (l->rc == 0)
        l->rc = look_at_queues(l, &l->err);
    return NULL;
}

static const json_t *segment_of(const json_t *segments, const json_t *id)
{
    size_t i;
    json_t *segment;
    json_array_foreach(segments, i, segment)
    {
        if (json_equal(json_object_get(segment, "id"), id))
            return segment;
    }
    return NULL;
}

/* A restore attaches segments completely. */
static int refuse_parts(const json_t *segments, const struct captured_process *p, cairn_error *err)
{
    size_t i;
    json_t *map;
    json_array_foreach(json_object_get(p->json, "maps"), i, map)
    {
        uint64_t start, end, offset;
        const json_t *id = json_object_get(map, "sysv"), *segment = segment_of(segments, id);
        if (!id)
            continue;
        int rc = json_need_hex(map, "start", &start, err);
        if (rc == 0)
            rc = json_need_hex(map, "end", &end, err);
        if (rc == 0)
            rc = json_need_hex(map, "offset", &offset, err);
        if (rc != 0)
            return rc;
        uint64_t size = (uint64_t)json_integer_value(json_object_get(segment, "size"));
        if (!segment || offset != 0 || end - start != (size + PAGE - 1) / PAGE * PAGE)
            return cairn_fail(err, CAIRN_EUNSUPPORTED,
                              "pid %d: a part of a SysV shared memory segment at 0x%llx; unmap or "
                              "protect none of it or all of it",
                              p->ns_pid, (unsigned long long)start);
    }
    return 0;
}

int capture_sysv(struct objects *o, struct captured_process *processes, size_t count, json_t *meta,
                 cairn_error *err)
{
    pthread_t thread;
    struct look l = {
        .o = o, .segments = json_array(), .semaphores = json_array(), .queues = json_array()};
    json_object_set_new(meta, "sysv",
                        json_pack("{s:o, s:o, s:o}", "segments", l.segments, "semaphores",
                                  l.semaphores, "queues", l.queues));
    int failed = pthread_create(&thread, NULL, look_inside, &l);
    if (failed)
        return cairn_fail(err, failed, "starting a thread for the step's ipc namespace");
    pthread_join(thread, NULL);
    if (l.rc != 0)
        return cairn_fail(err, l.err.code, "%s", l.err.message);
    int rc = capture_undo(o, processes, count, l.semaphores, err);
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = refuse_parts(l.segments, &processes[i], err);
    return rc;
}
