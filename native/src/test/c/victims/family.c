/* Families: parents and children, zombies, orphans, sessions, groups, and those who stand still. */
#include "victim.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int gate[2], answers[2];

/* What a relative is like; the same before and after. */
struct relation {
    pid_t pid, parent, group, session;
};

static void tell(void)
{
    struct relation now = {getpid(), getppid(), getpgrp(), getsid(0)};
    require(write(answers[1], &now, sizeof now) == sizeof now);
}

static void await_gate(void)
{
    char byte;
    need(read(gate[0], &byte, 1));
}

/* A relative tells what it is like, waits for the gate, tells again, and ends with `code`. */
_Noreturn static void be_a_relative(int code)
{
    tell();
    await_gate();
    tell();
    _exit(code);
}

static struct relation hear(void)
{
    struct relation r;
    require(read(answers[0], &r, sizeof r) == sizeof r);
    return r;
}

static void open_gate_for_one(void)
{
    require(write(gate[1], "g", 1) == 1);
}

static void open_pipes(void)
{
    need(pipe(gate));
    need(pipe(answers));
}

/* `count` relatives have told; they are captured and must then tell the same, one after another. */
static void capture_relatives(int count)
{
    struct relation before[16], after;
    for (int i = 0; i < count; i++) {
        before[i] = hear();
        await_syscall(before[i].pid, SYS_read);
    }
    checkpoint_here();
    for (int i = 0; i < count; i++) {
        open_gate_for_one();
        after = hear();
        int k = 0;
        while (k < count && before[k].pid != after.pid)
            k++;
        require(k < count && memcmp(&before[k], &after, sizeof after) == 0);
    }
}

static void require_child_ends(pid_t child, int code)
{
    int status;
    require(waitpid(child, &status, 0) == child && WIFEXITED(status) &&
            WEXITSTATUS(status) == code);
}

VICTIM(keeps_children_and_grandchildren)
{
    open_pipes();
    pid_t children[3];
    for (int i = 0; i < 3; i++) {
        children[i] = (pid_t)need(fork());
        if (children[i] == 0) {
            pid_t inner = (pid_t)need(fork());
            if (inner == 0)
                be_a_relative(0);
            tell();
            await_gate();
            tell();
            require_child_ends(inner, 0);
            _exit(10 + i);
        }
    }
    capture_relatives(6);
    for (int i = 0; i < 3; i++)
        require_child_ends(children[i], 10 + i);
    require(wait(NULL) == -1 && errno == ECHILD);
}

VICTIM(keeps_zombies_as_they_ended)
{
    pid_t exited = (pid_t)need(fork());
    if (exited == 0)
        _exit(42);
    pid_t killed = (pid_t)need(fork());
    if (killed == 0)
        for (;;)
            pause();
    pid_t aborted = (pid_t)need(fork());
    if (aborted == 0) {
        raise(SIGTERM);
        _exit(0);
    }
    need(kill(killed, SIGKILL));
    siginfo_t info;
    need(waitid(P_PID, (id_t)exited, &info, WEXITED | WNOWAIT));
    need(waitid(P_PID, (id_t)killed, &info, WEXITED | WNOWAIT));
    need(waitid(P_PID, (id_t)aborted, &info, WEXITED | WNOWAIT));
    checkpoint_here();
    int status;
    require_child_ends(exited, 42);
    require(waitpid(killed, &status, 0) == killed && WIFSIGNALED(status) &&
            WTERMSIG(status) == SIGKILL);
    require(waitpid(aborted, &status, 0) == aborted && WIFSIGNALED(status) &&
            WTERMSIG(status) == SIGTERM);
}

VICTIM(keeps_sessions_and_groups)
{
    open_pipes();
    pid_t leader = (pid_t)need(fork());
    if (leader == 0) {
        need(setpgid(0, 0));
        be_a_relative(1);
    }
    setpgid(leader, leader);
    pid_t member = (pid_t)need(fork());
    if (member == 0) {
        need(setpgid(0, leader));
        be_a_relative(2);
    }
    pid_t apart = (pid_t)need(fork());
    if (apart == 0) {
        need(setsid());
        pid_t inner = (pid_t)need(fork());
        if (inner == 0) {
            need(setpgid(0, 0));
            be_a_relative(0);
        }
        tell();
        await_gate();
        tell();
        require_child_ends(inner, 0);
        _exit(3);
    }
    capture_relatives(4);
    require_child_ends(leader, 1);
    require_child_ends(member, 2);
    require_child_ends(apart, 3);
}

VICTIM(keeps_a_group_whose_leader_is_gone)
{
    open_pipes();
    pid_t leader = (pid_t)need(fork());
    if (leader == 0) {
        await_gate();
        _exit(0);
    }
    need(setpgid(leader, leader));
    pid_t member = (pid_t)need(fork());
    if (member == 0) {
        need(setpgid(0, leader));
        be_a_relative(2);
    }
    struct relation told = hear();
    require(told.group == leader);
    need(write(answers[1], &told, sizeof told));
    need(kill(leader, SIGKILL));
    need(waitpid(leader, NULL, 0));
    capture_relatives(1);
    require_child_ends(member, 2);
}

VICTIM(keeps_orphans)
{
    open_pipes();
    pid_t between = (pid_t)need(fork());
    if (between == 0) {
        if (need(fork()) == 0) {
            while (getppid() != 1)
                sched_yield();
            be_a_relative(0);
        }
        _exit(0);
    }
    require_child_ends(between, 0);
    capture_relatives(1);
    require(wait(NULL) == -1 && errno == ECHILD);
}

/* A daemon, as in the books: fork, setsid, fork. The leader of its session ends with `code`. */
static pid_t start_daemon(int code)
{
    pid_t leader = (pid_t)need(fork());
    if (leader == 0) {
        need(setsid());
        if (need(fork()) == 0) {
            while (getppid() != 1)
                sched_yield();
            be_a_relative(0);
        }
        _exit(code);
    }
    return leader;
}

VICTIM(keeps_a_daemon_whose_session_has_no_leader)
{
    open_pipes();
    require_child_ends(start_daemon(0), 0);
    capture_relatives(1);
}

/* As of a shell that has started a server, and for whose end nobody has asked. */
VICTIM(keeps_a_session_whose_leader_is_a_zombie)
{
    open_pipes();
    pid_t leader = start_daemon(7);
    siginfo_t info;
    need(waitid(P_PID, (id_t)leader, &info, WEXITED | WNOWAIT));
    capture_relatives(1);
    require_child_ends(leader, 7);
}

static pid_t start_member(pid_t group)
{
    pid_t member = (pid_t)need(fork());
    if (member == 0) {
        need(setpgid(0, group));
        be_a_relative(2);
    }
    return member;
}

VICTIM(keeps_a_group_of_zombies_too)
{
    open_pipes();
    pid_t leader = start_member(0);
    hear();
    pid_t member = start_member(leader), ended = start_member(leader);
    struct relation told[2] = {hear(), hear()};
    siginfo_t info;
    need(kill(leader, SIGKILL));
    need(kill(ended, SIGTERM));
    need(waitid(P_PID, (id_t)leader, &info, WEXITED | WNOWAIT));
    need(waitid(P_PID, (id_t)ended, &info, WEXITED | WNOWAIT));
    need(write(answers[1], &told[told[1].pid == member], sizeof *told));
    capture_relatives(1);
    for (int left = 3; left > 0; left--)
        require(waitpid(-leader, NULL, 0) > 0);
    require(wait(NULL) == -1 && errno == ECHILD);
}

VICTIM(keeps_an_adopted_child)
{
    open_pipes();
    need(prctl(PR_SET_CHILD_SUBREAPER, 1));
    pid_t self = getpid(), between = (pid_t)need(fork());
    if (between == 0) {
        if (need(fork()) == 0) {
            while (getppid() != self)
                sched_yield();
            be_a_relative(9);
        }
        _exit(0);
    }
    require_child_ends(between, 0);
    capture_relatives(1);
    int status;
    require(wait(&status) > 0 && WEXITSTATUS(status) == 9);
}

VICTIM(keeps_names_and_credentials_of_zombies)
{
    char path[64], before[4096] = "", now[4096] = "";
    pid_t child = (pid_t)need(fork());
    if (child == 0) {
        need(prctl(PR_SET_NAME, "was here"));
        raise(SIGTERM);
    }
    siginfo_t info;
    need(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT));
    for (int i = 0; i < 2; i++) {
        static const char *const files[] = {"status", "stat"};
        char *texts[] = {before, now};
        for (size_t k = 0; k < 2; k++) {
            snprintf(path, sizeof path, "/proc/%d/%s", child, files[k]);
            int fd = (int)need(open(path, O_RDONLY));
            size_t len = strlen(texts[i]);
            need(read(fd, texts[i] + len, 4095 - len));
            close(fd);
        }
        if (i == 0)
            checkpoint_here();
    }
    static const char *const keys[] = {
        "Name:", "State:", "Uid:", "Gid:", "SigPnd:", "ShdPnd:", "CapPrm:"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *was = strstr(before, keys[i]), *is = strstr(now, keys[i]);
        require(was && is && strncmp(was, is, strcspn(was, "\n") + 1) == 0);
    }
    require(atoi(strrchr(before, ' ')) == SIGTERM && atoi(strrchr(now, ' ')) == SIGTERM);
}

VICTIM(keeps_the_signal_with_which_a_child_ends)
{
    signal(SIGUSR2, SIG_IGN);
    pid_t child = (pid_t)need(syscall(SYS_clone, SIGUSR2, 0, 0, 0, 0));
    if (child == 0)
        for (;;)
            pause();
    checkpoint_here();
    int status;
    require(waitpid(child, &status, WNOHANG) == -1 && errno == ECHILD);
    need(kill(child, SIGKILL));
    require(waitpid(child, &status, __WCLONE) == child && WTERMSIG(status) == SIGKILL);
}

VICTIM(keeps_a_stopped_child_stopped)
{
    open_pipes();
    pid_t child = (pid_t)need(fork());
    int status;
    if (child == 0)
        be_a_relative(4);
    hear();
    need(kill(child, SIGSTOP));
    require(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
    checkpoint_here();
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", child);
    int fd = (int)need(open(path, O_RDONLY));
    need(read(fd, text, sizeof text - 1));
    require(strstr(text, ") T ") != NULL);
    open_gate_for_one();
    need(kill(child, SIGCONT));
    require(hear().pid == child);
    require_child_ends(child, 4);
}

static void *pause_for_ever(void *unused)
{
    for (;;)
        pause();
    return unused;
}

/* With two threads, which stop together. */
static pid_t fork_one_that_stops(int signo)
{
    pthread_t thread;
    pid_t child = (pid_t)need(fork());
    if (child == 0) {
        need(setpgid(0, 0)); /* in an orphaned group the kernel ignores SIGTSTP */
        require(pthread_create(&thread, NULL, pause_for_ever, NULL) == 0);
        raise(signo);
        pause_for_ever(NULL);
    }
    siginfo_t info;
    need(waitid(P_PID, (id_t)child, &info, WSTOPPED | WNOWAIT));
    return child;
}

static siginfo_t state_of(pid_t child)
{
    siginfo_t info = {0};
    need(waitid(P_PID, (id_t)child, &info, WSTOPPED | WCONTINUED | WNOHANG | WNOWAIT));
    return info;
}

static void end_stopped(pid_t child)
{
    int status;
    need(kill(child, SIGKILL));
    require(waitpid(child, &status, 0) == child && WTERMSIG(status) == SIGKILL);
}

VICTIM(keeps_what_is_to_be_heard_of_stopped_children)
{
    siginfo_t info;
    sigset_t of_children, pending;
    sigemptyset(&of_children);
    sigaddset(&of_children, SIGCHLD);
    need(sigprocmask(SIG_BLOCK, &of_children, NULL));
    pid_t quiet = fork_one_that_stops(SIGTSTP), seen = fork_one_that_stops(SIGSTOP),
          moving = fork_one_that_stops(SIGSTOP);
    need(waitid(P_PID, (id_t)seen, &info, WSTOPPED));
    need(kill(seen, SIGSTOP)); /* waits behind the one that has stopped it */
    need(waitid(P_PID, (id_t)moving, &info, WSTOPPED));
    const struct timespec at_once = {0, 0};
    while (sigtimedwait(&of_children, NULL, &at_once) == SIGCHLD) {
    }
    need(kill(moving, SIGCONT));
    require(sigwaitinfo(&of_children, &info) == SIGCHLD && info.si_code == CLD_CONTINUED);
    checkpoint_here();
    need(sigpending(&pending));
    require(!sigismember(&pending, SIGCHLD));
    require(state_of(quiet).si_code == CLD_STOPPED && state_of(quiet).si_status == SIGTSTP);
    require(state_of(seen).si_pid == 0);
    require(state_of(moving).si_code == CLD_CONTINUED);
    need(kill(seen, SIGCONT));
    need(waitid(P_PID, (id_t)seen, &info, WCONTINUED));
    end_stopped(quiet);
    end_stopped(seen);
    end_stopped(moving);
}

/* Every way of making processes, all the time, also in the instant of the capture. */
static volatile bool enough;
static void *fork_all_the_time(void *count)
{
    while (!enough) {
        pid_t child = (pid_t)need(fork());
        if (child == 0)
            _exit(7);
        require_child_ends(child, 7);
        __atomic_add_fetch((int *)count, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}
static void *exec_all_the_time(void *count)
{
    while (!enough) {
        pid_t child = vfork();
        if (child == 0) {
            execl("/bin/true", "true", (char *)NULL);
            _exit(9);
        }
        require(child > 0);
        require_child_ends(child, 0);
        __atomic_add_fetch((int *)count, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}
static void *end_at_once(void *unused)
{
    return unused;
}
static void *start_threads_all_the_time(void *count)
{
    while (!enough) {
        pthread_t thread;
        require(pthread_create(&thread, NULL, end_at_once, NULL) == 0);
        require(pthread_join(thread, NULL) == 0);
        __atomic_add_fetch((int *)count, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}
VICTIM(forks_threads_and_execs_all_the_time)
{
    void *(*const busy[])(void *) = {fork_all_the_time, exec_all_the_time,
                                     start_threads_all_the_time};
    pthread_t threads[3];
    int counts[3] = {0};
    for (int i = 0; i < 3; i++)
        require(pthread_create(&threads[i], NULL, busy[i], &counts[i]) == 0);
    checkpoint_here();
    for (int i = 0; i < 3; i++)
        for (int before = __atomic_load_n(&counts[i], __ATOMIC_RELAXED);
             __atomic_load_n(&counts[i], __ATOMIC_RELAXED) < before + 5;)
            sched_yield();
    enough = true;
    for (int i = 0; i < 3; i++)
        require(pthread_join(threads[i], NULL) == 0);
}

/* A fork takes as long as its page tables; meanwhile the child is nowhere to be seen, and has no
 * tracer although its maker has got one. */
VICTIM(is_in_the_middle_of_a_long_fork)
{
    enum { BYTES = 192 << 20, PAGE = 4096 };
    char *much = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(much != MAP_FAILED);
    need(madvise(much, BYTES, MADV_NOHUGEPAGE));
    for (size_t i = 0; i < BYTES; i += PAGE)
        much[i] = 1;
    pthread_t thread;
    int count = 0;
    enough = false;
    require(pthread_create(&thread, NULL, fork_all_the_time, &count) == 0);
    checkpoint_here();
    for (int before = __atomic_load_n(&count, __ATOMIC_RELAXED);
         __atomic_load_n(&count, __ATOMIC_RELAXED) < before + 3;)
        sched_yield();
    enough = true;
    require(pthread_join(thread, NULL) == 0);
    need(munmap(much, BYTES));
}
