/* Children that take no turns: dead, stopped, or sharing what only threads share. */
#include "generator.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void await(pid_t pid, int how)
{
    siginfo_t info;
    while (waitid(P_PID, (id_t)pid, &info, how | WNOWAIT) < 0 && errno == EINTR) {
    }
}

_Noreturn static void wait_for_ever(void)
{
    for (;;)
        pause();
}

static void wait_and_say(struct object *o)
{
    int status = 0;
    kill(o->child, SIGCONT);
    kill(o->child, SIGKILL);
    pid_t got;
    while ((got = waitpid(o->child, &status, 0)) < 0 && errno == EINTR) {
    }
    say(o, "waited %d status %#x", got == o->child, (unsigned)status);
}

#define drain_dead_child wait_and_say
ENDING_KIND(dead_child)
{
    uint32_t how = pick(o, 3), code = pick(o, 256);
    o->child = fork();
    if (o->child == 0) {
        if (chance(o, 30))
            setsid();
        else if (chance(o, 30))
            setpgid(0, 0);
        if (how == 1)
            raise(SIGTERM);
        if (how == 2)
            prctl(PR_SET_NAME, "renamed", 0, 0, 0);
        _exit((int)code);
    }
    await(o->child, WEXITED);
}

#define drain_stopped_child wait_and_say
ENDING_KIND(stopped_child)
{
    static const int signals[] = {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
    int signo = signals[pick(o, 4)];
    bool seen = chance(o, 40);
    o->child = fork();
    if (o->child == 0) {
        signal(signo, SIG_DFL);
        setpgid(0, 0);
        raise(signo);
        wait_for_ever();
    }
    await(o->child, WSTOPPED);
    if (seen) /* the parent has taken note of it */
        waitid(P_PID, (id_t)o->child, &(siginfo_t){0}, WSTOPPED);
}

#define drain_continued_child wait_and_say
ENDING_KIND(continued_child)
{
    o->child = fork();
    if (o->child == 0) {
        raise(SIGSTOP);
        wait_for_ever();
    }
    await(o->child, WSTOPPED);
    waitid(P_PID, (id_t)o->child, &(siginfo_t){0}, WSTOPPED);
    kill(o->child, SIGCONT);
    await(o->child, WCONTINUED);
}

#define drain_stopped_child_with_signals_that_wait wait_and_say
ENDING_KIND(stopped_child_with_signals_that_wait)
{
    o->child = fork();
    if (o->child == 0) {
        sigset_t all;
        sigfillset(&all);
        sigprocmask(SIG_SETMASK, &all, NULL);
        raise(SIGUSR1);
        kill(getpid(), SIGTSTP);
        raise(SIGSTOP);
        wait_for_ever();
    }
    await(o->child, WSTOPPED);
    kill(o->child, SIGSTOP);
}

#define drain_child_with_its_own_exit_signal wait_and_say
ENDING_KIND(child_with_its_own_exit_signal)
{
    signal(SIGUSR2, SIG_IGN);
    o->child = (pid_t)syscall(SYS_clone, SIGUSR2, 0, 0, 0, 0);
    if (o->child == 0)
        wait_for_ever();
}

#define drain_file_of_proc_that_a_child_has wait_and_say
ENDING_KIND(file_of_proc_that_a_child_has)
{
    int fd = keep(o, open(chance(o, 50) ? "/proc/self/status" : "/proc/meminfo", O_RDONLY));
    note(o, "lseek", lseek(fd, 100, SEEK_SET));
    if (chance(o, 50))
        keep(o, dup(fd));
    o->child = fork();
    if (o->child == 0)
        wait_for_ever();
}

#define drain_child_sharing_descriptors wait_and_say
ENDING_KIND(child_sharing_descriptors)
{
    o->child = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
    if (o->child == 0)
        wait_for_ever();
}

#define drain_child_sharing_its_folder wait_and_say
ENDING_KIND(child_sharing_its_folder)
{
    o->child = (pid_t)syscall(SYS_clone, CLONE_FS | SIGCHLD, 0, 0, 0, 0);
    if (o->child == 0)
        wait_for_ever();
}

static int idle(void *unused)
{
    (void)unused;
    for (;;)
        syscall(SYS_pause);
    return 0;
}

#define drain_child_sharing_memory wait_and_say
ENDING_KIND(child_sharing_memory)
{
    static char stacks[8][16384];
    o->child = clone(idle, stacks[o->index % 8] + sizeof *stacks,
                     CLONE_VM | (chance(o, 50) ? CLONE_SIGHAND : 0) | SIGCHLD, NULL);
}

#define drain_orphans_of_another_session wait_and_say
/* Below a subreaper or pid 1, in the session of a process that is gone or dead. */
ENDING_KIND(orphans_of_another_session)
{
    bool reaped = chance(o, 50);
    o->child = fork();
    if (o->child == 0) {
        setsid();
        for (int i = 0; i < 2; i++) {
            pid_t orphan = fork();
            if (orphan == 0)
                wait_for_ever();
            if (i == 1)
                setpgid(orphan, orphan);
        }
        _exit(9);
    }
    await(o->child, WEXITED);
    if (reaped)
        waitpid(o->child, NULL, 0);
}

#define drain_orphans_below_a_subreaper wait_and_say
ENDING_KIND(orphans_below_a_subreaper)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    orphans_of_another_session(o);
}
