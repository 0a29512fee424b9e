/* cairn-supervisor driven through libcairn, and by clients that do not behave. */
#include "supervisor_fixture.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define NOT_ALLOWED 77

/* As a runner that is killed while it hands over the environment. */
static void start_with_half_an_environment(const char *attempt, const char *half, size_t len)
{
    int environment[2], report[2], lifeline[2];
    assert_int_equal(pipe(environment) | pipe(report) | pipe(lifeline), 0);
    assert_int_equal(write(environment[1], half, len), len);
    close(environment[1]);
    pid_t pid = fork();
    if (pid == 0) {
        /* out of the way of 3 to 5 first */
        int from[] = {fcntl(environment[0], F_DUPFD, 20), fcntl(report[1], F_DUPFD, 20),
                      fcntl(lifeline[0], F_DUPFD, 20)};
        for (int i = 0; i < 3; i++)
            dup2(from[i], 3 + i);
        execl(CAIRN_SUPERVISOR, CAIRN_SUPERVISOR, path_of(attempt), (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(environment[0]);
    close(report[0]);
    close(report[1]);
    close(lifeline[0]);
    close(lifeline[1]);
}

static void does_not_start_with_half_an_environment(void **state)
{
    (void)state;
    static const char all[] = "PATH=/usr/bin:/bin\0AT=noon\0";
    char name[40];
    for (size_t len = 0; len < sizeof all - 1; len++) {
        snprintf(name, sizeof name, "%zu", len + 1);
        write_spec(name, "echo ran >ran", true);
        start_with_half_an_environment(name, all, len);
        snprintf(name, sizeof name, "%zu/exit.json", len + 1);
        await_text(name, "\"lost\"");
        assert_null(read_text("ran"));
    }
}

static void is_nobodys_zombie_and_leaves_its_socket_to_its_owner(void **state)
{
    (void)state;
    cairn_step *step = start("1", "echo ready; sleep 1000");
    struct stat st;
    assert_true(stat(path_of("1/supervisor.sock"), &st) == 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
    end(step);
    assert_true(stat(path_of("1/supervisor.sock"), &st) < 0 && errno == ENOENT);
}

static void goes_on_whatever_its_clients_do(void **state)
{
    (void)state;
    cairn_step *step = start("1", "sleep 1000");
    int fds[200];
    char flood[4096];
    memset(flood, 'x', sizeof flood);
    for (size_t i = 0; i < 200; i++) {
        fds[i] = connect_raw("1");
        switch (i % 4) {
        case 0: /* hangs */
            break;
        case 1: /* half a line */
            assert_true(send(fds[i], "{\"op\":", 6, MSG_NOSIGNAL | MSG_DONTWAIT) >= -1);
            break;
        case 2: /* no line at all */
            for (int n = 0; n < 64; n++)
                if (send(fds[i], flood, sizeof flood, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
                    break;
            break;
        case 3: /* asks and does not listen */
            assert_true(send(fds[i], "{\"op\":\"status\"}\n{\"op\":\"sta", 26,
                             MSG_NOSIGNAL | MSG_DONTWAIT) >= -1);
            shutdown(fds[i], SHUT_RD);
        }
    }
    expect_answer(step, "{\"op\":\"status\"}", "\"state\":\"running\"");
    for (size_t i = 0; i < 200; i++)
        close(fds[i]);
    expect_answer(step, "{\"op\":\"status\"}", "\"state\":\"running\"");
    end(step);
}

static void refuses_by_name_what_it_does_not_know(void **state)
{
    (void)state;
    static const char *const requests[] = {
        "not json",
        "{}",
        "[]",
        "{\"op\":7}",
        "{\"op\":\"dance\"}",
        "{\"op\":\"end\"}",
        "{\"op\":\"end\",\"cause\":\"boredom\"}",
        "{\"op\":\"signal\",\"signo\":0}",
        "{\"op\":\"signal\",\"signo\":1000}",
        "{\"op\":\"checkpoint\",\"stop\":true}",
        "{\"op\":\"resize\",\"rows\":24}",
        "{\"op\":\"attach\"}",
    };
    cairn_step *step = start("1", "sleep 1000");
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        cairn_error err = {0};
        char *answer = NULL;
        assert_true(cairn_step_request(step, requests[i], PATIENCE_MS, &answer, &err) < 0);
        assert_true(err.code == CAIRN_EPROTOCOL || err.code == CAIRN_EUNSUPPORTED);
        assert_true(err.message[0] != '\0');
    }
    expect_answer(step, "{\"op\":\"status\"}", "\"state\":\"running\"");
    end(step);
}

/* As of one that has failed to start and cannot write that down, or that is stopped. */
static void waits_for_no_supervisor_longer_than_asked(void **state)
{
    (void)state;
    static const char status[] = "{\"op\":\"status\"}";
    cairn_step *step = start("1", "sleep 1000");
    char *answer = NULL;
    auto_free char *away = strdup(path_of("1/away"));
    const pid_t supervisor = (pid_t)cairn_step_pid(step);
    assert_int_equal(rename(path_of("1/supervisor.sock"), away), 0);
    assert_int_equal(-ETIMEDOUT, cairn_step_request(step, status, 50, &answer, NULL));
    assert_int_equal(rename(away, path_of("1/supervisor.sock")), 0);
    assert_int_equal(kill(supervisor, SIGSTOP), 0);
    assert_int_equal(-ETIMEDOUT, cairn_step_request(step, status, 50, &answer, NULL));
    assert_int_equal(kill(supervisor, SIGCONT), 0);
    expect_answer(step, status, "\"state\":\"running\"");
    end(step);
}

static void a_frozen_step_stands_still_and_its_time_with_it(void **state)
{
    (void)state;
    cairn_step *step = start("1", "i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done");
    await_text("out", "3\n");
    expect_answer(step, "{\"op\":\"freeze\"}", "\"ok\":true");
    auto_free char *before = read_text("out");
    auto_free char *status = ask(step, "{\"op\":\"status\"}");
    assert_non_null(strstr(status, "\"frozen\":true"));
    poll(NULL, 0, 100); /* long enough for lines to appear, were it not frozen */
    auto_free char *after = read_text("out");
    assert_string_equal(before, after);
    const char *running = strstr(status, "\"running_ms\"");
    auto_free char *stands = strndup(running, strcspn(running, ","));
    expect_answer(step, "{\"op\":\"status\"}", stands);
    expect_answer(step, "{\"op\":\"thaw\"}", "\"ok\":true");
    size_t len = strlen(after);
    for (int waited = 0; waited < PATIENCE_MS; waited += 5) {
        auto_free char *now = read_text("out");
        if (strlen(now) > len)
            break;
        assert_true(waited + 5 < PATIENCE_MS);
        poll(NULL, 0, 5);
    }
    end(step);
}

static void ends_a_frozen_step(void **state)
{
    (void)state;
    cairn_step *step = start("1", "trap 'echo in order; exit 0' TERM; echo ready; "
                                  "while :; do sleep 0.01; done");
    await_text("out", "ready");
    expect_answer(step, "{\"op\":\"freeze\"}", "\"ok\":true");
    expect_answer(step, "{\"op\":\"end\",\"cause\":\"cancelled\",\"grace_ms\":20000}",
                  "\"ok\":true");
    await_end(step);
    await_text("out", "in order");
    await_text("1/exit.json", "\"cancelled\"");
}

static void limit_file_size(cairn_step *step, rlim_t bytes)
{
    const struct rlimit limit = {bytes, RLIM_INFINITY};
    assert_int_equal(0, prlimit((pid_t)cairn_step_pid(step), RLIMIT_FSIZE, &limit, NULL));
}

/* As on a full disk, at several places of the image; the kernel also sends a signal for it. */
static void an_image_that_cannot_be_written_costs_nothing_but_itself(void **state)
{
    (void)state;
    cairn_step *step = start("1", "x=$(head -c 300000 /dev/urandom | base64); echo ready; "
                                  "while :; do sleep 0.01; done");
    await_text("out", "ready");
    expect_answer(step, "{\"op\":\"checkpoint\"}", "\"sequence\":1");
    static const rlim_t limits[] = {10000, 65536, 200000};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        limit_file_size(step, limits[i]);
        cairn_error err = {0};
        char *answer = NULL;
        assert_int_equal(-EFBIG, cairn_step_request(step, "{\"op\":\"checkpoint\"}", PATIENCE_MS,
                                                    &answer, &err));
        assert_non_null(strstr(err.message, "File too large"));
        auto_free char *journal = read_text("1/images.jsonl");
        size_t failures = 0;
        for (const char *at = journal; (at = strstr(at, "{\"failed\":\"")); at++)
            failures++;
        assert_int_equal(failures, i + 1);
        assert_false(exists("checkpoints/000002") || exists("checkpoints/.000002.partial"));
    }
    cairn_error err = {0};
    if (cairn_image_check(path_of("checkpoints/000001"), &err) != 0)
        fail_msg("%s", err.message);
    limit_file_size(step, RLIM_INFINITY);
    expect_answer(step, "{\"op\":\"checkpoint\"}", "\"sequence\":2");
    end(step);
}

/* As when Ctrl-C is pressed a second time: what the engine then says of dying processes is no news.
 */
static void a_checkpoint_of_a_step_that_is_being_ended_has_not_failed(void **state)
{
    (void)state;
    cairn_step *step = start("1", "{ head -c 64000000 /dev/urandom; echo ready >&2; sleep 1000; }"
                                  " | tail -c 64000000");
    await_text("err", "ready");
    static const char requests[] =
        "{\"op\":\"checkpoint\",\"stop\":true,\"cause\":\"interrupted\"}\n"
        "{\"op\":\"end\",\"cause\":\"interrupted\",\"grace_ms\":0}\n";
    auto_close int client = connect_raw("1");
    assert_int_equal(send(client, requests, sizeof requests - 1, MSG_NOSIGNAL),
                     sizeof requests - 1);
    await_end(step);
    char answers[1000] = "";
    for (size_t len = 0; len < sizeof answers - 1;) {
        ssize_t n = read(client, answers + len, sizeof answers - 1 - len);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    assert_non_null(strstr(answers, "\"ok\":true"));
    assert_non_null(strstr(answers, "the step ended before this checkpoint"));
    auto_free char *journal = read_text("1/images.jsonl");
    assert_null(strstr(journal, "failed"));
}

static void says_how_long_a_step_was_paused_that_stops_with_its_image(void **state)
{
    (void)state;
    cairn_step *step = start("1", "echo ready; sleep 1000");
    await_text("out", "ready");
    expect_answer(step, "{\"op\":\"checkpoint\",\"stop\":true,\"cause\":\"interrupted\"}",
                  "\"ok\":true");
    await_end(step);
    auto_free char *journal = read_text("1/images.jsonl");
    const char *pause = strrchr(journal, '{'); /* the last image: the first is of files alone */
    pause = pause ? strstr(pause, "\"pause_us\":") : NULL;
    assert_non_null(pause);
    assert_true(strtoll(pause + strlen("\"pause_us\":"), NULL, 10) > 0);
}

/* Steps that end while they are asked for checkpoints, each at another moment of one. */
static void a_checkpoint_that_meets_the_end_of_the_step_has_not_failed(void **state)
{
    (void)state;
    static const char requests[] = "{\"op\":\"signal\",\"signo\":10}\n"
                                   "{\"op\":\"checkpoint\"}\n{\"op\":\"checkpoint\"}\n"
                                   "{\"op\":\"checkpoint\"}\n{\"op\":\"checkpoint\"}\n";
    for (int i = 1; i <= 12; i++) {
        char name[16], path[64], ready[32], script[100];
        snprintf(name, sizeof name, "%d", i);
        snprintf(ready, sizeof ready, "ready %d", i);
        snprintf(script, sizeof script,
                 "trap 'exit 0' USR1; echo %s; while :; do sleep 0.00%d; done", ready, i % 9 + 1);
        cairn_step *step = start(name, script);
        await_text("out", ready);
        auto_close int client = connect_raw(name);
        assert_int_equal(send(client, requests, sizeof requests - 1, MSG_NOSIGNAL),
                         sizeof requests - 1);
        await_end(step);
        snprintf(path, sizeof path, "%s/images.jsonl", name);
        auto_free char *journal = read_text(path);
        assert_true(!journal || !strstr(journal, "failed"));
    }
}

static void sweeps_what_killed_writers_have_left(void **state)
{
    (void)state;
    assert_int_equal(0, mkdir(path_of("checkpoints"), 0700));
    static const char *const left[] = {"checkpoints/.000007.partial",
                                       "checkpoints/.000003.deleted"};
    for (size_t i = 0; i < 2; i++) {
        char inside[64];
        snprintf(inside, sizeof inside, "%s/image.cairn", left[i]);
        assert_int_equal(0, mkdir(path_of(left[i]), 0700));
        assert_int_equal(0, publish(path_of(inside), "x", 1));
    }
    cairn_step *step = start("1", "echo ready; sleep 1000");
    await_text("out", "ready");
    assert_false(exists(left[0]) || exists(left[1]));
    end(step);
}

static void waits_for_the_former_attempts_processes(void **state)
{
    (void)state;
    cairn_step *first = start("1", "echo first; sleep 1000");
    await_text("out", "first");
    assert_int_equal(kill((pid_t)cairn_step_pid(first), SIGKILL), 0);
    cairn_step *second = start("2", "echo second; sleep 1000");
    await_text("out", "second");
    assert_int_equal(cairn_step_wait(first, 0, NULL), 1);
    cairn_step_free(first);
    end(second);
}

static void an_attempt_is_supervised_once(void **state)
{
    (void)state;
    cairn_step *step = start("1", "sleep 1000"), *again = NULL;
    cairn_error err = {0};
    assert_int_equal(try_start("1", &again, &err), -EEXIST);
    end(step);
}

static void ends_when_its_starter_lets_go_of_a_step_that_may_not_outlive_it(void **state)
{
    (void)state;
    cairn_step *step = NULL, *other = NULL;
    write_spec("1", "echo ready; sleep 1000", false);
    assert_int_equal(try_start("1", &step, NULL), 0);
    await_text("out", "ready");
    assert_int_equal(cairn_attach(path_of("1"), &other, NULL), 0);
    cairn_step_free(step);
    await_end(other);
    await_text("1/exit.json", "\"interrupted\"");
}

static void a_second_termination_does_not_wait(void **state)
{
    (void)state;
    cairn_step *step = start("1", "trap '' TERM; echo ready; while :; do sleep 0.01; done");
    await_text("out", "ready");
    expect_answer(step, "{\"op\":\"freeze\"}", "\"ok\":true"); /* no image can be made */
    pid_t pid = (pid_t)cairn_step_pid(step);
    assert_int_equal(kill(pid, SIGTERM), 0);
    expect_answer(step, "{\"op\":\"status\"}", "\"state\":\"stopping\"");
    assert_int_equal(kill(pid, SIGTERM), 0);
    await_end(step);
    await_text("1/exit.json", "\"preempted\"");
    await_text("1/images.jsonl", "\"failed\"");
}

static void says_what_is_wrong_with_a_spec(void **state)
{
    (void)state;
    static const char *const specs[] = {
        "",
        "{",
        "[]",
        "{\"version\":2}",
        "{\"version\":1}",
        "{\"version\":1,\"engine\":\"native\",\"argv\":[]}",
    };
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        char attempt[16], name[32];
        snprintf(attempt, sizeof attempt, "%zu", i);
        snprintf(name, sizeof name, "%zu/spec.json", i);
        assert_int_equal(mkdir(path_of(attempt), 0700), 0);
        assert_int_equal(publish(path_of(name), specs[i], strlen(specs[i])), 0);
        cairn_error err = {0};
        cairn_step *step = NULL;
        assert_true(try_start(attempt, &step, &err) < 0);
        assert_non_null(strstr(err.message, "spec.json"));
    }
}

static void attaching_to_nothing_says_so(void **state)
{
    (void)state;
    cairn_step *step = NULL;
    assert_int_equal(mkdir(path_of("1"), 0700), 0);
    assert_int_equal(cairn_attach(path_of("1"), &step, NULL), -CAIRN_EGONE);
    assert_int_equal(cairn_attach(path_of("2"), &step, NULL), -CAIRN_EGONE);
}

static void an_attempt_that_was_given_up_is_never_started(void **state)
{
    (void)state;
    cairn_step *step = NULL;
    write_spec("1", "echo started", true);
    for (int look = 0; look < 2; look++)
        assert_int_equal(cairn_attach(path_of("1"), &step, NULL), -CAIRN_EGONE);
    assert_int_equal(try_start("1", &step, NULL), -EEXIST);
    auto_free char *out = read_text("out");
    assert_null(out);
}

/* What `look` returns in a pid namespace of its own, where nobody out here has a pid. */
static int in_another_pid_namespace(int (*look)(void))
{
    int status;
    pid_t outer = fork();
    if (outer == 0) {
        if (unshare(CLONE_NEWPID) < 0)
            _exit(NOT_ALLOWED);
        pid_t inner = fork();
        if (inner == 0)
            _exit(look());
        _exit(waitpid(inner, &status, 0) == inner && WIFEXITED(status) ? WEXITSTATUS(status) : 99);
    }
    assert_int_equal(waitpid(outer, &status, 0), outer);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int nothing(void)
{
    return 0;
}

/* Asked before a step is started that a skipped test would leave behind. */
static void need_pid_namespaces(void)
{
    if (in_another_pid_namespace(nothing) == NOT_ALLOWED)
        skip();
}

static int attached(cairn_step **out)
{
    return -cairn_attach(path_of("1"), out, NULL);
}

static int end_from_elsewhere(void)
{
    cairn_step *step;
    char *answer;
    if (attached(&step) != 0)
        return 1;
    if (cairn_step_wait(step, 0, NULL) != 0)
        return 2;
    if (cairn_step_request(step, "{\"op\":\"end\",\"cause\":\"cancelled\",\"grace_ms\":0}",
                           PATIENCE_MS, &answer, NULL) != 0)
        return 3;
    return cairn_step_wait(step, PATIENCE_MS, NULL) == 1 ? 0 : 4;
}

static int finds_nobody(void)
{
    cairn_step *step;
    return attached(&step) == CAIRN_EGONE ? 0 : 1;
}

static void is_found_from_another_pid_namespace(void **state)
{
    (void)state;
    need_pid_namespaces();
    cairn_step *step = start("1", "sleep 1000");
    assert_int_equal(in_another_pid_namespace(end_from_elsewhere), 0);
    await_end(step);
    await_text("1/exit.json", "\"cancelled\"");
    assert_int_equal(in_another_pid_namespace(finds_nobody), 0);
}

static void is_not_found_from_another_pid_namespace_once_killed(void **state)
{
    (void)state;
    need_pid_namespaces();
    cairn_step *step = start("1", "sleep 1000");
    assert_int_equal(kill((pid_t)cairn_step_pid(step), SIGKILL), 0);
    await_end(step);
    assert_true(exists("1/supervisor.sock"));
    assert_int_equal(in_another_pid_namespace(finds_nobody), 0);
}

/* As a kernel before 6.5. */
static int deny_peer_pidfd(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getsockopt, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 77 /* SO_PEERPIDFD */, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOPROTOOPT),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = sizeof code / sizeof *code, .filter = code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) |
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

static int is_refused_on_an_old_kernel(void)
{
    cairn_step *step;
    if (deny_peer_pidfd() != 0)
        return 1;
    return attached(&step) == CAIRN_EHELD ? 0 : 2;
}

static void is_not_taken_for_gone_where_it_cannot_be_watched(void **state)
{
    (void)state;
    need_pid_namespaces();
    cairn_step *step = start("1", "sleep 1000");
    assert_int_equal(in_another_pid_namespace(is_refused_on_an_old_kernel), 0);
    end(step);
}

/* Its shells make a child after another, each of which has a shell's handler until its exec. */
static void asking_a_program_to_save_kills_nobody(void **state)
{
    (void)state;
    cairn_step *step =
        start_of("1", "app",
                 "for i in 1 2 3; do bash -c 'trap : USR1; while :; do /bin/true; done' & done; "
                 "exec python3 -c \\\"import os, signal; asked = [signal.SIGUSR1]; "
                 "signal.pthread_sigmask(signal.SIG_BLOCK, asked); "
                 "signal.signal(signal.SIGUSR1, print); print('ready', flush=True); "
                 "[(signal.sigwait(asked), open('new', 'w').close(), os.rename('new', 'saved')) "
                 "for _ in iter(int, 1)]\\\"",
                 false, "\"app\":{\"files\":[\"saved\"],\"signal\":\"USR1\",\"settle_ms\":0}");
    await_text("out", "ready");
    for (int i = 0; i < 60; i++)
        expect_answer(step, "{\"op\":\"checkpoint\"}", "\"sequence\"");
    end(step);
    auto_free char *errors = read_text("err");
    assert_string_equal(errors, "");
}

static void the_step_has_the_limits_of_its_caller(void **state)
{
    (void)state;
    struct rlimit own, lower;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &own), 0);
    lower = own;
    lower.rlim_cur = 300;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &lower), 0);
    cairn_step *step = start("1", "ulimit -Sn; ulimit -Hn; echo done; sleep 1000");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &own), 0);
    await_text("out", "done");
    char expected[100];
    snprintf(expected, sizeof expected, "300\n%llu\ndone\n", (unsigned long long)own.rlim_max);
    auto_free char *out = read_text("out");
    assert_string_equal(out, expected);
    /* which may need more to make an image of it */
    struct rlimit supervisors;
    assert_int_equal(prlimit((pid_t)cairn_step_pid(step), RLIMIT_NOFILE, NULL, &supervisors), 0);
    assert_int_equal(supervisors.rlim_cur, own.rlim_max);
    end(step);
}

/* Its end cannot be written down, as on a full disk, and is as soon as there is room. */
static void tells_at_once_that_it_cannot_restore(void **state)
{
    (void)state;
    write_spec("1", "sleep 1000", true);
    auto_free char *spec = read_text("1/spec.json");
    char restoring[8192];
    const char *from = "\"restore\":null", *at = strstr(spec, from);
    assert_non_null(at);
    int len = snprintf(restoring, sizeof restoring, "%.*s\"restore\":{\"image\":\"%s/none\"}%s",
                       (int)(at - spec), spec, home, at + strlen(from));
    assert_int_equal(publish(path_of("1/spec.json"), restoring, (size_t)len), 0);
    assert_int_equal(mkdir(path_of("1/exit.json"), 0700), 0);
    cairn_error err = {0};
    cairn_step *step = NULL;
    assert_int_equal(try_start("1", &step, &err), -ENOENT);
    /* told while it still tries to write it, and while the next attempt may begin */
    assert_true(exists("1/exit.json"));
    cairn_step *next = start("2", "sleep 1000");
    assert_int_equal(rmdir(path_of("1/exit.json")), 0);
    await_text("1/exit.json", "\"restore_failed\"");
    end(next);
}

#define with_home(f) cmocka_unit_test_setup_teardown(f, make_home, remove_home)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_home(does_not_start_with_half_an_environment),
        with_home(is_nobodys_zombie_and_leaves_its_socket_to_its_owner),
        with_home(goes_on_whatever_its_clients_do),
        with_home(the_step_has_the_limits_of_its_caller),
        with_home(tells_at_once_that_it_cannot_restore),
        with_home(refuses_by_name_what_it_does_not_know),
        with_home(waits_for_no_supervisor_longer_than_asked),
        with_home(a_frozen_step_stands_still_and_its_time_with_it),
        with_home(ends_a_frozen_step),
        with_home(an_image_that_cannot_be_written_costs_nothing_but_itself),
        with_home(a_checkpoint_of_a_step_that_is_being_ended_has_not_failed),
        with_home(says_how_long_a_step_was_paused_that_stops_with_its_image),
        with_home(a_checkpoint_that_meets_the_end_of_the_step_has_not_failed),
        with_home(sweeps_what_killed_writers_have_left),
        with_home(waits_for_the_former_attempts_processes),
        with_home(an_attempt_is_supervised_once),
        with_home(ends_when_its_starter_lets_go_of_a_step_that_may_not_outlive_it),
        with_home(a_second_termination_does_not_wait),
        with_home(says_what_is_wrong_with_a_spec),
        with_home(attaching_to_nothing_says_so),
        with_home(an_attempt_that_was_given_up_is_never_started),
        with_home(asking_a_program_to_save_kills_nobody),
        with_home(is_found_from_another_pid_namespace),
        with_home(is_not_found_from_another_pid_namespace_once_killed),
        with_home(is_not_taken_for_gone_where_it_cannot_be_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
