/* Every victim (victims/) is captured and continues, and is captured, killed and restored, twice;
 * for root also as an ordinary user. */
#include "capture_fixture.h"
#include "victims/victim.h"

#include <sys/resource.h>

#define ORDINARY_UID 60123
#define OVER_CAPTURES 3

struct trial {
    char name[128];
    char victim[64], refusal[128];
    bool restore;
    uid_t uid;
};

static int start_victim(struct life *l, const struct home *home, const struct trial *trial,
                        cairn_error *err)
{
    static char *argv[3];
    argv[0] = reachable(CAIRN_VICTIM);
    argv[1] = (char *)trial->victim;
    return life_start(l, home, argv, err);
}

/* A capture that fails for the reason given; nothing of an image may remain. */
static int expect_refusal(struct life *l, const char *reason)
{
    cairn_error err = {0};
    int rc = life_capture(l, 1, &err);
    if (rc == 0 || !strstr(err.message, reason)) {
        fprintf(stderr, "expected a refusal with \"%s\", got: %s\n", reason, err.message);
        return -1;
    }
    if (faccessat(l->home->checkpoints, ".000001.partial", F_OK, 0) == 0 ||
        faccessat(l->home->checkpoints, "000001", F_OK, 0) == 0) {
        fprintf(stderr, "a capture that failed has left an image\n");
        return -1;
    }
    return 0;
}

static int first_life(const struct home *home, const void *argument)
{
    const struct trial *trial = argument;
    cairn_error err = {0};
    struct life l;
    LIVE(start_victim(&l, home, trial, &err), &err);
    if (trial->refusal[0] && expect_refusal(&l, trial->refusal) != 0)
        return -1;
    for (uint32_t i = 1; !trial->refusal[0] && i <= (trial->restore ? 1 : OVER_CAPTURES); i++)
        LIVE(life_capture_patiently(&l, i, &err), &err);
    int rc = trial->restore ? 0 : life_finish(&l);
    tree_destroy(&l.tree);
    return rc;
}

static int second_life(const struct home *home, const void *unused)
{
    (void)unused;
    cairn_error err = {0};
    struct life l;
    LIVE(life_resume(&l, home, 1, &err), &err);
    int rc = life_check(life_capture_patiently(&l, 2, &err), &err, "capturing what was restored");
    if (rc != 0)
        life_show_log(&l);
    tree_destroy(&l.tree);
    return rc;
}

static int last_life(const struct home *home, const void *unused)
{
    (void)unused;
    return live_last(home, 2);
}

static void run_trial(void **state)
{
    const struct trial *trial = *state;
    struct home home;
    home_open(&home, trial->uid);
    int status = live(&home, first_life, trial);
    if (status == 0 && trial->restore)
        status = live(&home, second_life, NULL);
    if (status == 0 && trial->restore)
        status = live(&home, last_life, NULL);
    home_close(&home);
    assert_int_equal(0, status);
}

/* What CAIRN_VICTIM lists, once per way to treat it. Arguments choose victims by their names. */
static size_t list_trials(struct trial **out, int argc, char **argv)
{
    size_t count = 0;
    struct trial *trials = NULL;
    char name[64];
    FILE *list = popen(CAIRN_VICTIM, "re");
    assert_non_null(list);
    char line[256];
    while (fgets(line, sizeof line, list)) {
        char refusal[128] = "";
        assert_true(sscanf(line, "%63[^:]:%127[^\n]", name, refusal) >= 1);
        bool to_users = strncmp(refusal, TO_USERS, strlen(TO_USERS)) == 0;
        if (to_users)
            memmove(refusal, refusal + strlen(TO_USERS), strlen(refusal + strlen(TO_USERS)) + 1);
        bool chosen = argc < 2;
        for (int i = 1; i < argc; i++)
            chosen |= strstr(name, argv[i]) != NULL;
        for (int way = 0; chosen && way < (geteuid() == 0 ? 4 : 2); way++) {
            uid_t uid = way & 2 ? ORDINARY_UID : geteuid();
            bool refused = refusal[0] && (uid != 0 || !to_users);
            if ((way & 1) && refused)
                continue;
            trials = realloc(trials, (count + 1) * sizeof *trials);
            assert_non_null(trials);
            struct trial *t = &trials[count++];
            *t = (struct trial){.restore = way & 1, .uid = uid};
            strcpy(t->victim, name);
            strcpy(t->refusal, refused ? refusal : "");
            snprintf(t->name, sizeof t->name, "%s: %s, as %s", name,
                     t->restore ? "restored"
                     : refused  ? "refused"
                                : "captured in passing",
                     t->uid == 0 ? "root" : "an ordinary user");
        }
    }
    assert_int_equal(0, pclose(list));
    *out = trials;
    return count;
}

int main(int argc, char **argv)
{
    const struct rlimit as_elsewhere = {1024, 1024}; /* victims may have nearly as many open */
    struct trial *trials;
    setrlimit(RLIMIT_NOFILE, &as_elsewhere);
    size_t count = list_trials(&trials, argc, argv);
    reachable(CAIRN_VICTIM); /* here, not once in each life */
    struct CMUnitTest *tests = calloc(count + 1, sizeof *tests);
    for (size_t i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){
            .name = trials[i].name, .test_func = run_trial, .initial_state = &trials[i]};
    int failed = _cmocka_run_group_tests("state", tests, count, NULL, NULL);
    free(tests);
    free(trials);
    return failed != 0;
}
