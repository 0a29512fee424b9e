/* Runs a program as a step whose changes are journalled, without images; or undoes what it changed.
 *
 *   journal_step run FOLDER [--plain|--passive] PROGRAM ARGUMENT...
 *   journal_step undo FOLDER EPOCH [--accept-changed]
 *   journal_step merge FOLDER EPOCH LATER-EPOCH
 *   journal_step of-another-boot FOLDER --ended|--cut
 *   journal_step killed-at N ONE-OF-THESE...: by SIGKILL, on its way into its N-th change of the
 * disk
 *   journal_step failing-at N ONE-OF-THESE...: its N-th look at the disk fails with EIO
 *
 * CAIRN_JOURNAL_LIMIT: bytes that it may keep; 4G if absent. FOLDER holds the journal and, after
 * undo, `undone`. --plain: no filter; --passive: told, but nothing is recorded. For tests and
 * benchmarks. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "journal/journal.h"
#include "journal/log.h"
#include "journal/merge.h"
#include "journal/stamp.h"
#include "fail_at.h"
#include "kill_at.h"
#include "sandbox/start.h"

static bool passive;

static int on_listener(void *context, int listener, pid_t init, const char *why_not,
                       cairn_error *err)
{
    if (listener >= 0)
        return journal_listen(context, listener, init, err);
    fprintf(stderr, "journal_step: not journalled: %s\n", why_not);
    return 0;
}

static void on_begin(void *context)
{
    if (!passive)
        journal_arm(context);
}

static int complain(const char *doing, const cairn_error *error)
{
    fprintf(stderr, "journal_step: %s: %s\n", doing, error->message);
    return 3;
}

static int run(struct journal *journal, char **argv)
{
    cairn_error error = {0};
    uint32_t epoch;
    bool plain = strcmp(argv[0], "--plain") == 0;
    passive = strcmp(argv[0], "--passive") == 0;
    argv += plain || passive;
    char cwd[4096];
    size_t n = 0;
    while (environ[n])
        n++;
    char **own = calloc(n + 1, sizeof *own); /* the sandbox changes environ */
    if (!own)
        return 3;
    memcpy(own, environ, n * sizeof *own);
    const struct tree_listener listener = {journal, on_listener, on_begin};
    struct tree_spec spec = {.argv = argv,
                             .envp = own,
                             .cwd = getcwd(cwd, sizeof cwd),
                             .stdin_fd = 0,
                             .stdout_fd = 1,
                             .stderr_fd = 2,
                             .listener = plain ? NULL : &listener,
                             .namespaces = true};
    struct tree tree;
    struct tree_end end;
    if (journal_cut(journal, &epoch, &error) != 0)
        return complain("cutting", &error);
    if (tree_start(&spec, &tree, &error) != 0)
        return complain("starting", &error);
    struct pollfd ended = {tree.status_fd, POLLIN, 0};
    while (poll(&ended, 1, -1) < 0 && errno == EINTR) {
    }
    int rc = tree_status(&tree, &end, &error);
    tree_destroy(&tree);
    journal_end(journal);
    return rc < 0 ? complain("ending", &error) : end.signalled ? 128 + end.code : end.code;
}

static int undo(struct journal *journal, int folder, uint32_t epoch, bool accept_changed)
{
    cairn_error error = {0};
    if (mkdirat(folder, "undone", 0700) < 0 && errno != EEXIST)
        return 3;
    int undone = openat(folder, "undone", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (undone < 0 && cairn_fail_errno(&error, "opening undone") != 0)
        return complain("beginning", &error);
    struct undo_left left = {0};
    struct path_map moved = {0};
    const char *from = getenv("CAIRN_MOVED_FROM"), *to = getenv("CAIRN_MOVED_TO");
    if (from && to && !path_map_add(&moved, from, to))
        return 3;
    const struct undo_options how = {undone, getenv("CAIRN_STEP_CWD"), &left, &moved,
                                     accept_changed};
    if (journal_undo(journal, epoch, &how, &error) != 0)
        return complain("undoing", &error);
    if (left.files > 0)
        printf("left alone: %s\n", left.names);
    return 0;
}

static int merge(const struct journal *of, int folder, char **argv)
{
    cairn_error error = {0};
    int journal = openat(folder, "journal", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = merge_epochs(journal, (uint32_t)strtoul(argv[0], NULL, 10),
                          (uint32_t)strtoul(argv[1], NULL, 10), &error);
    journal_own_changes(of); /* otherwise epochs are merged while the step lives */
    return rc == 0 ? 0 : complain("merging", &error);
}

/* As if epoch 0 were of another boot, and the last sign that survived the beginning's. */
static int of_another_boot(int folder, bool ended)
{
    cairn_error error = {0};
    struct log log;
    auto_close int journal = openat(folder, "journal", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_close int to = -1;
    if (log_read(journal, 0, &log, &error) != 0 ||
        log_begin(journal, 0, "another", &to, &error) != 0)
        return complain("reading", &error);
    int rc = 0;
    for (size_t i = 0; i < log.count && rc == 0; i++)
        rc = log_append(to, &log.records[i], &error);
    log_free(&log);
    stamp_write(journal, STAMP_SYNCED, (struct stamp){.ended = ended}, true);
    return rc == 0 && log_publish(journal, 0, to, &error) == 0 ? 0 : complain("writing", &error);
}

/* In the parent, how the child ended; does not return there. */
static void live_until(unsigned n)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        wait_for_tracer();
        return;
    }
    if (child < 0)
        _exit(3);
    if (kill_at(child, n, &status))
        _exit(128 + SIGKILL);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 3);
}

int main(int argc, char **argv)
{
    cairn_error error = {0};
    if (argc > 3 && strcmp(argv[1], "killed-at") == 0) {
        live_until((unsigned)strtoul(argv[2], NULL, 10));
        argc -= 2;
        argv += 2;
    }
    if (argc > 3 && strcmp(argv[1], "failing-at") == 0) {
        fails_at = (unsigned)strtoul(argv[2], NULL, 10);
        argc -= 2;
        argv += 2;
    }
    struct journal *journal;
    const char *limit = getenv("CAIRN_JOURNAL_LIMIT");
    if (argc < 4)
        return 2;
    int folder = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 ||
        journal_open(folder, limit ? strtoull(limit, NULL, 10) : 4ull << 30, &journal, &error) != 0)
        return complain("opening", &error);
    if (strcmp(argv[1], "of-another-boot") == 0)
        return of_another_boot(folder, strcmp(argv[3], "--ended") == 0);
    if (strcmp(argv[1], "merge") == 0)
        return argc == 5 ? merge(journal, folder, argv + 3) : 2;
    return strcmp(argv[1], "run") == 0
               ? run(journal, argv + 3)
               : undo(journal, folder, (uint32_t)strtoul(argv[3], NULL, 10), argc > 4);
}
