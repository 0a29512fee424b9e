/* Records which process an open description signals, and with which signal: F_SETOWN, F_SETSIG. */
#include <fcntl.h>
#include <sys/syscall.h>

#include "capture/objects.h"
#include "common/cleanup.h"

/* Whether an owner was ever set. Pids are those of the supervisor's namespace. */
static bool signals_someone(const struct open_description *d)
{
    auto_close int fd = -1;
    struct f_owner_ex owner = {0};
    return !(d->flags & O_PATH) && description_borrow(d->pid, d->fd, &fd, NULL) == 0 &&
           ((fcntl(fd, F_GETOWN_EX, &owner) == 0 && owner.pid != 0) || fcntl(fd, F_GETSIG) != 0);
}

/* Reads the owner, with pids as the process sees them. */
static int describe(const struct open_description *d, struct captured_process *p, cairn_error *err)
{
    struct f_owner_ex owner = {0};
    long signal;
    int rc = inject_ok(&p->injector, "F_GETOWN_EX", NULL, err, SYS_fcntl, (uint64_t)d->fd,
                       F_GETOWN_EX, p->injector.scratch, 0, 0, 0);
    if (rc == 0)
        rc = inject_read(&p->injector, p->injector.scratch, &owner, sizeof owner, err);
    if (rc == 0)
        rc = inject_ok(&p->injector, "F_GETSIG", &signal, err, SYS_fcntl, (uint64_t)d->fd, F_GETSIG,
                       0, 0, 0, 0);
    if (rc == 0)
        json_object_set_new(d->json, "signals",
                            json_pack("{s:i, s:i, s:I}", "type", (int)owner.type, "pid",
                                      (int)owner.pid, "signal", (json_int_t)signal));
    return rc;
}

int capture_signal_driven(const struct objects *o, struct captured_process *p, cairn_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < o->description_count; i++)
        if (o->descriptions[i].pid == p->pid && signals_someone(&o->descriptions[i]))
            rc = describe(&o->descriptions[i], p, err);
    return rc;
}
