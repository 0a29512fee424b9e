#include "supervisor/requests.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "proc/proc.h"

#define LONGEST_GRACE_MS (24LL * 3600 * 1000)

static void answer_ok(struct supervisor *s, uint64_t client)
{
    control_answer(&s->control, client, json_pack("{s:b}", "ok", 1));
}

/* How many processes the step has, and their resident memory in bytes. */
static void measure(const struct supervisor *s, size_t *processes, uint64_t *rss)
{
    auto_proc_list struct proc_list list = {0};
    *processes = 0;
    *rss = 0;
    if (proc_descendants(s->step.tree.init, &list, NULL) != 0)
        return;
    for (size_t i = 0; i < list.count; i++) {
        char path[40];
        unsigned long long size, resident;
        auto_free char *text = NULL;
        snprintf(path, sizeof path, "/proc/%d/statm", list.numbers[i]);
        if (io_read_file(AT_FDCWD, path, 4096, &text, NULL, NULL) != 0 ||
            sscanf(text, "%llu %llu", &size, &resident) != 2)
            continue;
        ++*processes;
        *rss += resident * (uint64_t)sysconf(_SC_PAGESIZE);
    }
}

static const char *state_of(const struct supervisor *s)
{
    if (step_is_over(&s->step))
        return "stopping";
    return s->checkpointing.busy ? "checkpointing" : "running";
}

static json_t *progress(const struct supervisor *s)
{
    const struct checkpointing *c = &s->checkpointing;
    if (!c->busy)
        return json_null();
    return json_pack("{s:I, s:I}", "done_bytes", (json_int_t)checkpoint_written(c), "total_bytes",
                     (json_int_t)c->expected_bytes);
}

static void request_status(struct supervisor *s, uint64_t client, const json_t *request)
{
    (void)request;
    size_t processes;
    uint64_t rss;
    measure(s, &processes, &rss);
    int64_t next = s->checkpointing.next_at;
    int64_t wait = next == NEVER ? 0 : next - running_ms(&s->step.clock);
    control_answer(
        &s->control, client,
        json_pack("{s:b, s:s, s:b, s:b, s:o, s:I, s:o, s:o, s:I, s:I, s:b, s:o}", "ok", 1, "state",
                  state_of(s), "frozen", s->step.frozen != 0, "frozen_by_lease",
                  (s->step.frozen & FROZEN_BY_LEASE) != 0, "lease_silent_ms",
                  s->lease.times ? json_integer(lease_silent_ms(&s->lease)) : json_null(),
                  "running_ms", (json_int_t)running_ms(&s->step.clock), "last_image",
                  s->checkpointing.last_image < 0 ? json_null()
                                                  : json_integer(s->checkpointing.last_image),
                  "next_checkpoint_ms",
                  next == NEVER ? json_null() : json_integer(wait < 0 ? 0 : wait), "processes",
                  (json_int_t)processes, "rss_bytes", (json_int_t)rss, "raw_terminal",
                  terminal_is_raw(&s->terminal), "checkpoint", progress(s)));
}

static int read_cause(const json_t *request, enum cause *out, cairn_error *err)
{
    const char *name = json_string_value(json_object_get(request, "cause"));
    if (!name || !cause_parse(name, out))
        return cairn_fail(err, CAIRN_EPROTOCOL, "`cause` is missing or unknown");
    return 0;
}

static void request_checkpoint(struct supervisor *s, uint64_t client, const json_t *request)
{
    const char *reason = json_string_value(json_object_get(request, "reason"));
    struct checkpoint_order order = checkpoint_order(reason ? reason : "request");
    cairn_error error;
    order.stop = json_is_true(json_object_get(request, "stop"));
    order.force = json_is_true(json_object_get(request, "force"));
    order.waiters[order.n_waiters++] = client;
    if (order.stop && read_cause(request, &order.cause, &error) != 0)
        control_answer_error(&s->control, client, &error);
    else
        checkpoint_want(&s->checkpointing, &order);
}

static void request_signal(struct supervisor *s, uint64_t client, const json_t *request)
{
    json_int_t signo = json_integer_value(json_object_get(request, "signo"));
    cairn_error error;
    int rc = signo >= 1 && signo < NSIG
                 ? tree_signal(&s->step.tree, (int)signo, false, &error)
                 : cairn_fail(&error, CAIRN_EPROTOCOL, "no such signal: %lld", (long long)signo);
    if (rc == 0)
        answer_ok(s, client);
    else
        control_answer_error(&s->control, client, &error);
}

static void request_end(struct supervisor *s, uint64_t client, const json_t *request)
{
    json_int_t grace = json_integer_value(json_object_get(request, "grace_ms"));
    enum cause cause;
    cairn_error error;
    if (read_cause(request, &cause, &error) != 0) {
        control_answer_error(&s->control, client, &error);
        return;
    }
    if (grace > LONGEST_GRACE_MS)
        grace = LONGEST_GRACE_MS;
    if (!s->step.root_ended)
        step_end(&s->step, cause, grace < 0 ? 0 : grace, "");
    answer_ok(s, client);
}

static void request_freeze(struct supervisor *s, uint64_t client, const json_t *request)
{
    (void)request;
    cairn_error error;
    int rc = s->checkpointing.busy && !s->step.frozen
                 ? cairn_fail(&error, CAIRN_EBUSY_TREE,
                              "a checkpoint is under way; freeze the step after it")
                 : step_freeze(&s->step, FROZEN_BY_REQUEST, &error);
    if (rc == 0)
        answer_ok(s, client);
    else
        control_answer_error(&s->control, client, &error);
}

static void request_thaw(struct supervisor *s, uint64_t client, const json_t *request)
{
    (void)request;
    step_thaw(&s->step, FROZEN_BY_REQUEST);
    answer_ok(s, client);
}

static void request_attach(struct supervisor *s, uint64_t client, const json_t *request)
{
    (void)request;
    cairn_error error;
    if (!s->spec.pty) {
        cairn_fail(&error, CAIRN_EUNSUPPORTED, "the step was started without a terminal");
        control_answer_error(&s->control, client, &error);
        return;
    }
    answer_ok(s, client);
    control_attach(&s->control, client);
}

static void request_resize(struct supervisor *s, uint64_t client, const json_t *request)
{
    json_int_t rows = json_integer_value(json_object_get(request, "rows"));
    json_int_t cols = json_integer_value(json_object_get(request, "cols"));
    cairn_error error;
    int rc = rows >= 1 && rows <= 10000 && cols >= 1 && cols <= 10000
                 ? terminal_resize(&s->terminal, (unsigned short)rows, (unsigned short)cols, &error)
                 : cairn_fail(&error, CAIRN_EPROTOCOL, "`rows` and `cols` must be 1 to 10000");
    if (rc == 0)
        answer_ok(s, client);
    else
        control_answer_error(&s->control, client, &error);
}

static const struct {
    const char *op;
    void (*handle)(struct supervisor *s, uint64_t client, const json_t *request);
} OPERATIONS[] = {
    {"status", request_status}, {"checkpoint", request_checkpoint}, {"signal", request_signal},
    {"end", request_end},       {"freeze", request_freeze},         {"thaw", request_thaw},
    {"attach", request_attach}, {"resize", request_resize},
};

void request_handle(struct supervisor *s, uint64_t client, const char *line)
{
    json_t *request = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    const char *op = json_string_value(json_object_get(request, "op"));
    for (size_t i = 0; op && i < sizeof OPERATIONS / sizeof *OPERATIONS; i++) {
        if (strcmp(OPERATIONS[i].op, op) == 0) {
            OPERATIONS[i].handle(s, client, request);
            json_decref(request);
            return;
        }
    }
    cairn_error error;
    cairn_fail(&error, CAIRN_EPROTOCOL, "not a request that this supervisor knows: %.200s", line);
    json_decref(request);
    control_answer_error(&s->control, client, &error);
}
