/* Reports what this host allows. A child process tries each thing, because settings alone do not
 * tell. */
#include "sandbox/host_report.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/process.h"
#include "sandbox/namespaces.h"
#include "sandbox/start.h"

/* The result of one trial: empty for success, else what the host refused. */
struct trial {
    const char *name;
    bool required;
    void (*run)(cairn_error *err);
    const char *good, *cost, *who;
};

/* Tries a step of one process, /bin/true, in namespaces of its own: user, pid, mount, ipc and time
 * at once. */
static void try_namespaces(cairn_error *err)
{
    char program[] = "/bin/true";
    char *argv[] = {program, NULL}, *envp[] = {NULL};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct tree_spec spec = {.argv = argv,
                             .envp = envp,
                             .cwd = "/",
                             .stdin_fd = null,
                             .stdout_fd = null,
                             .stderr_fd = null,
                             .namespaces = true};
    struct tree tree;
    if (tree_start(&spec, &tree, err) == 0)
        tree_destroy(&tree);
}

/* Tries to give a file to a group that is not mapped in the step's user namespace. */
static void try_groups(cairn_error *err)
{
    int n = getgroups(0, NULL);
    auto_free gid_t *groups = n > 0 ? calloc((size_t)n, sizeof *groups) : NULL;
    if (!groups || getgroups(n, groups) != n || namespaces_take_user(err) != 0)
        return;
    auto_close int file = memfd_create("groups", MFD_CLOEXEC);
    for (int i = 0; i < n; i++)
        if (fchown(file, (uid_t)-1, groups[i]) < 0) {
            cairn_fail_errno(err, "a file cannot be given to group %u in a step", groups[i]);
            return;
        }
}

static void try_terminal(cairn_error *err)
{
    char program[] = "/bin/true";
    char *argv[] = {program, NULL}, *envp[] = {NULL};
    struct tree_spec spec = {.argv = argv,
                             .envp = envp,
                             .cwd = "/",
                             .pty = true,
                             .rows = 24,
                             .cols = 80,
                             .namespaces = true};
    struct tree tree;
    if (tree_start(&spec, &tree, err) == 0)
        tree_destroy(&tree);
}

static void try_ptrace(cairn_error *err)
{
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    if (child < 0) {
        cairn_fail_errno(err, "forking a process to trace");
        return;
    }
    if (ptrace(PTRACE_SEIZE, child, 0, 0) < 0)
        cairn_fail_errno(err, "PTRACE_SEIZE");
    if (process_signal(child, SIGKILL) == 0)
        waitpid(child, NULL, 0);
}

static void try_clone3(cairn_error *err)
{
    if (syscall(SYS_clone3, NULL, 0) < 0 && errno == ENOSYS)
        cairn_fail(err, ENOSYS, "no clone3: Linux 5.5 or later is needed");
}

static void try_pagemap_scan(cairn_error *err)
{
    auto_close int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        cairn_fail_errno(err, "opening /proc/self/pagemap");
        return;
    }
    /* Calls PAGEMAP_SCAN with a NULL argument: EFAULT if it exists, ENOTTY if it does not. */
    if (ioctl(fd, _IOC(_IOC_READ | _IOC_WRITE, 'f', 16, 96), NULL) < 0 && errno != EFAULT)
        cairn_fail_errno(err, "PAGEMAP_SCAN");
}

static const struct trial trials[] = {
    {"namespaces", true, try_namespaces, "user, pid, mount, ipc and time namespaces can be made",
     "the engine native cannot run here; engine app and none can",
     "the administrator: sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone=1, "
     "kernel.apparmor_restrict_unprivileged_userns=0; in a container, an unmasked /proc; in a "
     "chroot none can"},
    {"ptrace", true, try_ptrace, "a process may trace its own children",
     "the engine native cannot take checkpoints here",
     "the administrator: kernel.yama.ptrace_scope below 3, a seccomp profile that allows ptrace"},
    {"clone3", true, try_clone3, "processes can be made again under their old pids",
     "the engine native cannot restore here", "the administrator: a newer kernel"},
    {"terminal", false, try_terminal, "a step can have a terminal of its own",
     "cairn exec cannot give programs a terminal here", "the administrator: allow mounting devpts"},
    {"groups", false, try_groups, "steps can use all of your groups",
     "chgrp and chown to such a group fail in steps (EINVAL); what the group may read and write, "
     "and "
     "folders with the set-group-id bit, work",
     "the administrator: install newgidmap (package uidmap), and grant the group in /etc/subgid, "
     "for example alice:5000:1"},
    {"pagemap-scan", false, try_pagemap_scan, "the kernel says which pages are in use (Linux 6.7)",
     "images take longer to write: pages are found by reading /proc/PID/pagemap",
     "the administrator: a newer kernel"},
};

/* Runs a trial in a child, because some trials change the process for good. */
static void run_trial(const struct trial *trial, cairn_error *result)
{
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0)
        return;
    pid_t child = fork();
    if (child == 0) {
        cairn_error error = {0};
        trial->run(&error);
        _exit(write(report[1], &error, sizeof error) == sizeof error ? 0 : 1);
    }
    close(report[1]);
    if (read(report[0], result, sizeof *result) != sizeof *result)
        cairn_fail(result, CAIRN_EHOST, "the trial ended early");
    close(report[0]);
    if (child > 0)
        waitpid(child, NULL, 0);
}

static json_t *finding(const struct trial *trial)
{
    cairn_error result = {0};
    run_trial(trial, &result);
    bool ok = result.code == 0;
    return json_pack("{s:s, s:b, s:b, s:s, s:s, s:s}", "name", trial->name, "ok", ok, "required",
                     trial->required, "detail", ok ? trial->good : result.message, "cost",
                     ok ? "" : trial->cost, "who", ok ? "" : trial->who);
}

static json_t *fact(const char *name, json_t *detail)
{
    return json_pack("{s:s, s:b, s:b, s:o, s:s, s:s}", "name", name, "ok", 1, "required", 1,
                     "detail", detail, "cost", "", "who", "");
}

int tree_host_report(char **json, cairn_error *err)
{
    json_t *findings = json_array();
    struct utsname name;
    if (uname(&name) == 0)
        json_array_append_new(
            findings, fact("kernel", json_sprintf("Linux %s %s", name.release, name.machine)));
    struct cpu_features cpu;
    cpu_features_read(&cpu);
    json_array_append_new(findings, fact("processor", json_string(cpu_level(&cpu))));
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++)
        json_array_append_new(findings, finding(&trials[i]));
    *json = json_dumps(findings, JSON_INDENT(2));
    json_decref(findings);
    return *json ? 0 : cairn_fail(err, ENOMEM, "out of memory writing the host report");
}
