/* A real step, a shell script with all that scripts do to their outputs, is captured again and
 * again, and its supervisor killed at random moments, also in the middle of a capture or of a
 * roll-back; then the next one resumes from the newest image. In the end its outputs and its log
 * are those of an undisturbed run. CAIRN_SEED=n runs one series of kills. */
#include "rollback_world.h"

#include "capture_fixture.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define SERIES 3
#define MOST_LIVES 400
#define KEPT_IMAGES 2

static char script[] =
    "exec 3>>out/held 4>out/sequential; mkdir -p out/d out/e\n"
    "for ((i = 0; i < 240; i++)); do\n"
    "  echo line $i >> out/appended; echo held $i >&3; echo seq $i >&4; echo $i\n"
    "  echo rewritten $i > out/rewritten.$((i % 5))\n"
    "  case $((i % 8)) in\n"
    "  0) echo $i > out/tmp; mv out/tmp out/moved ;;\n"
    "  1) mv out/appended out/d/appended.$((i % 3)); : > out/appended ;;\n"
    "  2) rm -f out/e/n$((i % 7)); echo $i > out/e/n$((i % 5)) ;;\n"
    "  3) mkdir -p out/f/g$i; echo $i > out/f/g$i/x ;;\n"
    "  4) rm -rf out/f; ln -sfn target$i out/link ;;\n"
    "  5) ln -f out/moved out/hard; chmod $((600 + i % 2 * 44)) out/moved ;;\n"
    "  6) mv out/d out/d2; mv out/d2 out/d; mkdir -p out/empty$i ;;\n"
    "  7) rmdir out/empty$((i - 1)); cat out/moved >> out/e/all ;;\n"
    "  esac\n"
    "done\n";

/* Counts in two mapped files, one inside the tree, and clears what it has counted: what it makes
 * depends on every byte that it finds. */
static char mapped_script[] =
    "import mmap, time\n"
    "maps = []\n"
    "for name in 'out/map', 'map':\n"
    "    with open(name, 'w+b') as f:\n"
    "        f.truncate(4 << 20)\n"
    "        maps.append(mmap.mmap(f.fileno(), 0))\n"
    "for i in range(1500):\n"
    "    for m in maps:\n"
    "        at = i * 7919 % (1 << 20)\n"
    "        m[at] = (m[at] + m[i % 97] + m[(1 << 20) + i] + 1) & 255\n"
    "        m[i % 97] = (m[i % 97] + 1) & 255\n"
    "        if i % 100 == 99:\n"
    "            m[1 << 20 : 2 << 20] = bytes(1 << 20) if i % 200 == 99 else b'x' * (1 << 20)\n"
    "    print(i, flush=True)\n"
    "    time.sleep(0.001)\n";

static char bash[] = "/bin/bash", python[] = "/usr/bin/python3", e[] = "-e", c[] = "-c";
static char *const shell_step[] = {bash, e, c, script, NULL};
static char *const mapped_step[] = {python, c, mapped_script, NULL};
static char *const *step;

/* Shared with the lives. */
struct progress {
    bool finished;
    unsigned captures, restores;
};

static struct progress *progress;

static int newest_image(const struct home *home)
{
    int newest = 0;
    int fd = openat(home->checkpoints, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fdopendir(fd);
    must(dir != NULL, "listing images");
    for (struct dirent *entry; (entry = readdir(dir));) {
        int sequence = entry->d_name[0] == '.' ? 0 : atoi(entry->d_name);
        newest = sequence > newest ? sequence : newest;
    }
    closedir(dir);
    return newest;
}

static int start_afresh(struct life *l, const struct home *home, cairn_error *err)
{
    LIVE(cairn_remove_tree(home->work, "out", err), err);
    (void)!unlinkat(home->work, "log", 0);
    must(mkdirat(home->work, "out", 0755) == 0, "out");
    LIVE(life_prepare(l, home, step), err);
    LIVE(tree_start(&l->spec, &l->tree, err), err);
    return 0;
}

static int go_on(struct life *l, const struct home *home, int sequence, cairn_error *err)
{
    char name[16];
    size_t len;
    image_reader *image;
    int undone = make_folder(home->work, "undone");
    snprintf(name, sizeof name, "%06d", sequence);
    LIVE(life_prepare(l, home, NULL), err);
    LIVE(image_reader_open(home->checkpoints, name, &image, err), err);
    const struct rollback_others others = {.ended = INT64_MAX};
    const char *text = image_reader_meta(image, &len);
    json_t *meta = json_loadb(text, len, 0, NULL);
    const json_t *record = json_object_get(meta, "files");
    LIVE(rollback_check(record, image, &others, err), err);
    LIVE(rollback_apply(record, image, &others, undone, err), err);
    LIVE(tree_restore(&l->spec, image, &l->tree, err), err);
    json_decref(meta);
    image_reader_close(image);
    close(undone);
    progress->restores++;
    return 0;
}

static int capture_once(struct life *l, const struct home *home, cairn_error *err)
{
    char out[96], old[16];
    snprintf(out, sizeof out, "%s/work/out", home->path);
    const char *const trees[] = {out, NULL};
    int newest = newest_image(home);
    const struct rollback_options rollback = {.trees = trees,
                                              .open_files = true,
                                              .checkpoints_fd = home->checkpoints,
                                              .previous = newest ? newest : -1};
    LIVE(life_capture_with(l, (uint32_t)newest + 1, &rollback, err), err);
    snprintf(old, sizeof old, "%06d", newest + 1 - KEPT_IMAGES);
    if (newest + 1 > KEPT_IMAGES)
        LIVE(cairn_remove_tree(home->checkpoints, old, err), err);
    progress->captures++;
    return 0;
}

/* Captures every now and then until the step has ended, or this life has. */
static int live_on(const struct home *home, const void *seed)
{
    struct world random = {.random = *(const uint64_t *)seed};
    cairn_error err = {0};
    struct life l;
    int newest = newest_image(home);
    if ((newest ? go_on(&l, home, newest, &err) : start_afresh(&l, home, &err)) < 0)
        return -1;
    struct pollfd ended = {l.tree.status_fd, POLLIN, 0};
    while (poll(&ended, 1, (int)pick(&random, 60)) == 0)
        if (capture_once(&l, home, &err) < 0) {
            /* a step that is about to end cannot be captured */
            if (poll(&ended, 1, 5000) == 0)
                return -1;
            break;
        }
    struct tree_end end;
    LIVE(tree_status(&l.tree, &end, &err), &err);
    progress->finished = !end.signalled && end.code == 0;
    if (!progress->finished)
        life_show_log(&l);
    return progress->finished ? 0 : -1;
}

/* A life that is killed after that time, with all that it started. */
static void live_for(const struct home *home, uint64_t seed, unsigned ms)
{
    fflush(NULL);
    pid_t pid = fork();
    must(pid >= 0, "fork");
    if (pid == 0)
        _exit(live_on(home, &seed) == 0 ? 0 : 1);
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), status;
    struct pollfd ended = {pidfd, POLLIN, 0};
    if (poll(&ended, 1, (int)ms) == 0)
        kill(pid, SIGKILL);
    close(pidfd);
    must(waitpid(pid, &status, 0) == pid, "waitpid");
    if (WIFEXITED(status))
        assert_int_equal(WEXITSTATUS(status), 0);
    /* The step's pid 1 comes to us, and has ended when all of the step has. */
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) {
    }
}

static void expect_same(int expected_at, int found_at, const char *name)
{
    char *expected = tree_text_timeless(expected_at, name),
         *found = tree_text_timeless(found_at, name);
    assert_string_equal(found, expected);
    free(expected);
    free(found);
}

static void expect_undisturbed(char *const *argv, const char *const *outputs)
{
    step = argv;
    const char *only = getenv("CAIRN_SEED");
    uint64_t first = only ? strtoull(only, NULL, 10) : 1, last = only ? first : SERIES;
    struct home undisturbed;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    home_open(&undisturbed, geteuid());
    *progress = (struct progress){0};
    live_for(&undisturbed, 0, 1000 * LIFE_SECONDS);
    assert_true(progress->finished);
    for (uint64_t seed = first; seed <= last; seed++) {
        struct world random = {.random = seed};
        struct home home;
        home_open(&home, geteuid());
        *progress = (struct progress){0};
        unsigned lives = 0;
        for (; !progress->finished && lives < MOST_LIVES; lives++)
            live_for(&home, seed * 1000 + lives, 100 + pick(&random, 1500));
        print_message("seed %llu: %u lives, %u captures, %u restores\n", (unsigned long long)seed,
                      lives, progress->captures, progress->restores);
        assert_true(progress->finished);
        for (size_t i = 0; outputs[i]; i++)
            expect_same(undisturbed.work, home.work, outputs[i]);
        home_close(&home);
    }
    home_close(&undisturbed);
}

static void a_step_killed_at_random_leaves_what_an_undisturbed_one_leaves(void **state)
{
    (void)state;
    static const char *const outputs[] = {"out", "log", NULL};
    expect_undisturbed(shell_step, outputs);
}

static void so_does_a_step_with_mapped_files(void **state)
{
    (void)state;
    static const char *const outputs[] = {"out", "map", "log", NULL};
    expect_undisturbed(mapped_step, outputs);
}

int main(void)
{
    progress =
        mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_killed_at_random_leaves_what_an_undisturbed_one_leaves),
        cmocka_unit_test(so_does_a_step_with_mapped_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
