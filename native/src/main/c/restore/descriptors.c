/* Gives a process its descriptors: which description each one is, and under which number. */
#include "restore/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "restore/fd_store.h"
#include "restore/shared_proc.h"

#define DESCRIPTOR_LIMIT 1048576

static int close_between(struct restored_process *p, int64_t from, int64_t to, cairn_error *err)
{
    if (from > to)
        return 0;
    return inject_ok(&p->injector, "close_range", NULL, err, SYS_close_range, (uint64_t)from,
                     (uint64_t)to, 0, 0, 0, 0);
}

/* A file of /proc can be opened only once its process exists, so the restored process opens it
 * itself. */
static int open_in_process(struct restored_process *p, const json_t *description, int64_t fd,
                           bool close_on_exec, cairn_error *err)
{
    long opened;
    int rc = proc_file_open(p, description, close_on_exec, &opened, err);
    if (rc != 0 || opened == fd)
        return rc;
    rc = inject_ok(&p->injector, "dup3", NULL, err, SYS_dup3, (uint64_t)opened, (uint64_t)fd,
                   close_on_exec ? O_CLOEXEC : 0, 0, 0, 0);
    return rc != 0 ? rc : close_between(p, opened, opened, err);
}

/* Where the process currently has a description of the store, and how many of its descriptors are
 * still to be made from it. */
struct place {
    int64_t number;
    size_t uses;
    bool stays; /* the number under which the process had the descriptor */
};

struct picking {
    const struct restoration *r;
    struct restored_process *p;
    const json_t *list; /* its descriptors, ascending */
    struct place *places;
    size_t place_count;
    int32_t *occupants; /* by number: the description that lies there and is still needed, or -1 */
    int64_t room;
};

/* Whether a descriptor does not come from the store, because the process opens it. */
static bool is_opened_in_process(const json_t *description)
{
    return description_is_kind(description, "proc") && !shared_proc_is(description);
}

static const json_t *description_of(const struct picking *k, int64_t id)
{
    return json_array_get(json_object_get(k->r->meta, "descriptions"), (size_t)id);
}

static int read_entry(const struct picking *k, size_t i, int64_t *fd, int64_t *id,
                      bool *close_on_exec, cairn_error *err)
{
    const json_t *entry = json_array_get(k->list, i);
    int rc = json_need_int(entry, "fd", 0, DESCRIPTOR_LIMIT, fd, err);
    if (rc == 0)
        rc = json_need_int(entry, "description", 0, (int64_t)k->place_count - 1, id, err);
    return rc == 0 ? json_need_bool(entry, "close_on_exec", close_on_exec, err) : rc;
}

static int count_uses(struct picking *k, cairn_error *err)
{
    int64_t before = -1;
    for (size_t i = 0; i < json_array_size(k->list); i++) {
        int64_t fd, id;
        bool close_on_exec;
        int rc = read_entry(k, i, &fd, &id, &close_on_exec, err);
        if (rc == 0 && fd <= before)
            rc = cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "descriptors that do not ascend");
        if (rc != 0)
            return rc;
        before = fd;
        if (!is_opened_in_process(description_of(k, id)))
            k->places[id].uses++;
    }
    if (k->place_count == 0)
        return 0;
    k->room = before + fd_store_description(k->r, (int64_t)k->place_count - 1) +
              (int64_t)k->place_count + 2; /* the number above all that are ever in use here */
    k->occupants = malloc((size_t)k->room * sizeof *k->occupants);
    if (!k->occupants)
        return cairn_fail(err, ENOMEM, "out of memory restoring pid %d", k->p->ns_pid);
    memset(k->occupants, 0xff, (size_t)k->room * sizeof *k->occupants);
    for (size_t id = 0; id < k->place_count; id++) {
        k->places[id].number = fd_store_description(k->r, (int64_t)id);
        if (k->places[id].uses > 0)
            k->occupants[k->places[id].number] = (int32_t)id;
    }
    return 0;
}

/* Only the descriptors that the process took from the store are left. */
static int close_unused(struct picking *k, cairn_error *err)
{
    int64_t next = 0;
    int rc = 0;
    for (size_t id = 0; rc == 0 && id < k->place_count; id++) {
        if (k->places[id].uses == 0)
            continue;
        rc = close_between(k->p, next, k->places[id].number - 1, err);
        next = k->places[id].number + 1;
    }
    return rc == 0 ? close_between(k->p, next, UINT32_MAX, err) : rc;
}

/* Another description may occupy the number of a descriptor, and must move first. */
static int make_way(struct picking *k, int64_t fd, int64_t id, cairn_error *err)
{
    int32_t other = k->occupants[fd];
    if (other < 0 || other == id)
        return 0;
    long number;
    int rc = inject_ok(&k->p->injector, "moving a descriptor", &number, err, SYS_fcntl,
                       (uint64_t)fd, F_DUPFD, 0, 0, 0, 0);
    if (rc == 0 && number >= k->room)
        rc = cairn_fail(err, CAIRN_EGONE, "descriptor %ld of pid %d is not ours", number,
                        k->p->ns_pid);
    if (rc != 0)
        return rc;
    k->occupants[fd] = -1;
    k->occupants[number] = other;
    k->places[other].number = number;
    return 0;
}

static int place_descriptor(struct picking *k, int64_t fd, int64_t id, bool close_on_exec,
                            cairn_error *err)
{
    struct injector *in = &k->p->injector;
    struct place *place = &k->places[id];
    int rc = make_way(k, fd, id, err);
    if (rc != 0)
        return rc;
    place->uses--;
    place->stays |= place->number == fd;
    if (place->number == fd)
        return close_on_exec ? inject_ok(in, "FD_CLOEXEC", NULL, err, SYS_fcntl, (uint64_t)fd,
                                         F_SETFD, FD_CLOEXEC, 0, 0, 0)
                             : 0;
    rc = inject_ok(in, "dup3", NULL, err, SYS_dup3, (uint64_t)place->number, (uint64_t)fd,
                   close_on_exec ? O_CLOEXEC : 0, 0, 0, 0);
    if (rc != 0 || place->uses > 0 || place->stays)
        return rc;
    k->occupants[place->number] = -1;
    return close_between(k->p, place->number, place->number, err);
}

/* First takes the descriptors from the store, so that no store number is in the way of the others.
 */
static int place_all(struct picking *k, cairn_error *err)
{
    int rc = 0;
    for (int of_proc = 0; of_proc <= 1; of_proc++)
        for (size_t i = 0; rc == 0 && i < json_array_size(k->list); i++) {
            int64_t fd, id;
            bool close_on_exec;
            rc = read_entry(k, i, &fd, &id, &close_on_exec, err);
            if (rc != 0)
                break;
            const json_t *json = description_of(k, id);
            if (is_opened_in_process(json) != of_proc)
                continue;
            rc = of_proc ? open_in_process(k->p, json, fd, close_on_exec, err)
                         : place_descriptor(k, fd, id, close_on_exec, err);
        }
    return rc;
}

int descriptors_pick(const struct restoration *r, struct restored_process *p, cairn_error *err)
{
    json_t *list;
    int rc = json_need_array(p->json, "descriptors", DESCRIPTOR_LIMIT, &list, err);
    if (rc != 0)
        return rc;
    size_t count = json_array_size(json_object_get(r->meta, "descriptions"));
    auto_free struct place *places = calloc(count + 1, sizeof *places);
    if (!places)
        return cairn_fail(err, ENOMEM, "out of memory restoring pid %d", p->ns_pid);
    struct picking k = {r, p, list, places, count, NULL, 0};
    rc = shared_proc_take(r, p, err);
    if (rc == 0)
        rc = count_uses(&k, err);
    if (rc == 0)
        rc = close_unused(&k, err);
    if (rc == 0)
        rc = place_all(&k, err);
    free(k.occupants);
    return rc;
}
