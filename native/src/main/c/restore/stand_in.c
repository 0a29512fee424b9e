#include "restore/stand_in.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The arguments lie in memory that both processes share. */
struct answer {
    int rc;
    int out[2];
    cairn_error error;
};

static int become(const struct stand_in *who, cairn_error *err)
{
    if (who->root >= 0 && (fchdir(who->root) < 0 || chroot(".") < 0))
        return cairn_fail_errno(err, "entering a folder for names of sockets");
    if (who->gid >= 0 && (gid_t)who->gid != getegid() &&
        syscall(SYS_setresgid, -1, (gid_t)who->gid, -1) < 0)
        return cairn_fail_errno(err, "taking group %lld", (long long)who->gid);
    if (who->uid >= 0 && (uid_t)who->uid != geteuid() &&
        syscall(SYS_setresuid, -1, (uid_t)who->uid, -1) < 0)
        return cairn_fail_errno(err, "taking user %lld", (long long)who->uid);
    return 0;
}

_Noreturn static void stand_in(const struct stand_in *who, stand_in_call *call, void *context,
                               struct answer *answer)
{
    answer->rc = become(who, &answer->error);
    if (answer->rc == 0)
        answer->rc = call(context, answer->out, &answer->error);
    _exit(0);
}

static int run(const struct stand_in *who, stand_in_call *call, void *context,
               struct answer *answer, cairn_error *err)
{
    pid_t wanted = (pid_t)who->pid;
    struct clone_args args = {.flags = CLONE_FILES, .exit_signal = SIGCHLD};
    if (wanted > 1) {
        args.set_tid = (uint64_t)(uintptr_t)&wanted;
        args.set_tid_size = 1;
    }
    long pid = syscall(SYS_clone3, &args, sizeof args);
    if (pid == 0)
        stand_in(who, call, context, answer);
    if (pid < 0)
        return cairn_fail_errno(err, "standing in for process %d", wanted);
    while (waitpid((pid_t)pid, NULL, 0) < 0)
        if (errno != EINTR)
            return cairn_fail_errno(err, "waiting for a helper");
    if (answer->rc != 0 && err)
        *err = answer->error;
    return answer->rc;
}

static bool is_us(const struct stand_in *who)
{
    return who->pid <= 1 && who->root < 0 && (who->uid < 0 || (uid_t)who->uid == geteuid()) &&
           (who->gid < 0 || (gid_t)who->gid == getegid());
}

int stand_in_run(const struct stand_in *who, stand_in_call *call, void *context, int out[2],
                 cairn_error *err)
{
    if (is_us(who))
        return call(context, out, err);
    struct answer *answer =
        mmap(NULL, sizeof *answer, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (answer == MAP_FAILED)
        return cairn_fail_errno(err, "making room for an answer");
    *answer = (struct answer){.rc = -CAIRN_EGONE, .error = {.code = CAIRN_EGONE}};
    int rc = run(who, call, context, answer, err);
    out[0] = answer->out[0];
    out[1] = answer->out[1];
    munmap(answer, sizeof *answer);
    return rc;
}
