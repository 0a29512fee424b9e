/* Steps in a control group whose limit of memory leaves no room, or little, for the copies that a
 * snapshot makes of what changes: they are saved, and nothing is killed. */
#include "supervisor_fixture.h"

#include <signal.h>
#include <sys/wait.h>

#include "supervisor/memory_group.h"

#define MIB (1ll << 20)
#define MOST_CHECKPOINTS 10

static char group[4300]; /* of the step; "" where none may be made */

static void write_to(const char *folder, const char *file, const char *text)
{
    char path[4400];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        fail_msg("writing %s to %s", text, path);
}

static bool make_group(const struct memory_group *own, int64_t limit)
{
    char text[32];
    snprintf(group, sizeof group, "%s/cairn-test-%d", own->folder, getpid());
    if (mkdir(group, 0700) < 0)
        return false;
    snprintf(text, sizeof text, "%lld", (long long)limit);
    char path[4400];
    snprintf(path, sizeof path, "%s/%s", group,
             own->unified ? "memory.max" : "memory.limit_in_bytes");
    if (access(path, W_OK) == 0) {
        write_to(group, own->unified ? "memory.max" : "memory.limit_in_bytes", text);
        write_to(group, "cgroup.procs", "0");
        return true;
    }
    rmdir(group);
    return false;
}

static void await_usage(const struct memory_group *g, int64_t bytes)
{
    const char *file = g->unified ? "memory.current" : "memory.usage_in_bytes";
    for (int waited = 0; memory_group_number(g, file) < bytes; waited += 5) {
        assert_true(waited < PATIENCE_MS);
        poll(NULL, 0, 5);
    }
}

/* dd changes its whole buffer with each block that it reads. */
static void saves_beside_a_buffer_of(int mib, int64_t limit)
{
    struct memory_group own;
    char script[200];
    if (!memory_group_find(&own) || !make_group(&own, limit)) {
        print_message("no control group may be made here\n");
        skip();
    }
    snprintf(script, sizeof script, "exec dd if=/dev/urandom of=/dev/null bs=%dM", mib);
    cairn_step *step = start("1", script);
    write_to(own.folder, "cgroup.procs", "0");
    struct memory_group limited = own;
    snprintf(limited.folder, sizeof limited.folder, "%.4100s", group);
    await_usage(&limited, mib * MIB);
    bool said = false;
    for (int i = 0; !said && i < MOST_CHECKPOINTS; i++) {
        expect_answer(step, "{\"op\":\"checkpoint\"}", "\"ok\":true");
        auto_free char *journal = read_text("1/images.jsonl");
        said = journal && strstr(journal, "no memory for a snapshot");
    }
    int64_t killed = memory_group_counter(
        &limited, own.unified ? "memory.events" : "memory.oom_control", "oom_kill");
    end(step);
    for (int i = 0; rmdir(group) < 0 && i < PATIENCE_MS; i += 5)
        poll(NULL, 0, 5);
    assert_int_equal(0, killed);
    assert_true(said);
}

static void copies_while_standing_where_a_snapshot_has_no_room(void **state)
{
    (void)state;
    saves_beside_a_buffer_of(40, 70 * MIB);
}

static void stops_the_step_before_the_copies_of_what_it_changes_fill_the_limit(void **state)
{
    (void)state;
    saves_beside_a_buffer_of(160, 270 * MIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(copies_while_standing_where_a_snapshot_has_no_room,
                                        make_home, remove_home),
        cmocka_unit_test_setup_teardown(
            stops_the_step_before_the_copies_of_what_it_changes_fill_the_limit, make_home,
            remove_home),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
