/* Restores calls that were waiting for a limited time when the image was made: they continue for
 * the remaining time. */
#include "restore/waits.h"

#include <sys/syscall.h>
#include <time.h>

#include "common/json.h"
#include "task/waits.h"

#define MILLISECOND 1000000
#define SECOND 1000000000

/* Reads the recorded wait of a thread; false if it was in no such call. */
static int read_wait(const struct restoration *r, const struct restored_thread *t, bool *is,
                     int64_t *deadline, uint64_t *timeout, cairn_error *err)
{
    json_t *json = NULL;
    int rc = json_may_object(t->json, "wait", &json, err);
    *is = rc == 0 && json && cpu_call(&t->cpu.registers) >= 0;
    if (!*is)
        return rc;
    rc = json_need_int(json, "until_ns", 0, INT64_MAX, deadline, err);
    if (rc == 0)
        rc = json_need_hex(json, "timeout", timeout, err);
    if (rc == 0)
        *deadline -= r->clock_lead;
    return rc;
}

/* Makes the thread enter the call, with the remaining time in the trampoline's memory, and stops it
 * there. From then on the kernel knows the deadline, and the program's own arguments stay as they
 * are. */
static int begin_call(struct injector *in, struct restored_thread *t, long nr, int64_t left,
                      cairn_error *err)
{
    uint64_t args[6];
    for (int i = 0; i < 6; i++)
        args[i] = cpu_argument(&t->cpu.registers, i);
    int timeout = wait_timeout_argument(nr);
    struct timespec rest = {left / SECOND, left % SECOND};
    int rc = 0;
    if (wait_is_in_milliseconds(nr)) {
        args[timeout] = (uint64_t)((left + MILLISECOND - 1) / MILLISECOND);
    } else {
        args[timeout] = in->scratch;
        rc = inject_write(in, in->scratch, &rest, sizeof rest, err);
    }
    enum cpu_interruption how;
    long result;
    if (rc == 0)
        rc = inject_interrupted(in, &how, &result, err, nr, args);
    if (rc != 0)
        return cairn_fail_within(err, rc, "continuing call %ld", nr);
    if (how == CPU_CALL_CONTINUES)
        cpu_continue_call(&t->cpu.registers, nr);
    else /* the call returned at once, because its event had come */
        cpu_end_call(&t->cpu.registers, result);
    return 0;
}

int wait_resume(const struct restoration *r, const struct restored_process *p,
                struct restored_thread *t, cairn_error *err)
{
    bool is;
    int64_t deadline;
    uint64_t timeout;
    int rc = read_wait(r, t, &is, &deadline, &timeout, err);
    long nr = cpu_call(&t->cpu.registers);
    if (rc != 0 || !is || !wait_is_continued(nr))
        return rc;
    struct injector in = p->injector;
    in.tid = t->tid;
    int64_t left = deadline - wait_clock_ns();
    return begin_call(&in, t, nr, left > 0 ? left : 1, err);
}

int wait_remember(const struct restoration *r, const struct restored_thread *t, struct waits *waits,
                  cairn_error *err)
{
    bool is;
    int64_t deadline;
    uint64_t timeout;
    int rc = read_wait(r, t, &is, &deadline, &timeout, err);
    return rc != 0 || !is ? rc
                          : waits_add(waits, t->tid, &t->cpu.registers, timeout, deadline, err);
}
