/* Real programs, which the tests' packages bring. */
#include "victim.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Until it has come, in whatever portions. */
static void await_text(int fd, const char *text)
{
    char got[4096] = "";
    for (size_t len = 0; !strstr(got, text);) {
        ssize_t n = need(read(fd, got + len, sizeof got - 1 - len));
        require(n > 0);
        len += (size_t)n;
        got[len] = '\0';
    }
}

struct program {
    pid_t pid;
    int in, out;
};

/* With pipes for its input and output, until it has said so. */
static struct program start_program(const char *const *argv, const char *until)
{
    int in[2], out[2];
    need(pipe2(in, O_CLOEXEC));
    need(pipe2(out, O_CLOEXEC));
    struct program p = {(pid_t)need(fork()), in[1], out[0]};
    if (p.pid == 0) {
        need(dup2(in[0], 0));
        need(dup2(out[1], 1));
        need(dup2(out[1], 2));
        setenv("TERM", "xterm", 1);
        execv(argv[0], (char *const *)argv);
        _exit(1);
    }
    close(in[0]);
    close(out[1]);
    await_text(p.out, until);
    return p;
}

static void require_exit(struct program p, int code)
{
    int status;
    need(waitpid(p.pid, &status, 0));
    require(WIFEXITED(status) && WEXITSTATUS(status) == code);
}

VICTIM(runs_a_shell_below_script)
{
    static const char *const argv[] = {
        "/usr/bin/script", "-qec",
        "echo begun; read line; echo \"got <$line>\"; test -t 0 && exit 7", "/dev/null", NULL};
    struct program script = start_program(argv, "begun");
    checkpoint_here();
    require(write(script.in, "hello\n", 6) == 6);
    await_text(script.out, "got <hello>");
    require_exit(script, 7);
}

VICTIM(runs_a_program_below_expect)
{
    static const char *const argv[] = {
        "/usr/bin/expect", "-c",
        "set timeout 20; spawn -noecho cat; send a\\r; expect a\\r\\na; puts begun; flush stdout;"
        "gets stdin x; send $x\\r; expect $x\\r\\n$x {puts \"got <$x>\"; exit 7}",
        NULL};
    struct program expect = start_program(argv, "begun");
    checkpoint_here();
    require(write(expect.in, "hello\n", 6) == 6);
    await_text(expect.out, "got <hello>");
    require_exit(expect, 7);
}

VICTIM(runs_a_shell_below_tmux)
{
    static const char *const begin[] = {
        "/usr/bin/tmux",
        "-S",
        "./tmux",
        "-f",
        "/dev/null",
        "new-session",
        "-d",
        "sh -c 'echo begun > begun; read line; echo \"got <$line>\" >> begun; read line'",
        ";",
        "display-message",
        "-p",
        "begun",
        NULL};
    static const char *const type[] = {
        "/usr/bin/tmux",   "-S", "./tmux", "send-keys", "hello", "Enter", ";",
        "display-message", "-p", "typed",  NULL};
    require_exit(start_program(begin, "begun"), 0);
    while (access("begun", F_OK) != 0) {
    }
    checkpoint_here();
    require_exit(start_program(type, "typed"), 0);
    int log = (int)need(open("begun", O_RDONLY));
    char text[64] = "";
    while (!strstr(text, "got <hello>\n"))
        need(pread(log, text, sizeof text - 1, 0));
}

VICTIM(runs_programs_below_mpirun)
{
    static const char *const argv[] = {
        "/usr/bin/mpirun",
        "-np",
        "2",
        "--oversubscribe",
        "sh",
        "-c",
        "echo begun $OMPI_COMM_WORLD_RANK; until test -e resumed; do sleep 0.05; done; echo done "
        "$OMPI_COMM_WORLD_RANK; exit 0",
        NULL};
    setenv("PATH", "/usr/bin:/bin", 1);
    setenv("HOME", ".", 1);
    setenv("TMPDIR", "/tmp", 1);
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
    struct program mpi = start_program(argv, "begun 1");
    checkpoint_here();
    close((int)need(open("resumed", O_CREAT | O_WRONLY, 0600)));
    char got[4096] = "";
    size_t len = 0;
    ssize_t n;
    while ((n = need(read(mpi.out, got + len, sizeof got - 1 - len))) > 0)
        len += (size_t)n;
    require(strstr(got, "done 0") && strstr(got, "done 1"));
    require_exit(mpi, 0);
}

/* Its child is watched by a pidfd, as Python 3.12 does by itself. */
VICTIM(runs_a_child_below_asyncio)
{
    static const char *const argv[] = {
        "/usr/bin/python3", "-c",
        "import asyncio, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "async def main():\n"
        "    child = await asyncio.create_subprocess_exec(\n"
        "        'sh', '-c', 'until test -e resumed; do sleep 0.05; done; exit 9')\n"
        "    print('begun', flush=True)\n"
        "    print('got', await child.wait(), flush=True)\n"
        "if hasattr(asyncio, 'PidfdChildWatcher'):\n"
        "    asyncio.set_child_watcher(asyncio.PidfdChildWatcher())\n"
        "asyncio.run(main())\n",
        NULL};
    setenv("PATH", "/usr/bin:/bin", 1);
    struct program python = start_program(argv, "begun");
    checkpoint_here();
    close((int)need(open("resumed", O_CREAT | O_WRONLY, 0600)));
    await_text(python.out, "got 9");
    require_exit(python, 0);
}
