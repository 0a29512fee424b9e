/* The lease of cairn-supervisor: renewed, lost, found again and taken. That a file server does not
 * answer is played by something in its place that is no file, and, as root, by freezing the file
 * system below it. */
#include "supervisor_fixture.h"

#include <errno.h>
#include <linux/fs.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "proc/proc.h"
#include "supervisor/lease.h"

#define LEASE "checkpoints/lease"
#define QUICK "\"lease\":{\"renew_ms\":20,\"freeze_ms\":300,\"take_ms\":900}"
#define SLOW_TO_TAKE "\"lease\":{\"renew_ms\":20,\"freeze_ms\":300,\"take_ms\":60000}"
#define SLOW_TO_FREEZE "\"lease\":{\"renew_ms\":20,\"freeze_ms\":20000,\"take_ms\":60000}"
#define COUNTS "i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done"
#define STRANGERS                                                                        \
    "{\"host\":\"node17\",\"boot_id\":\"b\",\"pid_ns\":1,\"pid\":4711,\"start_time\":5," \
    "\"attempt\":\"001\"}"

static cairn_step *start_leased(const char *attempt, const char *engine, const char *script,
                                const char *lease)
{
    return start_of(attempt, engine, script, true, lease);
}

static void put_strangers_lease(void)
{
    assert_true(mkdir(path_of("checkpoints"), 0700) == 0 || errno == EEXIST);
    assert_int_equal(publish(path_of(LEASE), STRANGERS, strlen(STRANGERS)), 0);
}

static void exchange(const char *one, const char *other)
{
    char first[600];
    snprintf(first, sizeof first, "%s", path_of(one));
    assert_int_equal(renameat2(AT_FDCWD, first, AT_FDCWD, path_of(other), RENAME_EXCHANGE), 0);
}

/* The lease is never missing: a reader finds an unreadable folder in its place. */
static void hide_lease(void)
{
    assert_true(mkdir(path_of("elsewhere"), 0700) == 0);
    exchange(LEASE, "elsewhere");
}

static void show_lease(void)
{
    exchange("elsewhere", LEASE);
    assert_int_equal(rmdir(path_of("elsewhere")), 0);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static time_t lease_time(void)
{
    struct stat st;
    assert_int_equal(stat(path_of(LEASE), &st), 0);
    return st.st_mtim.tv_sec;
}

static void await_renewals(int times)
{
    time_t last = lease_time();
    for (int waited = 0; times > 0; waited += 5) {
        assert_true(waited < PATIENCE_MS);
        poll(NULL, 0, 5);
        time_t now = lease_time();
        assert_true(now >= last);
        times -= now > last;
        last = now;
    }
}

static void await_status(cairn_step *step, const char *part)
{
    for (int waited = 0; waited < PATIENCE_MS; waited += 5) {
        auto_free char *answer = ask(step, "{\"op\":\"status\"}");
        if (strstr(answer, part))
            return;
        poll(NULL, 0, 5);
    }
    fail_msg("waited in vain for %s", part);
}

static void await_more_output(void)
{
    auto_free char *before = read_text("out");
    size_t len = before ? strlen(before) : 0;
    for (int waited = 0; waited < PATIENCE_MS; waited += 5) {
        auto_free char *now = read_text("out");
        if (now && strlen(now) > len)
            return;
        poll(NULL, 0, 5);
    }
    fail_msg("the step stands still");
}

/* Looked at for long enough that many lines would appear, did it not. */
static bool is_standing(void)
{
    auto_free char *before = read_text("out");
    poll(NULL, 0, 200);
    auto_free char *after = read_text("out");
    return strcmp(before, after) == 0;
}

static void is_renewed_while_the_step_runs_and_goes_with_it(void **state)
{
    static const char *const engines[] = {"native", "none"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        cairn_step *step = start_leased(engines[i], engines[i], COUNTS, QUICK);
        auto_free char *text = read_text(LEASE);
        char pid[40];
        snprintf(pid, sizeof pid, "\"pid\":%d,", (int)cairn_step_pid(step));
        assert_non_null(strstr(text, pid));
        await_renewals(3);
        await_status(step, "\"frozen\":false");
        end(step);
        await_gone(LEASE);
    }
}

static void the_step_stands_while_its_lease_cannot_be_renewed(void **state)
{
    static const char *const engines[] = {"native", "none"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char journal[40];
        cairn_step *step = start_leased(engines[i], engines[i], COUNTS, SLOW_TO_TAKE);
        await_more_output();
        hide_lease();
        await_status(step, "\"frozen\":true");
        assert_true(is_standing());
        show_lease();
        await_status(step, "\"frozen\":false");
        await_more_output();
        await_renewals(1);
        snprintf(journal, sizeof journal, "%s/images.jsonl", engines[i]);
        await_text(journal, "{\"stood_still_ms\":");
        end(step);
    }
}

static void a_step_whose_lease_was_taken_is_killed(void **state)
{
    (void)state;
    cairn_step *step =
        start_leased("1", "native", "trap 'echo in order' TERM; " COUNTS, SLOW_TO_TAKE);
    await_more_output();
    put_strangers_lease();
    await_end(step);
    await_text("1/exit.json", "\"lost\"");
    await_text("1/exit.json", "pid 4711 on node17 has taken the step over");
    auto_free char *out = read_text("out"), *lease = read_text(LEASE);
    assert_null(strstr(out, "in order"));
    assert_string_equal(lease, STRANGERS);
}

static void a_step_that_stands_is_killed_when_its_lease_was_taken(void **state)
{
    (void)state;
    cairn_step *step = start_leased("1", "native", COUNTS, SLOW_TO_TAKE);
    await_more_output();
    hide_lease();
    await_status(step, "\"frozen\":true");
    assert_int_equal(publish(path_of("strangers"), STRANGERS, strlen(STRANGERS)), 0);
    exchange("strangers", LEASE);
    await_end(step);
    await_text("1/exit.json", "pid 4711 on node17 has taken the step over");
}

static void a_step_that_stands_can_be_cancelled_and_does_not_run_to_its_end(void **state)
{
    (void)state;
    cairn_step *step =
        start_leased("1", "native", "trap 'echo in order' TERM; " COUNTS, SLOW_TO_TAKE);
    await_more_output();
    hide_lease();
    await_status(step, "\"frozen\":true");
    expect_answer(step, "{\"op\":\"end\",\"cause\":\"cancelled\",\"grace_ms\":20000}",
                  "\"ok\":true");
    await_end(step);
    await_text("1/exit.json", "\"cancelled\"");
    auto_free char *out = read_text("out");
    assert_null(strstr(out, "in order"));
}

/* As in a sleep of the machine, but for the step, which such a sleep stops as well. */
static void freezes_before_it_looks_after_a_gap(void **state)
{
    (void)state;
    cairn_step *step = start_leased("1", "native", COUNTS, SLOW_TO_TAKE);
    pid_t pid = (pid_t)cairn_step_pid(step);
    await_renewals(1);
    assert_int_equal(kill(pid, SIGSTOP), 0);
    poll(NULL, 0, 400); /* is what is tested: longer than freeze_ms */
    assert_int_equal(kill(pid, SIGCONT), 0);
    await_text("1/images.jsonl", "{\"stood_still_ms\":");
    await_status(step, "\"frozen\":false");
    await_more_output();

    assert_int_equal(kill(pid, SIGSTOP), 0);
    put_strangers_lease();
    poll(NULL, 0, 400);
    assert_int_equal(kill(pid, SIGCONT), 0);
    await_end(step);
    await_text("1/exit.json", "pid 4711 on node17 has taken the step over");
}

static void await_held(const struct lease *l, bool held)
{
    for (int waited = 0; lease_is_held(l) != held; waited += 5) {
        assert_true(waited < PATIENCE_MS);
        poll(NULL, 0, 5);
    }
}

static void a_lease_that_has_run_out_is_looked_at_only_once_the_step_stands(void **state)
{
    (void)state;
    static const struct lease_spec times = {20, 300, 60000};
    static struct lease kept; /* its thread may live as long as we do */
    struct lease *l = &kept;
    *l = (struct lease){.times = &times, .attempt = "001", .folder = -1};
    assert_int_equal(mkdir(path_of("checkpoints"), 0700), 0);
    auto_close int folder = open(path_of("checkpoints"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(lease_take(l, folder, "checkpoints", false, NULL), 0);
    assert_int_equal(lease_start_renewing(l, NULL), 0);
    await_renewals(1);
    hide_lease();
    await_held(l, false);
    show_lease();
    time_t last = lease_time();
    poll(NULL, 0, 200); /* ten times as long as between renewals */
    assert_int_equal(lease_time(), last);
    assert_false(lease_is_held(l));
    lease_check_now(l, true);
    await_held(l, true);
    assert_true(lease_time() > last);
}

static void takes_a_strangers_lease_that_stands_still(void **state)
{
    (void)state;
    put_strangers_lease();
    int64_t begun = now_ms();
    cairn_step *step = start_leased("1", "native", COUNTS, QUICK);
    assert_true(now_ms() - begun >= 900);
    auto_free char *lease = read_text(LEASE);
    assert_null(strstr(lease, "node17"));
    await_renewals(1);
    end(step);
}

static void is_recreated_when_it_is_removed(void **state)
{
    (void)state;
    cairn_step *step = start_leased("1", "native", COUNTS, SLOW_TO_FREEZE);
    auto_free char *before = read_text(LEASE);
    for (int times = 1; times <= 2; times++) {
        char line[40];
        assert_int_equal(unlink(path_of(LEASE)), 0);
        snprintf(line, sizeof line, "{\"lease_recreated\":%d", times);
        await_text("1/images.jsonl", line);
        auto_free char *after = read_text(LEASE);
        assert_string_equal(before, after);
    }
    await_renewals(2);
    await_status(step, "\"frozen\":false");
    end(step);
    await_gone(LEASE);
}

/* Another supervisor may have taken it, run the step and let go of it. */
static void a_step_whose_lease_was_removed_after_it_ran_out_is_lost(void **state)
{
    (void)state;
    cairn_step *step = start_leased("1", "native", COUNTS, SLOW_TO_TAKE);
    await_more_output();
    hide_lease();
    await_status(step, "\"frozen\":true");
    assert_int_equal(rmdir(path_of(LEASE)), 0);
    await_end(step);
    await_text("1/exit.json", "\"lost\"");
    await_text("1/exit.json", "was removed while it could not be renewed");
    await_gone(LEASE);
}

static int take_as(struct lease *l, const struct lease_spec *times, bool ran_elsewhere,
                   cairn_error *err)
{
    *l = (struct lease){.times = times, .attempt = "001", .folder = -1};
    assert_true(mkdir(path_of("checkpoints"), 0700) == 0 || errno == EEXIST);
    auto_close int folder = open(path_of("checkpoints"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return lease_take(l, folder, "checkpoints", ran_elsewhere, err);
}

static void a_new_owner_waits_until_a_former_one_has_noticed(void **state)
{
    (void)state;
    static const struct lease_spec times = {.renew_ms = 300, .freeze_ms = 700, .take_ms = 900};
    const struct {
        bool lease, ran_elsewhere;
        int64_t waits_ms;
    } cases[] = {{true, false, 900 + 300}, {true, true, 900 + 300}, {false, true, 700}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lease l;
        unlink(path_of(LEASE));
        if (cases[i].lease)
            put_strangers_lease();
        int64_t begun = now_ms();
        assert_int_equal(take_as(&l, &times, cases[i].ran_elsewhere, NULL), 0);
        assert_true(now_ms() - begun >= cases[i].waits_ms);
        assert_true(lease_is_held(&l) && lease_is_ours(&l));
        lease_release(&l);
        await_gone(LEASE);
        free(l.text);
    }
}

static void *take_next(void *over)
{
    char path[600], own[600];
    snprintf(path, sizeof path, "%s/" LEASE, home);
    snprintf(own, sizeof own, "%s/strangers", home);
    while (access(path, F_OK) != 0 && !*(atomic_bool *)over)
        poll(NULL, 0, 1);
    return rename(own, path) == 0 ? over : NULL;
}

static void of_two_who_take_it_at_once_one_refuses(void **state)
{
    (void)state;
    static const struct lease_spec times = {.renew_ms = 300, .freeze_ms = 700, .take_ms = 900};
    struct lease l;
    cairn_error err = {0};
    pthread_t stranger;
    atomic_bool over = false;
    assert_int_equal(publish(path_of("strangers"), STRANGERS, strlen(STRANGERS)), 0);
    assert_int_equal(pthread_create(&stranger, NULL, take_next, &over), 0);
    int rc = take_as(&l, &times, true, &err);
    over = true;
    void *took;
    pthread_join(stranger, &took);
    assert_non_null(took);
    assert_int_equal(rc, -CAIRN_EHELD);
    assert_non_null(strstr(err.message, "pid 4711 on node17"));
    auto_free char *lease = read_text(LEASE);
    assert_string_equal(lease, STRANGERS);
    free(l.text);
}

static void a_step_that_ended_in_order_lets_nobody_wait(void **state)
{
    (void)state;
    end(start_leased("1", "native", COUNTS, SLOW_TO_TAKE));
    await_gone("checkpoints/.tree.json");
    await_gone(LEASE);
}

static void a_former_tree_of_another_host_is_waited_for_without_a_lease(void **state)
{
    (void)state;
    static const char tree[] = "{\"boot_id\":\"b\",\"pid_ns\":1,\"pid\":4711,\"start_time\":5}";
    assert_int_equal(mkdir(path_of("checkpoints"), 0700), 0);
    assert_int_equal(publish(path_of("checkpoints/.tree.json"), tree, strlen(tree)), 0);
    int64_t begun = now_ms();
    cairn_step *step = start_leased("1", "native", COUNTS, QUICK);
    assert_true(now_ms() - begun >= 300);
    end(step);
}

static void a_dead_supervisor_of_this_host_is_not_waited_for(void **state)
{
    (void)state;
    cairn_step *first = start_leased("1", "native", COUNTS, SLOW_TO_TAKE);
    assert_int_equal(kill((pid_t)cairn_step_pid(first), SIGKILL), 0);
    assert_int_equal(cairn_step_wait(first, PATIENCE_MS, NULL), 1);
    cairn_step_free(first);
    assert_true(exists(LEASE));
    int64_t begun = now_ms();
    cairn_step *second = start_leased("2", "native", COUNTS, SLOW_TO_TAKE);
    assert_true(now_ms() - begun < 60000);
    end(second);
}

static void *renew_strangers(void *over)
{
    char path[600];
    snprintf(path, sizeof path, "%s/" LEASE, home);
    for (time_t t = 1000; !*(atomic_bool *)over; t++) {
        const struct timespec times[] = {{.tv_sec = t}, {.tv_sec = t}};
        if (utimensat(AT_FDCWD, path, times, 0) < 0)
            abort();
        poll(NULL, 0, 20);
    }
    return NULL;
}

static void refuses_a_strangers_lease_that_is_renewed(void **state)
{
    (void)state;
    put_strangers_lease();
    assert_int_equal(mkdir(path_of("checkpoints/.000007.partial"), 0700), 0);
    atomic_bool over = false;
    pthread_t stranger;
    assert_int_equal(pthread_create(&stranger, NULL, renew_strangers, &over), 0);
    cairn_error err = {0};
    cairn_step *step = NULL;
    write_spec_of("1", "native", COUNTS, true, SLOW_TO_TAKE);
    int rc = try_start("1", &step, &err);
    over = true;
    pthread_join(stranger, NULL);
    assert_int_equal(rc, -CAIRN_EHELD);
    assert_non_null(strstr(err.message, "pid 4711 on node17 supervises this step"));
    auto_free char *lease = read_text(LEASE);
    assert_string_equal(lease, STRANGERS);
    assert_true(exists("checkpoints/.000007.partial"));
    assert_false(exists("out"));
}

static int unmount_and_remove_home(void **state)
{
    static const char *const mounts[] = {"checkpoints", "other"};
    for (size_t i = 0; i < 2; i++) {
        auto_close int disk = open(path_of(mounts[i]), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ioctl(disk, FITHAW, 0); /* which the test may not have come to */
        umount2(path_of(mounts[i]), MNT_DETACH);
    }
    return remove_home(state);
}

static void only_as_root(void)
{
    if (geteuid() != 0)
        skip(); /* mounts */
}

static void a_full_disk_freezes_nobody(void **state)
{
    (void)state;
    only_as_root();
    assert_int_equal(mkdir(path_of("checkpoints"), 0700), 0);
    assert_int_equal(mount("none", path_of("checkpoints"), "tmpfs", 0, "size=1m"), 0);
    cairn_step *step = start_leased("1", "native", COUNTS, SLOW_TO_FREEZE);
    auto_close int fill = open(path_of("checkpoints/fill"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    static const char page[4096];
    while (write(fill, page, sizeof page) > 0) {
    }
    assert_int_equal(errno, ENOSPC);
    await_renewals(3);
    expect_answer(step, "{\"op\":\"status\"}", "\"frozen\":false");
    auto_free char *journal = read_text("1/images.jsonl");
    assert_null(strstr(journal, "stood_still_ms"));
    end(step);
}

/* A file system of its own at `folder`, which can be made to answer nobody. */
static int mount_disk(const char *folder)
{
    char command[2000];
    assert_int_equal(mkdir(path_of(folder), 0700), 0);
    snprintf(command, sizeof command,
             "cd '%s' && truncate -s 512M disk && mkfs.ext4 -q disk && mount -o loop disk %s", home,
             folder);
    assert_int_equal(system(command), 0);
    return open(path_of(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void await_touch(const char *name)
{
    assert_int_equal(unlink(path_of(name)), 0);
    for (int waited = 0; !exists(name); waited += 5) {
        assert_true(waited < PATIENCE_MS);
        poll(NULL, 0, 5);
    }
}

static void hang(int disk)
{
    assert_int_equal(ioctl(disk, FIFREEZE, 0), 0);
}

static void answer_again(int disk)
{
    assert_int_equal(ioctl(disk, FITHAW, 0), 0);
}

static void a_step_stands_while_the_file_server_hangs(void **state)
{
    (void)state;
    only_as_root();
    auto_close int disk = mount_disk("checkpoints");
    cairn_step *step = start_leased("1", "native", COUNTS, SLOW_TO_TAKE);
    await_more_output();
    hang(disk);
    await_status(step, "\"frozen\":true");
    assert_true(is_standing());
    answer_again(disk);
    await_status(step, "\"frozen\":false");
    await_more_output();
    end(step);
}

/* What was opened before is an error from then on, and the name leads to the same files. */
static void a_step_goes_on_when_the_file_server_comes_back_anew(void **state)
{
    (void)state;
    only_as_root();
    char command[2000];
    auto_close int disk = mount_disk("checkpoints");
    cairn_step *step = start_leased("1", "native", COUNTS, SLOW_TO_TAKE);
    await_more_output();
    const uint32_t without_flushing = 2;
    assert_int_equal(ioctl(disk, _IOR('X', 125, uint32_t), &without_flushing), 0);
    await_status(step, "\"frozen\":true");
    assert_int_equal(umount2(path_of("checkpoints"), MNT_DETACH), 0);
    snprintf(command, sizeof command, "cd '%s' && cp disk copy && mount -o loop copy checkpoints",
             home);
    assert_int_equal(system(command), 0);
    await_status(step, "\"frozen\":false");
    await_more_output();
    await_renewals(2);
    expect_answer(step, "{\"op\":\"checkpoint\"}", "\"sequence\":1");
    assert_true(exists("checkpoints/000001"));
    end(step);
}

/* A part of the step waits for the server itself, and can be brought to no rest. */
static void a_step_stands_that_waits_for_the_file_server_itself(void **state)
{
    (void)state;
    only_as_root();
    auto_close int disk = mount_disk("checkpoints");
    cairn_step *step = start_leased(
        "1", "native",
        "while :; do touch checkpoints/by-the-step; sleep 0.01; done & echo ready; " COUNTS,
        SLOW_TO_TAKE);
    await_text("out", "ready");
    await_more_output();
    hang(disk);
    await_status(step, "\"frozen\":true");
    assert_true(is_standing());
    answer_again(disk);
    await_status(step, "\"frozen\":false");
    await_more_output();
    await_touch("checkpoints/by-the-step");
    end(step);
}

/* It waits for a server of its own, and longer than the step stands. */
static void a_part_that_comes_back_late_goes_on_as_well(void **state)
{
    (void)state;
    only_as_root();
    auto_close int disk = mount_disk("other");
    cairn_step *step = start_leased(
        "1", "none",
        "touch other/by-the-step; while :; do touch other/by-the-step; sleep 0.01; done & "
        "echo ready; " COUNTS,
        SLOW_TO_TAKE);
    await_text("out", "ready");
    await_more_output();
    hang(disk);
    hide_lease();
    await_status(step, "\"frozen\":true");
    show_lease();
    await_status(step, "\"frozen\":false");
    await_more_output();
    answer_again(disk);
    await_touch("other/by-the-step");
    end(step);
}

static void *ask_for_checkpoint(void *step)
{
    cairn_error err = {0};
    char *answer = NULL;
    if (cairn_step_request(step, "{\"op\":\"checkpoint\"}", PATIENCE_MS, &answer, &err) != 0)
        fprintf(stderr, "%s\n", err.message);
    return answer;
}

static void a_step_stands_while_its_image_is_being_written_to_a_server_that_hangs(void **state)
{
    (void)state;
    only_as_root();
    auto_close int disk = mount_disk("checkpoints");
    cairn_step *step = start_leased(
        "1", "native", "x=$(head -c 100000000 /dev/urandom | base64); echo ready; " COUNTS,
        SLOW_TO_TAKE);
    await_text("out", "ready");
    await_more_output();
    pthread_t asker;
    assert_int_equal(pthread_create(&asker, NULL, ask_for_checkpoint, step), 0);
    await_status(step, "\"state\":\"checkpointing\"");
    hang(disk);
    await_status(step, "\"frozen\":true");
    expect_answer(step, "{\"op\":\"status\"}", "\"state\":\"checkpointing\"");
    assert_true(is_standing());
    answer_again(disk);
    void *answer;
    pthread_join(asker, &answer);
    auto_free char *text = answer;
    assert_non_null(text);
    assert_non_null(strstr(text, "\"sequence\":1"));
    await_status(step, "\"frozen\":false");
    await_more_output();
    cairn_error err = {0};
    if (cairn_image_check(path_of("checkpoints/000001"), &err) != 0)
        fail_msg("%s", err.message);
    end(step);
}

/* The engine `app` takes a second to be sure that the program has saved itself. Nothing is
 * published that the step's next owner may not know of. */
static void an_image_waits_for_the_lease(void **state)
{
    (void)state;
    cairn_step *step =
        start_leased("1", "app", "echo saved >saved; " COUNTS,
                     SLOW_TO_TAKE ",\"app\":{\"files\":[\"saved\"],\"settle_ms\":1000}");
    await_text("saved", "saved");
    await_more_output();
    pthread_t asker;
    assert_int_equal(pthread_create(&asker, NULL, ask_for_checkpoint, step), 0);
    await_status(step, "\"state\":\"checkpointing\"");
    hide_lease();
    await_status(step, "\"frozen\":true");
    poll(NULL, 0, 1500); /* in which it would be published */
    expect_answer(step, "{\"op\":\"status\"}", "\"state\":\"checkpointing\"");
    assert_false(exists("checkpoints/000001"));
    show_lease();
    void *answer;
    pthread_join(asker, &answer);
    auto_free char *text = answer;
    assert_non_null(text);
    assert_true(exists("checkpoints/000001"));
    await_more_output();
    end(step);
}

static int try_restore(const char *attempt, const char *image, cairn_step **out, cairn_error *err)
{
    char restoring[8192], name[100];
    const char *from = "\"restore\":null";
    write_spec_of(attempt, "native", COUNTS, true, QUICK);
    snprintf(name, sizeof name, "%s/spec.json", attempt);
    auto_free char *spec = read_text(name);
    const char *at = strstr(spec, from);
    assert_non_null(at);
    int len = snprintf(restoring, sizeof restoring, "%.*s\"restore\":{\"image\":\"%s\"}%s",
                       (int)(at - spec), spec, path_of(image), at + strlen(from));
    assert_int_equal(publish(path_of(name), restoring, (size_t)len), 0);
    return try_start(attempt, out, err);
}

/* Whose files are whose looks different in the namespace in which a leased step is restored. */
static void a_leased_step_is_restored_from_an_image_of_its_own_user_only(void **state)
{
    static const char image[] = "checkpoints/000001";
    static const uid_t mallory = 60218;
    (void)state;
    cairn_error err = {0};
    cairn_step *step = start_leased("1", "native", COUNTS, QUICK);
    await_more_output();
    expect_answer(step,
                  "{\"op\":\"checkpoint\",\"reason\":\"request\",\"stop\":true,\"cause\":"
                  "\"interrupted\"}",
                  "\"ok\":true");
    await_end(step);
    if (geteuid() == 0) {
        assert_int_equal(chown(path_of(image), mallory, mallory), 0);
        assert_int_equal(try_restore("2", image, &step, &err), -CAIRN_EIMAGE_UNTRUSTED);
        assert_non_null(strstr(err.message, "belongs to user 60218"));
        assert_int_equal(chown(path_of(image), 0, 0), 0);
    }
    if (try_restore("3", image, &step, &err) != 0)
        fail_msg("%s", err.message);
    await_more_output();
    end(step);
}

/* Nor does it keep the supervisor, which has a step to freeze. */
static void a_checkpoint_waits_for_a_server_that_hangs(void **state)
{
    (void)state;
    only_as_root();
    auto_close int disk = mount_disk("checkpoints");
    cairn_step *step = start_leased("1", "native", COUNTS, SLOW_TO_TAKE);
    await_more_output();
    hang(disk);
    pthread_t asker;
    assert_int_equal(pthread_create(&asker, NULL, ask_for_checkpoint, step), 0);
    await_status(step, "\"frozen\":true");
    assert_true(is_standing());
    answer_again(disk);
    void *answer;
    pthread_join(asker, &answer);
    auto_free char *text = answer;
    assert_non_null(text);
    await_more_output();
    end(step);
}

/* The step's root process, held by a debugger of ours, which nobody else can stop. */
static pid_t trace_step(const cairn_step *step)
{
    auto_proc_list struct proc_list list = {0};
    assert_int_equal(proc_descendants((pid_t)cairn_step_pid(step), &list, NULL), 0);
    assert_true(list.count >= 2);
    pid_t first = list.numbers[1]; /* after its pid 1 */
    assert_int_equal(ptrace(PTRACE_SEIZE, first, NULL, NULL), 0);
    return first;
}

static void a_step_that_cannot_be_frozen_is_killed(void **state)
{
    (void)state;
    cairn_step *step = start_leased("1", "native", "echo ready; exec sleep 1000", QUICK);
    await_text("out", "ready");
    pid_t traced = trace_step(step);
    hide_lease();
    int status;
    assert_int_equal(waitpid(traced, &status, __WALL), traced);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    await_end(step);
    await_text("1/exit.json", "\"lost\"");
    await_text("1/exit.json", "could not be frozen: pid 2 is being traced by process");
}

#define with_home(f) cmocka_unit_test_setup_teardown(f, make_home, remove_home)
#define with_mounts(f) cmocka_unit_test_setup_teardown(f, make_home, unmount_and_remove_home)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_home(is_renewed_while_the_step_runs_and_goes_with_it),
        with_home(the_step_stands_while_its_lease_cannot_be_renewed),
        with_home(a_step_whose_lease_was_taken_is_killed),
        with_home(a_step_that_stands_is_killed_when_its_lease_was_taken),
        with_home(a_step_that_stands_can_be_cancelled_and_does_not_run_to_its_end),
        with_home(freezes_before_it_looks_after_a_gap),
        with_home(a_lease_that_has_run_out_is_looked_at_only_once_the_step_stands),
        with_home(takes_a_strangers_lease_that_stands_still),
        with_home(is_recreated_when_it_is_removed),
        with_home(a_step_whose_lease_was_removed_after_it_ran_out_is_lost),
        with_home(a_new_owner_waits_until_a_former_one_has_noticed),
        with_home(of_two_who_take_it_at_once_one_refuses),
        with_home(a_step_that_ended_in_order_lets_nobody_wait),
        with_home(a_former_tree_of_another_host_is_waited_for_without_a_lease),
        with_home(a_dead_supervisor_of_this_host_is_not_waited_for),
        with_home(refuses_a_strangers_lease_that_is_renewed),
        with_home(a_step_that_cannot_be_frozen_is_killed),
        with_home(an_image_waits_for_the_lease),
        with_home(a_leased_step_is_restored_from_an_image_of_its_own_user_only),
        with_mounts(a_full_disk_freezes_nobody),
        with_mounts(a_step_stands_while_the_file_server_hangs),
        with_mounts(a_step_goes_on_when_the_file_server_comes_back_anew),
        with_mounts(a_step_stands_that_waits_for_the_file_server_itself),
        with_mounts(a_part_that_comes_back_late_goes_on_as_well),
        with_mounts(a_step_stands_while_its_image_is_being_written_to_a_server_that_hangs),
        with_mounts(a_checkpoint_waits_for_a_server_that_hangs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
