/* Everything that a program can observe is the same after checkpoints and restores, or the
 * checkpoint refuses it by name: for each kind of object alone, and for random trees of them
 * (generator/).
 *
 *   generator_test                    each kind, and a few trees
 *   generator_test --long             thousands of trees; so too with CAIRN_LONG=true
 *   generator_test --seeds FIRST COUNT
 *   generator_test --seed N [--drop LIST]   one tree, with every difference
 *   generator_test --each COUNT       a line for each kind, of so many seeds
 *   generator_test --kind NAME N      one kind by itself, with every difference
 *   --all     also the kinds of known-differences
 *   --minimise  leaves out of a tree that fails what it does not need to fail */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "generator/trial.h"

#define MOST_KINDS 400
#define TREES 12 /* some 20 s */
#define LONG_TREES 5000
#define SEEDS_OF_A_KIND 1
#define LONG_SEEDS_OF_A_KIND 20

static struct kind {
    char name[64];
    bool known;   /* listed in known-differences */
    bool refused; /* by itself */
} kinds[MOST_KINDS];
static size_t kind_count;
static bool all, minimise;
static uint64_t first_seed = 1;

static void read_kinds(void)
{
    const char *known = trial_list("known-differences");
    char line[256];
    FILE *list = popen(CAIRN_GENERATED, "re");
    assert_non_null(list);
    while (fscanf(list, "%63s", kinds[kind_count].name) == 1 && kind_count < MOST_KINDS - 1) {
        struct kind *k = &kinds[kind_count++];
        snprintf(line, sizeof line, "\n%s\t", k->name);
        k->known = strstr(known, line);
    }
    assert_int_equal(0, pclose(list));
    assert_true(kind_count > 100);
}

static void leave_out(struct trial *t, const char *name)
{
    size_t len = strlen(t->without);
    snprintf(t->without + len, sizeof t->without - len, "%s,", name);
}

/* Of ten trees one has what is refused, too: a refusal hides all else. */
static struct trial tree_of(uint64_t seed)
{
    struct trial t = {.seed = seed, .all = all};
    for (size_t i = 0; i < kind_count; i++)
        if ((kinds[i].known && !all) || (kinds[i].refused && seed % 10))
            leave_out(&t, kinds[i].name);
    return t;
}

static void say(const struct trial *t, const char *what)
{
    fprintf(stderr, "%s seed %lu: %s: %s\n", what, t->seed, outcome_names[t->outcome], t->message);
}

static bool fails(const struct trial *t)
{
    return t->outcome > REFUSED && t->outcome != BROKEN;
}

static void show_tree(struct trial *t)
{
    if (fails(t) && minimise)
        trial_minimise(t);
    say(t, "tree");
    if (minimise)
        for (size_t i = 0; i < t->object_count; i++)
            fprintf(stderr, "    %s\n", t->objects[i]);
    if (*t->dropped)
        fprintf(stderr, "    --seed %lu --drop %s\n", t->seed, t->dropped);
}

static struct trial of_kind(const struct kind *k, uint64_t seed)
{
    struct trial t = {.seed = seed, .all = all};
    strcpy(t.only, k->name);
    trial_run(&t);
    return t;
}

/* Reasons, without the numbers in them, and how often each was given. */
static struct {
    char text[160];
    int count;
} reasons[200];

static void count_reason(const char *message)
{
    char text[sizeof reasons->text];
    size_t len = 0, i = 0;
    for (; *message && len < sizeof text - 1; message++)
        if (*message < '0' || *message > '9')
            text[len++] = *message;
        else if (len == 0 || text[len - 1] != '#')
            text[len++] = '#';
    text[len] = '\0';
    while (i < 199 && reasons[i].count && strcmp(reasons[i].text, text) != 0)
        i++;
    strcpy(reasons[i].text, text);
    reasons[i].count++;
}

static void print_reasons(void)
{
    for (size_t i = 0; i < 200 && reasons[i].count; i++)
        fprintf(stderr, "refused %d times: %s\n", reasons[i].count, reasons[i].text);
    memset(reasons, 0, sizeof reasons);
}

static bool is_long(void)
{
    const char *value = getenv("CAIRN_LONG");
    return value && strcmp(value, "true") == 0;
}

static void keeps_or_refuses_each_kind(void **state)
{
    (void)state;
    int failed = 0, seeds = is_long() ? LONG_SEEDS_OF_A_KIND : SEEDS_OF_A_KIND;
    for (size_t i = 0; i < kind_count; i++)
        for (int s = 0; s < seeds && (all || !kinds[i].known); s++) {
            struct trial t = of_kind(&kinds[i], first_seed + (uint64_t)s + i);
            kinds[i].refused |= t.outcome == REFUSED || t.outcome == FAILED;
            if (t.outcome == REFUSED)
                count_reason(t.message);
            if (fails(&t)) {
                say(&t, kinds[i].name);
                failed++;
            }
        }
    print_reasons();
    assert_int_equal(0, failed);
}

static int run_trees(uint64_t first, uint64_t count)
{
    int failed = 0, outcomes[OUTCOMES] = {0}, restores = 0;
    for (uint64_t seed = first; seed < first + count; seed++) {
        struct trial t = tree_of(seed);
        trial_run(&t);
        outcomes[t.outcome]++;
        restores += t.restores;
        if (t.outcome == REFUSED)
            count_reason(t.message);
        if (t.outcome == BROKEN)
            say(&t, "tree");
        if (fails(&t)) {
            show_tree(&t);
            failed++;
        }
    }
    for (int i = 0; i < OUTCOMES; i++)
        if (outcomes[i])
            fprintf(stderr, "%d trees %s\n", outcomes[i], outcome_names[i]);
    fprintf(stderr, "%d restores\n", restores);
    print_reasons();
    return failed + ((uint64_t)outcomes[BROKEN] > count / 10);
}

static void keeps_or_refuses_whole_trees(void **state)
{
    (void)state;
    assert_int_equal(0, run_trees(first_seed, is_long() ? LONG_TREES : TREES));
}

/* "OUTCOME KIND seed N of COUNT: MESSAGE" of the worst of each kind. */
static int print_each(uint64_t count)
{
    for (size_t i = 0; i < kind_count; i++) {
        struct trial worst = {0};
        int outcomes[OUTCOMES] = {0};
        for (uint64_t seed = first_seed; seed < first_seed + count; seed++) {
            struct trial t = of_kind(&kinds[i], seed);
            outcomes[t.outcome]++;
            if (seed == first_seed || t.outcome > worst.outcome)
                worst = t;
        }
        printf("%s %s seed %lu (%d of %lu): %s\n", outcome_names[worst.outcome], kinds[i].name,
               worst.seed, outcomes[worst.outcome], count, worst.message);
        fflush(stdout);
    }
    return 0;
}

static int print_one(struct trial t)
{
    t.verbose = true;
    trial_run(&t);
    if (*t.only)
        say(&t, t.only);
    else
        show_tree(&t);
    return fails(&t);
}

static int print_kind(const char *name, uint64_t seed)
{
    struct trial t = {.seed = seed, .all = all};
    snprintf(t.only, sizeof t.only, "%s", name);
    return print_one(t);
}

static void learn_what_is_refused(void)
{
    for (size_t i = 0; i < kind_count; i++) {
        enum outcome outcome = kinds[i].known && !all ? SAME : of_kind(&kinds[i], i + 1).outcome;
        kinds[i].refused = outcome == REFUSED || outcome == FAILED;
    }
}

int main(int argc, char **argv)
{
    const char *dropped = "", *of = NULL;
    char *mode = NULL;
    uint64_t numbers[2] = {0, 1};
    size_t given = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--all") == 0)
            all = true;
        else if (strcmp(argv[i], "--minimise") == 0)
            minimise = true;
        else if (strcmp(argv[i], "--long") == 0)
            setenv("CAIRN_LONG", "true", 1);
        else if (strcmp(argv[i], "--drop") == 0 && i + 1 < argc)
            dropped = argv[++i];
        else if (strcmp(argv[i], "--kind") == 0 && i + 1 < argc)
            mode = argv[i], of = argv[++i];
        else if (argv[i][0] == '-')
            mode = argv[i];
        else if (given < 2)
            numbers[given++] = strtoull(argv[i], NULL, 10);
    }
    trial_prepare();
    read_kinds();
    if (mode && strcmp(mode, "--each") == 0)
        return print_each(numbers[0]);
    if (mode && strcmp(mode, "--kind") == 0)
        return print_kind(of, numbers[0]);
    if (mode)
        learn_what_is_refused();
    if (mode && strcmp(mode, "--seeds") == 0)
        return run_trees(numbers[0], numbers[1]) != 0;
    if (mode && strcmp(mode, "--seed") == 0) {
        struct trial t = tree_of(numbers[0]);
        snprintf(t.dropped, sizeof t.dropped, "%s", dropped);
        return print_one(t);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_or_refuses_each_kind),
        cmocka_unit_test(keeps_or_refuses_whole_trees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
