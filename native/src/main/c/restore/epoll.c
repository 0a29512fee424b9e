/* Restores what epolls watch. The kernel knows a registration by its open description and by the
 * number under which the program registered it. That number may mean something else by now, so each
 * registration is made here, under that number, before the process has its descriptors. */
#include "restore/epoll.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "restore/fd_store.h"
#include "restore/pidfds.h"

#define DESCRIPTOR_LIMIT 1048576

/* Puts back the descriptor that was at the number before, even if the registration fails. */
static int watch_under_number(int epoll, int description, int number, struct epoll_event *event,
                              cairn_error *err)
{
    auto_close int before = fcntl(number, F_DUPFD_CLOEXEC, 0);
    epoll = epoll == number ? before : epoll;
    if (dup2(description, number) < 0)
        return cairn_fail_errno(err, "taking descriptor number %d", number);
    int rc = epoll_ctl(epoll, EPOLL_CTL_ADD, number, event) < 0
                 ? cairn_fail_errno(err, "having an epoll watch descriptor %d", number)
                 : 0;
    if (before < 0)
        close(number);
    else if (dup3(before, number, O_CLOEXEC) < 0)
        rc = cairn_fail_errno(err, "putting descriptor %d back", number);
    return rc;
}

static int watch_target(const struct restoration *r, int epoll, const json_t *target,
                        cairn_error *err)
{
    int64_t fd, events, description;
    uint64_t data;
    int rc = json_need_int(target, "fd", 0, DESCRIPTOR_LIMIT, &fd, err);
    if (rc == 0)
        rc = json_need_int(target, "description", 0, INT32_MAX, &description, err);
    if (rc == 0)
        rc = json_need_int(target, "events", 0, UINT32_MAX, &events, err);
    if (rc == 0)
        rc = json_need_hex(target, "data", &data, err);
    if (rc != 0)
        return rc;
    if (pidfd_comes_late(
            json_array_get(json_object_get(r->meta, "descriptions"), (size_t)description)))
        return 0;
    int number = fd_store_description(r, description);
    if (number < 0)
        return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "an epoll watches description %lld",
                          (long long)description);
    struct epoll_event event = {.events = (uint32_t)events, .data.u64 = data};
    return watch_under_number(epoll, number, (int)fd, &event, err);
}

int epoll_restore_watches(const struct restoration *r, cairn_error *err)
{
    const json_t *descriptions = json_object_get(r->meta, "descriptions");
    size_t i, k;
    json_t *json, *target;
    json_array_foreach(descriptions, i, json)
    {
        json_array_foreach(json_object_get(json, "targets"), k, target)
        {
            int rc = watch_target(r, fd_store_description(r, (int64_t)i), target, err);
            if (rc != 0)
                return rc;
        }
    }
    return 0;
}
