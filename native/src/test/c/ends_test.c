/* How a supervisor names the end of its step: the cause decides, not only the number.
 */
#include "supervisor_fixture.h"

#include <signal.h>
#include <sys/types.h>

#include "proc/proc.h"

/* A stop under way stays so: its image needs a file that never appears. */
#define NEVER_SAVED "\"app\":{\"signal\":null,\"files\":[\"never\"],\"settle_ms\":0}"
#define UNTIL_TOLD "echo ready; while [ ! -e go ]; do sleep 0.01; done; "

/* The descendant of the supervisor at this depth: 0 pid 1, 1 the root, 2 what the root runs. */
static pid_t process_at(cairn_step *step, int depth)
{
    pid_t pid = (pid_t)cairn_step_pid(step);
    for (int level = 0; level <= depth; level++) {
        auto_proc_list struct proc_list children = {0};
        for (int waited = 0; children.count == 0; waited += 5) {
            assert_true(waited < PATIENCE_MS);
            proc_list_free(&children);
            assert_int_equal(proc_children(pid, pid, &children, NULL), 0);
            if (children.count == 0)
                poll(NULL, 0, 5);
        }
        pid = children.numbers[0];
    }
    return pid;
}

static void expect_end(const char *cause, const char *message)
{
    auto_free char *text = read_text("1/exit.json");
    char expected[100];
    assert_non_null(text);
    snprintf(expected, sizeof expected, "{\"cause\":\"%s\"", cause);
    if (strncmp(text, expected, strlen(expected)) != 0 || !strstr(text, message))
        fail_msg("not %s (%s): %s", cause, message, text);
}

static void kill_at(int depth, const char *engine, const char *script, const char *message)
{
    cairn_step *step = start_of("1", engine, script, true, "\"app\":null");
    await_text("out", "ready");
    assert_int_equal(kill(process_at(step, depth), SIGKILL), 0);
    await_end(step);
    expect_end("killed", message);
}

static void its_pid_1_was_killed(void **state)
{
    (void)state;
    kill_at(0, "native", "echo ready; sleep 1000; true", "pid 1");
}

static void its_root_was_killed(void **state)
{
    (void)state;
    kill_at(1, "native", "echo ready; sleep 1000; true", "received SIGKILL");
}

static void a_root_that_is_the_program_was_killed(void **state)
{
    (void)state;
    kill_at(1, "none", "echo ready; exec sleep 1000", "received SIGKILL");
}

static void what_its_shell_ran_was_killed(void **state)
{
    (void)state;
    kill_at(2, "native", "set -e; echo ready; sleep 1000; echo not reached", "exit code 137");
}

static void other_ends_are_failures(void **state)
{
    (void)state;
    static const char *const scripts[] = {"exit 1", "exit 143", "kill -TERM $$", "kill -SEGV $$"};
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        char attempt[8], file[32];
        snprintf(attempt, sizeof attempt, "%zu", i + 1);
        snprintf(file, sizeof file, "%s/exit.json", attempt);
        await_end(start(attempt, scripts[i]));
        await_text(file, "{\"cause\":\"failure\"");
    }
}

static void end_during_a_stop(const char *stop_cause, const char *exit, const char *cause)
{
    char script[200], request[100];
    snprintf(script, sizeof script, UNTIL_TOLD "exit %s", exit);
    snprintf(request, sizeof request, "{\"op\":\"checkpoint\",\"stop\":true,\"cause\":\"%s\"}\n",
             stop_cause);
    cairn_step *step = start_of("1", "app", script, true, NEVER_SAVED);
    await_text("out", "ready");
    auto_close int client = connect_raw("1");
    assert_int_equal(send(client, request, strlen(request), MSG_NOSIGNAL), strlen(request));
    for (bool busy = false; !busy;) {
        auto_free char *status = ask(step, "{\"op\":\"status\"}");
        busy = strstr(status, "\"state\":\"checkpointing\"");
    }
    assert_int_equal(publish(path_of("go"), "", 0), 0);
    await_end(step);
    expect_end(cause, "");
}

/* As srun does when Slurm ends its task. */
static void an_end_during_a_preemption_is_no_failure(void **state)
{
    (void)state;
    end_during_a_stop("preempted", "143", "preempted");
}

static void a_success_during_a_preemption_is_one(void **state)
{
    (void)state;
    end_during_a_stop("preempted", "0", "success");
}

static void an_end_during_another_stop_is_its_own(void **state)
{
    (void)state;
    end_during_a_stop("interrupted", "3", "failure");
}

#define GROUPS "/sys/fs/cgroup/memory"

static bool write_group(const char *group, const char *file, const char *text)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", group, file);
    auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

static char group[64];

/* In a memory group of its own, which only root may make; else NULL. */
static cairn_step *start_with_little_memory(const char *script)
{
    char pid[20];
    strcpy(group, GROUPS "/cairn-ends-test.XXXXXX");
    if (!mkdtemp(group))
        return NULL;
    snprintf(pid, sizeof pid, "%d", getpid());
    bool joined = write_group(group, "memory.limit_in_bytes", "64M") &&
                  write_group(group, "cgroup.procs", pid);
    cairn_step *step = joined ? start("1", script) : NULL;
    assert_true(!joined || write_group(GROUPS, "cgroup.procs", pid));
    if (!joined)
        rmdir(group);
    return step;
}

#define TOO_MUCH "head -c 500000000 /dev/zero | tail -c 400000000; "

static void a_kill_for_lack_of_memory_is_named_so(void **state)
{
    (void)state;
    cairn_step *step = start_with_little_memory(TOO_MUCH "exit $?");
    if (!step)
        skip();
    await_end(step);
    rmdir(group);
    expect_end("oom", "lack of memory");
}

static void a_kill_long_after_one_for_lack_of_memory_is_another(void **state)
{
    (void)state;
    cairn_step *step = start_with_little_memory(TOO_MUCH "echo survived; sleep 1000; true");
    if (!step)
        skip();
    await_text("out", "survived");
    expect_answer(step, "{\"op\":\"checkpoint\"}", "\"sequence\":1");
    assert_int_equal(kill(process_at(step, 1), SIGKILL), 0);
    await_end(step);
    rmdir(group);
    expect_end("killed", "received SIGKILL");
}

#define with_home(f) cmocka_unit_test_setup_teardown(f, make_home, remove_home)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_home(its_pid_1_was_killed),
        with_home(its_root_was_killed),
        with_home(a_root_that_is_the_program_was_killed),
        with_home(what_its_shell_ran_was_killed),
        with_home(other_ends_are_failures),
        with_home(an_end_during_a_preemption_is_no_failure),
        with_home(a_success_during_a_preemption_is_one),
        with_home(an_end_during_another_stop_is_its_own),
        with_home(a_kill_for_lack_of_memory_is_named_so),
        with_home(a_kill_long_after_one_for_lack_of_memory_is_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
