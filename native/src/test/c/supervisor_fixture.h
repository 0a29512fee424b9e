/* What tests of cairn-supervisor share: a step's folder, its spec, and what is asked of its
 * supervisor.
 */
#ifndef CAIRN_TEST_SUPERVISOR_FIXTURE_H
#define CAIRN_TEST_SUPERVISOR_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cairn.h"
#include "common/cleanup.h"
#include "common/io.h"
#include "common/tree_removal.h"

#define PATIENCE_MS 30000

/* A step's folder, deep enough for its socket's path to be longer than a socket's name may be. */
static char root[64], home[400];

static inline int make_home(void **state)
{
    (void)state;
    strcpy(root, "/tmp/cairn-supervisor-test.XXXXXX");
    if (!mkdtemp(root))
        return -1;
    snprintf(home, sizeof home, "%s", root);
    for (int i = 0; i < 6; i++) {
        strcat(home, "/a-folder-with-a-rather-long-name");
        if (mkdir(home, 0700) < 0)
            return -1;
    }
    return 0;
}

static inline int remove_home(void **state)
{
    (void)state;
    return cairn_remove_tree(AT_FDCWD, root, NULL);
}

static inline const char *path_of(const char *name)
{
    static char path[600];
    snprintf(path, sizeof path, "%s/%s", home, name);
    return path;
}

/* Writes a file, at once for those who look at it. */
static inline int publish(const char *path, const void *data, size_t len)
{
    const char *slash = strrchr(path, '/');
    auto_free char *folder = strndup(path, (size_t)(slash - path));
    auto_close int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -1 : io_publish_file(fd, slash + 1, data, len, NULL);
}

/* `more` are members as JSON. */
static inline void write_spec_of(const char *attempt, const char *engine, const char *script,
                                 bool detach, const char *more)
{
    char text[8192], name[100];
    assert_true(mkdir(path_of(attempt), 0700) == 0);
    int len = snprintf(
        text, sizeof text,
        "{\"version\":1,\"engine\":\"%s\",\"argv\":[\"/bin/sh\",\"-c\",\"%s\"],\"cwd\":\"%s\","
        "\"umask\":18,\"stdin\":\"/dev/null\",\"stdout\":\"%s/out\",\"stderr\":\"%s/err\","
        "\"checkpoints\":\"%s/checkpoints\",\"checkpoint\":{\"every_ms\":-1,\"mtbf_ms\":1000,"
        "\"keep\":2,\"compression\":1,\"min_free\":0,\"before_timeout_ms\":0},\"timeout_ms\":0,"
        "\"spent_ms\":0,\"grace_ms\":5000,\"rollback\":{\"open\":true,\"trees\":[]},"
        "\"restore\":null,\"detach\":%s,%s}",
        engine, script, home, home, home, home, detach ? "true" : "false", more);
    assert_true(len < (int)sizeof text);
    snprintf(name, sizeof name, "%s/spec.json", attempt);
    assert_int_equal(publish(path_of(name), text, (size_t)len), 0);
}

static inline void write_spec(const char *attempt, const char *script, bool detach)
{
    write_spec_of(attempt, "native", script, detach, "\"app\":null");
}

static inline int try_start(const char *attempt, cairn_step **out, cairn_error *err)
{
    static const char environment[] = "PATH=/usr/bin:/bin\0";
    return cairn_start(CAIRN_SUPERVISOR, path_of(attempt), environment, sizeof environment - 1, out,
                       err);
}

static inline cairn_step *start_of(const char *attempt, const char *engine, const char *script,
                                   bool detach, const char *more)
{
    cairn_error err = {0};
    cairn_step *step = NULL;
    write_spec_of(attempt, engine, script, detach, more);
    if (try_start(attempt, &step, &err) != 0)
        fail_msg("%s", err.message);
    return step;
}

static inline cairn_step *start(const char *attempt, const char *script)
{
    return start_of(attempt, "native", script, true, "\"app\":null");
}

/* A connection of a stranger to the protocol. */
static inline int connect_raw(const char *attempt)
{
    auto_close int folder = open(path_of(attempt), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/supervisor.sock", folder);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static inline char *ask(cairn_step *step, const char *request)
{
    cairn_error err = {0};
    char *answer = NULL;
    if (cairn_step_request(step, request, PATIENCE_MS, &answer, &err) != 0)
        fail_msg("%s: %s", request, err.message);
    return answer;
}

static inline void expect_answer(cairn_step *step, const char *request, const char *part)
{
    auto_free char *answer = ask(step, request);
    if (!strstr(answer, part))
        fail_msg("%s: %s, not %s", request, answer, part);
}

static inline char *read_text(const char *name)
{
    char *text = NULL;
    return io_read_file(AT_FDCWD, path_of(name), 1 << 20, &text, NULL, NULL) == 0 ? text : NULL;
}

static inline void await_text(const char *name, const char *part)
{
    for (int waited = 0; waited < PATIENCE_MS; waited += 5) {
        auto_free char *text = read_text(name);
        if (text && strstr(text, part))
            return;
        poll(NULL, 0, 5);
    }
    fail_msg("waited in vain for %s in %s", part, name);
}

static inline void await_end(cairn_step *step)
{
    assert_int_equal(cairn_step_wait(step, PATIENCE_MS, NULL), 1);
    cairn_step_free(step);
}

static inline void end(cairn_step *step)
{
    expect_answer(step, "{\"op\":\"end\",\"cause\":\"cancelled\",\"grace_ms\":0}", "\"ok\":true");
    await_end(step);
}

static inline bool exists(const char *name)
{
    return access(path_of(name), F_OK) == 0;
}

/* exit.json, by which an end is known, is there before a supervisor has cleared what is its own. */
static inline void await_gone(const char *name)
{
    for (int waited = 0; exists(name); waited += 5) {
        assert_true(waited < PATIENCE_MS);
        poll(NULL, 0, 5);
    }
}

#endif
