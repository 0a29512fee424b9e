#include "trial.h"

#include "capture_fixture.h"
#include "observer/comparison.h"

#include <fnmatch.h>
#include <sys/mman.h>

#define ORDINARY_UID 60123
#define MOST_ROUNDS 5
#define SECONDS 15     /* after which a life counts as stuck */
#define TIME_LEFT 60   /* by which a timer may be off */
#define MOST_TRIES 200 /* of a checkpoint for which it is not the moment */
#define TRIES_OF_A_REFUSAL 3

const char *const outcome_names[] = {"same",         "refused", "failed", "differs",
                                     "unrestorable", "harmed",  "broken"};

/* What happens to one life after the other. Shared with the processes in which they are lived. */
struct course {
    char seed[32];
    const struct trial *trial;
    bool disturbed;
    int rounds;
    bool amid[MOST_ROUNDS], kill[MOST_ROUNDS]; /* while all act; the step is killed then */
    /* Where it is. */
    int round;
    enum { OBSERVING, RESTING, ACTING, DRAINING, DONE } phase;
    bool awaits; /* what was begun in an earlier life is not done */
    uint32_t sequence;
    /* What came of it. */
    int checkpoints, restores;
    enum outcome outcome;
    char message[sizeof(((struct trial *)0)->message)];
};

static uint64_t mixed(uint64_t x)
{
    x = (x ^ x >> 33) * 0xff51afd7ed558ccdull;
    x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53ull;
    return x ^ x >> 33;
}

static void plan(struct course *c)
{
    static const int rounds[] = {1, 1, 1, 1, 2, 2, 3, 5};
    uint64_t random = mixed(c->trial->seed + 77);
    c->rounds = rounds[random % 8];
    for (int i = 0; i < MOST_ROUNDS; i++) {
        random = mixed(random + 1);
        c->amid[i] = random % 10 < 3;
        c->kill[i] = i == 0 || random / 10 % 10 < 6;
    }
}

static void worsen(struct course *c, enum outcome outcome, const char *message)
{
    if (c->outcome >= outcome)
        return;
    c->outcome = outcome;
    snprintf(c->message, sizeof c->message, "%s", message);
}

/* One answer: a second one may be there already, unlike in life_await_ready. */
static int await_answer(struct life *l)
{
    struct pollfd fds[2] = {{l->ready, POLLIN, 0}, {l->tree.status_fd, POLLIN, 0}};
    char byte;
    for (;;) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return -1;
        if (fds[0].revents & POLLIN)
            return read(l->ready, &byte, 1) == 1 ? 0 : -1;
        if (fds[1].revents)
            return -1;
        if (fds[0].revents) /* nobody has it open now: look less often */
            poll(&fds[1], 1, 1);
    }
}

/* The answer that something is done, and that the fifo is closed again. */
static int await_done(struct life *l)
{
    char byte;
    if (await_answer(l) != 0)
        return -1;
    while (read(l->ready, &byte, 1) < 0 && (errno == EAGAIN || errno == EINTR)) {
    }
    return 0;
}

/* One command; until it is heard. */
static int command(struct life *l, char what, int number)
{
    auto_close int go = openat(l->home->work, "go", O_WRONLY | O_CLOEXEC);
    if (go < 0 || dprintf(go, "%c%d", what, number) < 0)
        return -1;
    close(steal_fd(&go));
    return await_answer(l);
}

static bool is_done(const struct life *l)
{
    struct pollfd ready = {l->ready, POLLIN, 0};
    return poll(&ready, 1, 0) > 0 && ready.revents & POLLIN;
}

/* By name: also of what a descriptor holds at the moment, which a program may let it hold for long;
 * but everything comes to rest. */
static bool is_refusal(const cairn_error *err)
{
    int pid, fd;
    return err->code == CAIRN_EUNSUPPORTED ||
           (err->code == CAIRN_EBUSY_TREE && !strstr(err->message, "come to rest") &&
            sscanf(err->message, "pid %d fd %d", &pid, &fd) == 2);
}

/* Whether the step was killed, to be restored. While all act, the fifos may be in use, of which no
 * checkpoint can be taken; then it is taken when they are done. */
static int checkpoint(struct course *c, struct life *l, bool *done, bool *killed)
{
    cairn_error err = {0};
    bool amid = c->phase == ACTING;
    int rc;
    life_stays_stopped = c->kill[c->round];
    for (int tries = 0;; tries++) {
        rc = life_capture(l, c->sequence + 1, &err);
        if (rc == 0 || tries == (is_refusal(&err) ? TRIES_OF_A_REFUSAL : MOST_TRIES))
            break;
        if (amid && !*done) {
            if (await_done(l) != 0)
                return -1;
            *done = true;
        } else if (rc != -CAIRN_EBUSY_TREE) {
            break;
        }
    }
    if (rc != 0) {
        worsen(c, is_refusal(&err) ? REFUSED : FAILED, err.message);
        return 0;
    }
    c->sequence++;
    c->checkpoints++;
    *killed = c->kill[c->round];
    return 0;
}

static int act(struct course *c, struct life *l, bool *killed)
{
    bool done = false;
    if (command(l, 'a', c->round) != 0)
        return -1;
    if (c->disturbed && c->amid[c->round]) {
        for (uint64_t spin = mixed(c->trial->seed + 5) % 1000000; spin > 0 && !is_done(l);
             spin -= 1)
            __asm__ volatile("");
        if (checkpoint(c, l, &done, killed) != 0)
            return -1;
        if (*killed)
            c->awaits = !done && !is_done(l);
    }
    return *killed || done ? 0 : await_done(l);
}

/* The next thing that happens. */
static int go_on(struct course *c, struct life *l, bool *killed)
{
    bool done = true;
    switch (c->phase) {
    case OBSERVING:
        if (command(l, 'o', c->round) != 0 || await_done(l) != 0)
            return -1;
        c->phase = c->round == c->rounds ? DRAINING : RESTING;
        return 0;
    case RESTING:
        if (c->disturbed && !c->amid[c->round] && checkpoint(c, l, &done, killed) != 0)
            return -1;
        c->phase = ACTING;
        return 0;
    case ACTING:
        if (act(c, l, killed) != 0)
            return -1;
        c->round++;
        c->phase = OBSERVING;
        return 0;
    case DRAINING:
        if (command(l, 'd', c->round) != 0 || await_answer(l) != 0)
            return -1;
        c->phase = DONE;
        return 0;
    case DONE:
        break;
    }
    return 0;
}

static int begin(struct course *c, struct life *l, const struct home *home)
{
    static char *argv[6];
    cairn_error err = {0};
    int rc;
    if (c->sequence) {
        rc = life_resume(l, home, c->sequence, &err);
        if (rc != 0) {
            worsen(c, UNRESTORABLE, err.message);
            return -1;
        }
        c->restores++;
        rc = c->awaits ? await_done(l) : 0;
        c->awaits = false;
        return rc;
    }
    argv[0] = reachable(CAIRN_GENERATED);
    argv[1] = c->seed;
    argv[2] = (char *)(uintptr_t)(*c->trial->only ? c->trial->only : "-");
    argv[3] = (char *)(uintptr_t)(*c->trial->without ? c->trial->without : "-");
    argv[4] = (char *)(uintptr_t)(*c->trial->dropped ? c->trial->dropped : "-");
    return life_start(l, home, argv, &err);
}

static int one_life(const struct home *home, const void *argument)
{
    struct course *c = (struct course *)(uintptr_t)argument;
    struct life l;
    alarm(SECONDS);
    int rc = begin(c, &l, home);
    if (rc != 0)
        return 1;
    for (bool killed = false; rc == 0 && !killed && c->phase != DONE;)
        rc = go_on(c, &l, &killed);
    tree_destroy(&l.tree);
    return rc == 0 ? 0 : 1;
}

static void live_through(struct course *c, struct home *home)
{
    while (c->phase != DONE && c->outcome < UNRESTORABLE) {
        int status = live(home, one_life, c);
        if (status == 0 || c->outcome >= UNRESTORABLE)
            continue;
        char how[128];
        snprintf(how, sizeof how, "%s in round %d of %d, phase %d, after %d restores",
                 WIFSIGNALED(status) ? "stuck" : "ended", c->round, c->rounds, (int)c->phase,
                 c->restores);
        worsen(c, c->disturbed ? HARMED : BROKEN, how);
        break;
    }
}

struct reporting {
    struct course *course;
    const char *text;
    bool verbose;
    size_t differences;
};

/* Numbers count for nothing in a pattern's key: each is one #. */
static void without_numbers(char *out, size_t room, const char *key)
{
    size_t len = 0;
    for (; *key && len < room - 1; key++)
        if (*key < '0' || *key > '9')
            out[len++] = *key;
        else if (len == 0 || out[len - 1] != '#')
            out[len++] = '#';
    out[len] = '\0';
}

/* A list has on each line, with tabs between them: patterns of a key, of what was and of what is,
 * and the reason. */
static bool is_listed(const char *list, const char *key, const char *before, const char *after)
{
    char kind[256], line[512];
    without_numbers(kind, sizeof kind, key);
    for (const char *at = list; *at; at += strcspn(at, "\n"), at += *at == '\n') {
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
        char *rest = line;
        const char *k = strsep(&rest, "\t"), *was = strsep(&rest, "\t"), *is = strsep(&rest, "\t");
        if (is && fnmatch(k, kind, 0) == 0 && fnmatch(was, before ? before : "none", 0) == 0 &&
            fnmatch(is, after ? after : "none", 0) == 0)
            return true;
    }
    return false;
}

const char *trial_list(const char *name)
{
    static char *lists[2];
    size_t i = strcmp(name, "known-differences") == 0;
    auto_close int folder = open(CAIRN_GENERATOR_LISTS, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (!lists[i])
        assert_int_equal(0, io_read_file(folder, name, 1 << 16, &lists[i], NULL, NULL));
    return lists[i];
}

static void report_difference(void *context, const char *key, const char *before, const char *after)
{
    struct reporting *r = context;
    char message[768];
    if (is_listed(trial_list("allowed-differences"), key, before, after) ||
        (!r->course->trial->all && is_listed(trial_list("known-differences"), key, before, after)))
        return;
    r->differences++;
    snprintf(message, sizeof message, "%s: %s: %.200s -> %.200s", r->text, key,
             before ? before : "none", after ? after : "none");
    if (r->verbose)
        fprintf(stderr, "    %s\n", message);
    /* The first is observed before any checkpoint. */
    worsen(r->course, strcmp(r->text, "text.0") == 0 ? BROKEN : DIFFERS, message);
}

static void compare(struct course *c, const struct home *control, const struct home *home,
                    bool verbose)
{
    for (int i = 0; i <= c->rounds + 1; i++) {
        char name[32];
        auto_free char *before = NULL, *after = NULL;
        snprintf(name, sizeof name, i <= c->rounds ? "text.%d" : "text.drained", i);
        struct reporting r = {c, name, verbose, 0};
        if (io_read_file(control->work, name, 64 << 20, &before, NULL, NULL) != 0 ||
            io_read_file(home->work, name, 64 << 20, &after, NULL, NULL) != 0)
            worsen(c, DIFFERS, "a text is missing");
        else if (comparison_of(before, control->path, after, home->path, TIME_LEFT,
                               report_difference, &r) &&
                 r.differences)
            return; /* what follows comes from this */
    }
}

static void list_objects(struct trial *t, const struct home *home)
{
    auto_free char *text = NULL;
    char *at, *line;
    int node, index;
    char kind[64];
    t->object_count = 0;
    if (io_read_file(home->work, "text.0", 64 << 20, &text, NULL, NULL) != 0)
        return;
    for (at = text; (line = strsep(&at, "\n")) && t->object_count < 64;) {
        char *object = strstr(line, "object."), *name = t->objects[t->object_count];
        if (!object || !strstr(line, " is made") ||
            sscanf(object, "object.%d.%d.%48[^. ]", &node, &index, kind) != 3)
            continue;
        snprintf(name, sizeof *t->objects, "%d.%d %s", node, index, kind);
        bool known = false;
        for (size_t i = 0; i < t->object_count; i++)
            known |= strcmp(t->objects[i], name) == 0;
        t->object_count += !known;
    }
}

static void open_home_of(const struct trial *t, struct home *home)
{
    home_open(home, geteuid() == 0 && t->seed % 2 ? ORDINARY_UID : geteuid());
}

void trial_prepare(void)
{
    reachable(CAIRN_GENERATED);
}

void trial_run(struct trial *t)
{
    struct course *c = mmap(NULL, 2 * sizeof *c, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                            -1, 0),
                  *undisturbed = c + 1;
    struct home control, home;
    assert_true(c != MAP_FAILED);
    c->trial = t;
    snprintf(c->seed, sizeof c->seed, "%lu", t->seed);
    plan(c);
    *undisturbed = *c;
    c->disturbed = true;
    open_home_of(t, &control);
    open_home_of(t, &home);
    live_through(undisturbed, &control);
    list_objects(t, &control);
    if (undisturbed->outcome == BROKEN)
        worsen(c, BROKEN, undisturbed->message);
    else
        live_through(c, &home);
    if (c->outcome < DIFFERS)
        compare(c, &control, &home, t->verbose);
    t->outcome = c->outcome;
    t->checkpoints = c->checkpoints;
    t->restores = c->restores;
    strcpy(t->message, c->message);
    home_close(&control);
    home_close(&home);
    munmap(c, 2 * sizeof *c);
}

static bool still_so_without(struct trial *t, const char *name)
{
    struct trial less = *t;
    size_t len = strlen(less.dropped);
    snprintf(less.dropped + len, sizeof less.dropped - len, "%s%s,", len ? "" : ",", name);
    less.verbose = false;
    trial_run(&less);
    if (less.outcome != t->outcome)
        return false;
    less.verbose = t->verbose;
    *t = less;
    return true;
}

void trial_minimise(struct trial *t)
{
    char name[16];
    for (int node = 1; node < 7; node++) {
        snprintf(name, sizeof name, "%d", node);
        still_so_without(t, name);
    }
    for (size_t i = 0; i < t->object_count;) {
        size_t before = t->object_count;
        snprintf(name, sizeof name, "%.*s", (int)strcspn(t->objects[i], " "), t->objects[i]);
        still_so_without(t, name);
        i += t->object_count == before;
    }
}
