#include "restore/shared_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "restore/fd_store.h"

bool shared_proc_is(const json_t *description)
{
    return description_is_kind(description, "proc") &&
           json_is_true(json_object_get(description, "shared"));
}

int shared_proc_prepare(int number, cairn_error *err)
{
    struct sockaddr_un self = {.sun_family = AF_UNIX};
    socklen_t len = sizeof self;
    auto_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof self.sun_family) < 0 ||
        getsockname(fd, (struct sockaddr *)&self, &len) < 0 ||
        connect(fd, (struct sockaddr *)&self, len) < 0)
        return cairn_fail_errno(err, "making a socket to pass a file of /proc through");
    return fd_store_place(fd, number, err);
}

int proc_file_open(struct restored_process *p, const json_t *description, bool close_on_exec,
                   long *out, cairn_error *err)
{
    const char *path;
    int64_t flags, position = 0;
    int rc = json_need_string(description, "path", INJECT_SCRATCH - 1, &path, err);
    if (rc == 0)
        rc = json_need_int(description, "flags", 0, INT32_MAX, &flags, err);
    if (rc == 0)
        rc = json_may_int(description, "position", 0, INT64_MAX, &position, err);
    if (rc == 0)
        rc = inject_write(&p->injector, p->injector.scratch, path, strlen(path) + 1, err);
    if (rc == 0)
        rc = inject_ok(&p->injector, path, out, err, SYS_openat, (uint64_t)AT_FDCWD,
                       p->injector.scratch, (uint64_t)flags | (close_on_exec ? O_CLOEXEC : 0), 0, 0,
                       0);
    return rc != 0 || position == 0
               ? rc
               : inject_ok(&p->injector, path, NULL, err, SYS_lseek, (uint64_t)*out,
                           (uint64_t)position, SEEK_SET, 0, 0, 0);
}

static bool has(const struct restored_process *p, int64_t id)
{
    size_t i;
    const json_t *entry;
    json_array_foreach(json_object_get(p->json, "descriptors"), i, entry)
    {
        if (json_integer_value(json_object_get(entry, "description")) == id)
            return true;
    }
    return false;
}

/* A message with one byte and one descriptor, in the scratch memory of a process. */
struct parcel {
    struct msghdr header;
    struct iovec data;
    char byte;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
};

static int write_parcel(struct restored_process *p, int fd, cairn_error *err)
{
    uint64_t at = p->injector.scratch;
    struct parcel parcel = {
        .header = {.msg_iov = (void *)(uintptr_t)(at + offsetof(struct parcel, data)),
                   .msg_iovlen = 1,
                   .msg_control = (void *)(uintptr_t)(at + offsetof(struct parcel, control)),
                   .msg_controllen = sizeof parcel.control},
        .data = {(void *)(uintptr_t)(at + offsetof(struct parcel, byte)), 1}};
    struct cmsghdr *rights = (struct cmsghdr *)parcel.control;
    *rights = (struct cmsghdr){CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(rights), &fd, sizeof fd);
    return inject_write(&p->injector, at, &parcel, sizeof parcel, err);
}

static int receive(struct restored_process *p, int number, long *out, cairn_error *err)
{
    struct parcel parcel;
    int fd;
    int rc = write_parcel(p, -1, err);
    if (rc == 0)
        rc = inject_ok(&p->injector, "receiving a file of /proc", NULL, err, SYS_recvmsg,
                       (uint64_t)number, p->injector.scratch, MSG_DONTWAIT, 0, 0, 0);
    if (rc == 0)
        rc = inject_read(&p->injector, p->injector.scratch, &parcel, sizeof parcel, err);
    memcpy(&fd, CMSG_DATA((struct cmsghdr *)parcel.control), sizeof fd);
    *out = fd;
    return rc;
}

static int open_for_all(const struct restoration *r, struct restored_process *p, int64_t id,
                        int number, long *out, cairn_error *err)
{
    const json_t *json = json_array_get(json_object_get(r->meta, "descriptions"), (size_t)id);
    int rc = proc_file_open(p, json, false, out, err);
    for (size_t i = 0; rc == 0 && i < r->process_count; i++) {
        if (&r->processes[i] == p || !has(&r->processes[i], id))
            continue;
        rc = write_parcel(p, (int)*out, err);
        if (rc == 0)
            rc = inject_ok(&p->injector, "passing a file of /proc on", NULL, err, SYS_sendmsg,
                           (uint64_t)number, p->injector.scratch, MSG_DONTWAIT, 0, 0, 0);
    }
    return rc;
}

static int take(const struct restoration *r, struct restored_process *p, int64_t id,
                cairn_error *err)
{
    int number = fd_store_description(r, id);
    const struct restored_process *first = r->processes;
    long fd;
    while (!has(first, id))
        first++;
    int rc = first == p ? open_for_all(r, p, id, number, &fd, err) : receive(p, number, &fd, err);
    if (rc == 0)
        rc = inject_ok(&p->injector, "dup3", NULL, err, SYS_dup3, (uint64_t)fd, (uint64_t)number, 0,
                       0, 0, 0);
    return rc != 0 ? rc
                   : inject_ok(&p->injector, "close", NULL, err, SYS_close, (uint64_t)fd, 0, 0, 0,
                               0, 0);
}

int shared_proc_take(const struct restoration *r, struct restored_process *p, cairn_error *err)
{
    size_t id;
    const json_t *json;
    int rc = 0;
    json_array_foreach(json_object_get(r->meta, "descriptions"), id, json)
    {
        if (rc == 0 && shared_proc_is(json) && has(p, (int64_t)id))
            rc = take(r, p, (int64_t)id, err);
    }
    return rc;
}
