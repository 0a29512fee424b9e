/* Lists processes, threads and descriptors, and reads their state. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "proc/proc.h"

#define STATUS_LIMIT (1u << 20)
#define LIST_LIMIT (1u << 22)
#define PF_FORKNOEXEC 0x40 /* <linux/sched.h> of the kernel itself */

int proc_read_stat(pid_t pid, struct proc_stat *out, cairn_error *err)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    auto_free char *text = NULL;
    int rc = io_read_file(AT_FDCWD, path, STATUS_LIMIT, &text, NULL, err);
    if (rc != 0)
        return rc;
    char *open = strchr(text, '('), *close = strrchr(text, ')');
    if (!open || !close || close < open || !close[1] || !close[2])
        return cairn_fail(err, EINVAL, "%s is not in the known form", path);
    memset(out, 0, sizeof *out);
    out->pid = pid;
    size_t comm = (size_t)(close - open - 1);
    if (comm >= sizeof out->comm)
        comm = sizeof out->comm - 1;
    memcpy(out->comm, open + 1, comm);
    out->state = close[2];
    /* The numeric fields of /proc/PID/stat from field 4 on, indexed by their number in proc(5). */
    uint64_t field[53] = {0};
    char *at = close + 3;
    for (int i = 4; i <= 52; i++)
        field[i] = strtoull(at, &at, 10); /* a minus sign wraps around, and the casts below undo
                                           * that */
    out->ppid = (pid_t)field[4];
    out->pgrp = (pid_t)field[5];
    out->session = (pid_t)field[6];
    out->tty = (int)field[7];
    out->tpgid = (pid_t)field[8];
    out->forked = field[9] & PF_FORKNOEXEC;
    out->start_time = field[22];
    out->start_code = field[26];
    out->end_code = field[27];
    out->start_stack = field[28];
    out->start_data = field[45];
    out->end_data = field[46];
    out->start_brk = field[47];
    out->arg_start = field[48];
    out->arg_end = field[49];
    out->env_start = field[50];
    out->env_end = field[51];
    out->exit_signal = (int)field[38];
    out->exit_code = (int)field[52];
    return 0;
}

/* The last number of a line such as "100\t2": that of the innermost namespace. */
static pid_t innermost(const char *line)
{
    const char *last = line;
    for (const char *c = line; *c && *c != '\n'; c++)
        if ((*c == '\t' || *c == ' ') && isdigit((unsigned char)c[1]))
            last = c + 1;
    return (pid_t)strtol(last, NULL, 10);
}

static void four_numbers(const char *text, unsigned out[4])
{
    char *at = (char *)text;
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned)strtoul(at, &at, 10);
}

static void status_line(const char *name, size_t len, const char *value, struct proc_status *out)
{
#define IS(key) (len == sizeof key - 1 && memcmp(name, key, len) == 0)
    if (IS("NStgid"))
        out->ns_pid = innermost(value);
    else if (IS("NSpid"))
        out->ns_tid = innermost(value);
    else if (IS("NSpgid"))
        out->ns_pgrp = innermost(value);
    else if (IS("NSsid"))
        out->ns_session = innermost(value);
    else if (IS("Tgid"))
        out->tgid = (pid_t)strtol(value, NULL, 10);
    else if (IS("TracerPid"))
        out->tracer = (pid_t)strtol(value, NULL, 10);
    else if (IS("SigIgn"))
        out->ignored = strtoull(value, NULL, 16);
    else if (IS("SigCgt"))
        out->caught = strtoull(value, NULL, 16);
    else if (IS("Seccomp"))
        out->seccomp = (unsigned)strtoul(value, NULL, 10);
    else if (IS("Seccomp_filters"))
        out->seccomp_filters = (unsigned)strtoul(value, NULL, 10);
    else if (IS("NoNewPrivs"))
        out->no_new_privs = strtoul(value, NULL, 10) != 0;
    else if (IS("Uid"))
        four_numbers(value, out->uid);
    else if (IS("Gid"))
        four_numbers(value, out->gid);
    else if (IS("CapInh"))
        out->cap_inh = strtoull(value, NULL, 16);
    else if (IS("CapPrm"))
        out->cap_prm = strtoull(value, NULL, 16);
    else if (IS("CapEff"))
        out->cap_eff = strtoull(value, NULL, 16);
    else if (IS("CapBnd"))
        out->cap_bnd = strtoull(value, NULL, 16);
    else if (IS("CapAmb"))
        out->cap_amb = strtoull(value, NULL, 16);
    else if (IS("voluntary_ctxt_switches"))
        out->voluntary_switches = strtoull(value, NULL, 10);
    else if (IS("VmLck"))
        out->locked_kb = strtoull(value, NULL, 10);
    else if (IS("Umask"))
        out->umask = (unsigned)strtoul(value, NULL, 8);
#undef IS
}

int proc_read_status(pid_t pid, pid_t tid, struct proc_status *out, cairn_error *err)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/status", pid, tid);
    auto_free char *text = NULL;
    int rc = io_read_file(AT_FDCWD, path, STATUS_LIMIT, &text, NULL, err);
    if (rc != 0)
        return rc;
    memset(out, 0, sizeof *out);
    for (char *line = text; line && *line;) {
        char *colon = strchr(line, ':');
        if (!colon)
            break;
        status_line(line, (size_t)(colon - line), colon + 1, out);
        line = strchr(colon, '\n');
        if (line)
            line++;
    }
    return 0;
}

bool proc_is_undumpable(pid_t pid)
{
    char path[64];
    struct stat st;
    struct proc_status status;
    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    return proc_read_status(pid, pid, &status, NULL) == 0 && status.uid[1] != 0 &&
           stat(path, &st) == 0 && st.st_uid != status.uid[1];
}

void proc_list_free(struct proc_list *list)
{
    free(list->numbers);
    *list = (struct proc_list){0};
}

static int append_number(struct proc_list *list, int number, cairn_error *err)
{
    if (list->count >= LIST_LIMIT)
        return cairn_fail(err, E2BIG, "more than %u entries in a folder of /proc", LIST_LIMIT);
    if ((list->count & (list->count - 1)) == 0) {
        size_t room = list->count ? list->count * 2 : 1;
        int *grown = realloc(list->numbers, room * sizeof *grown);
        if (!grown)
            return cairn_fail(err, ENOMEM, "out of memory reading /proc");
        list->numbers = grown;
    }
    list->numbers[list->count++] = number;
    return 0;
}

/* The entries of a folder of /proc whose names are numbers. */
static int list_numbers(const char *path, struct proc_list *out, cairn_error *err)
{
    auto_closedir DIR *dir = opendir(path);
    if (!dir)
        return cairn_fail_errno(err, "opening %s", path);
    auto_proc_list struct proc_list list = {0};
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        int rc = append_number(&list, (int)strtol(entry->d_name, NULL, 10), err);
        if (rc != 0)
            return rc;
    }
    *out = list;
    list = (struct proc_list){0};
    return 0;
}

static int compare_numbers(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

int proc_threads(pid_t pid, struct proc_list *out, cairn_error *err)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    int rc = list_numbers(path, out, err);
    if (rc != 0 || out->count == 0)
        return rc;
    qsort(out->numbers, out->count, sizeof *out->numbers, compare_numbers);
    for (size_t i = 1; i < out->count; i++) /* the leader comes first, even when thread ids have
                                             * wrapped around */
        if (out->numbers[i] == pid) {
            memmove(out->numbers + 1, out->numbers, i * sizeof *out->numbers);
            out->numbers[0] = pid;
        }
    return 0;
}

int proc_children(pid_t pid, pid_t tid, struct proc_list *out, cairn_error *err)
{
    char path[64];
    auto_free char *text = NULL;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, tid);
    int rc = io_read_file(AT_FDCWD, path, LIST_LIMIT * 8, &text, NULL, err);
    auto_proc_list struct proc_list list = {0};
    char *end = text;
    for (char *at = text; rc == 0 && *at; at = end + strspn(end, " "))
        rc = append_number(&list, (int)strtol(at, &end, 10), err);
    if (rc != 0)
        return rc;
    *out = list;
    list = (struct proc_list){0};
    return 0;
}

int proc_descriptors(pid_t pid, struct proc_list *out, cairn_error *err)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    int rc = list_numbers(path, out, err);
    if (rc == 0 && out->count > 0)
        qsort(out->numbers, out->count, sizeof *out->numbers, compare_numbers);
    return rc;
}

int proc_descendants(pid_t ancestor, struct proc_list *out, cairn_error *err)
{
    auto_proc_list struct proc_list all = {0};
    int rc = list_numbers("/proc", &all, err);
    if (rc != 0)
        return rc;
    auto_free pid_t *parents = calloc(all.count + 1, sizeof *parents);
    if (!parents)
        return cairn_fail(err, ENOMEM, "out of memory listing processes");
    for (size_t i = 0; i < all.count; i++) {
        struct proc_stat stat;
        if (proc_read_stat(all.numbers[i], &stat, NULL) == 0) /* otherwise the process has just
                                                               * ended */
            parents[i] = stat.ppid;
    }
    auto_proc_list struct proc_list found = {0};
    /* Searches breadth first: the list grows by the children of its own entries. */
    for (size_t at = 0; at <= found.count; at++) {
        pid_t parent = at == 0 ? ancestor : found.numbers[at - 1];
        for (size_t i = 0; i < all.count; i++) {
            if (parents[i] != parent)
                continue;
            rc = append_number(&found, all.numbers[i], err);
            if (rc != 0)
                return rc;
        }
    }
    *out = found;
    found = (struct proc_list){0};
    return 0;
}
