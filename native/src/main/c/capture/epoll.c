/* Finds the open descriptions that epolls watch. fdinfo shows only descriptor numbers, which may
 * refer to other descriptions by now. */
#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/objects.h"
#include "common/json.h"

/* Returns the registration that follows `before` others with the same number. */
static uint32_t same_number_before(const json_t *targets, size_t index)
{
    json_int_t fd = json_integer_value(json_object_get(json_array_get(targets, index), "fd"));
    uint32_t before = 0;
    for (size_t i = 0; i < index; i++)
        before += json_integer_value(json_object_get(json_array_get(targets, i), "fd")) == fd;
    return before;
}

static int find_target(const struct objects *o, const struct open_description *epoll, size_t index,
                       cairn_error *err)
{
    const json_t *targets = json_object_get(epoll->json, "targets");
    json_t *target = json_array_get(targets, index);
    uint64_t ino;
    int rc = json_need_hex(target, "ino", &ino, err);
    if (rc != 0)
        return rc;
    struct kcmp_epoll_slot slot = {.efd = (uint32_t)epoll->fd,
                                   .tfd =
                                       (uint32_t)json_integer_value(json_object_get(target, "fd")),
                                   .toff = same_number_before(targets, index)};
    for (size_t i = 0; i < o->description_count; i++) {
        const struct open_description *d = &o->descriptions[i];
        if (d->ino == ino &&
            syscall(SYS_kcmp, d->pid, epoll->pid, KCMP_EPOLL_TFD, d->fd, &slot) == 0)
            return json_object_set_new(target, "description", json_integer((json_int_t)i));
    }
    return cairn_fail(err, CAIRN_EUNSUPPORTED,
                      "fd %d: an epoll that watches something (as number %u) which no process of "
                      "the step holds open",
                      epoll->fd, slot.tfd);
}

int capture_epolls(const struct objects *o, cairn_error *err)
{
    for (size_t i = 0; i < o->description_count; i++) {
        const json_t *targets = json_object_get(o->descriptions[i].json, "targets");
        for (size_t k = 0; k < json_array_size(targets); k++) {
            int rc = find_target(o, &o->descriptions[i], k, err);
            if (rc != 0)
                return rc;
        }
    }
    return 0;
}
