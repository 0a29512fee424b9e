/* generated SEED ONLY WITHOUT DROPPED: the program of a generated step ("-" for none). It makes its
 * tree, and then does what the test says through the fifo `go`, a letter and a number each time:
 *   o  all observe themselves, into text.NUMBER
 *   a  all act
 *   d  all take out what waits; then the program ends
 * It answers through `ready` when it has heard, and when it is done. Without arguments: lists the
 * kinds. */
#include "board.h"
#include "objects.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_NODES 7
#define ACTIONS 20 /* in a round, so that it takes a while */

static struct choice choice;

static void take_turn(uint32_t member)
{
    char what = board_await_turn(member), path[32];
    observer_prefix("%u.", member);
    switch (what) {
    case 'o':
        observe_thread();
        if (gettid() == getpid())
            observe_process();
        snprintf(path, sizeof path, "text.%u", board_round());
        observer_flush(path);
        break;
    case 'a':
        for (int i = 0; i < ACTIONS; i++)
            objects_act(member);
        break;
    case 'd':
        objects_drain(member);
        observe_by_draining_signals();
        observer_flush("text.drained");
        break;
    }
    board_end_turn();
}

struct thread_start {
    int node, first;
    uint32_t member, expected;
};

static void *thread_main(void *argument)
{
    const struct thread_start start = *(struct thread_start *)argument;
    uint64_t random = random_from(choice.seed, (uint64_t)start.node, 2000 + (uint64_t)start.first);
    for (int i = 0; i < (int)(random % 3); i++)
        objects_make(&choice, start.node, start.first + i, start.member, NULL);
    board_announce(start.expected);
    for (;;)
        take_turn(start.member);
    return NULL;
}

static void start_thread(int node, int first)
{
    static struct thread_start start;
    pthread_t thread;
    uint32_t expected = board_expect();
    start = (struct thread_start){node, first, board_join(), expected};
    if (pthread_create(&thread, NULL, thread_main, &start) == 0)
        board_await(expected);
    else /* what was made before forbids it: pid namespaces, locks of memory */
        board_leave();
}

static uint32_t make_process(int node);

/* What a child is to its family. */
enum place { CHILD, GROUP, SESSION, ORPHAN, ORPHAN_OF_A_GROUP, PLACES };

static void take_place(enum place place)
{
    if (place == GROUP || place == ORPHAN_OF_A_GROUP)
        setpgid(0, 0);
    if (place == SESSION)
        setsid();
}

/* Some of what a process got from its parent it closes: shared, moved, or held by one of them. */
static void close_some(uint64_t random)
{
    for (int fd = 3; fd < 64; fd++)
        if (random_of(&random) % 3 == 0)
            close(fd);
}

/* The first child is then pid 1 of others, which end with it. */
static bool makes_a_pid_namespace(void)
{
    struct stat own, of_children;
    return stat("/proc/self/ns/pid", &own) == 0 &&
           (stat("/proc/self/ns/pid_for_children", &of_children) != 0 ||
            own.st_ino != of_children.st_ino);
}

static void fork_process(int node, uint64_t random)
{
    char name[16];
    snprintf(name, sizeof name, ",%d,", node);
    if (strstr(choice.dropped, name))
        return;
    enum place place = (enum place)(random % PLACES);
    if (place >= ORPHAN && makes_a_pid_namespace())
        place = CHILD;
    uint32_t expected = board_expect();
    pid_t pid = fork();
    if (pid == 0) {
        take_place(place);
        pid_t parent = getpid();
        if (place >= ORPHAN && fork() != 0)
            _exit(0);
        while (place >= ORPHAN && getppid() == parent)
            sched_yield(); /* an orphan makes nothing before it is one */
        objects_forget_members();
        close_some(random);
        uint32_t member = make_process(node);
        board_announce(expected);
        for (;;)
            take_turn(member);
    }
    if (pid < 0)
        return;
    while (place >= ORPHAN && waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    board_await(expected);
}

/* Its objects, its children and then its threads; each whole before the next. */
static uint32_t make_process(int node)
{
    uint32_t member = board_join();
    uint64_t random = random_from(choice.seed, (uint64_t)node, 1000);
    int objects = 3 + (int)(random_of(&random) % 8), children = (int)(random_of(&random) % 3),
        threads = (int)(random_of(&random) % 6) - 3;
    observer_prefix("%u.", member);
    for (int i = 0; i < objects; i++)
        objects_make(&choice, node, i, member, NULL);
    for (int i = 1; i <= children; i++)
        if (node * 2 + i < MOST_NODES)
            fork_process(node * 2 + i, random_of(&random));
    for (int i = 0; i < threads; i++)
        start_thread(node, 20 + i * 10);
    return member;
}

static void make_only(void)
{
    uint32_t member = board_join();
    observer_prefix("%u.", member);
    objects_make(&choice, 0, 0, member, "event_counter");
    objects_make(&choice, 0, 1, member, choice.only);
    if (choice.seed % 3 == 0)
        objects_make(&choice, 0, 2, member, choice.only);
}

static void answer(void)
{
    int fd = open("ready", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "r", 1) != 1)
        _exit(3);
    close(fd);
}

/* Until the test has let go of the fifo: no checkpoint may find it open. */
static char hear(uint32_t *number)
{
    char heard[16] = "";
    size_t len = 0;
    ssize_t n;
    int fd = open("go", O_RDONLY | O_CLOEXEC);
    while ((n = read(fd, heard + len, sizeof heard - 1 - len)) > 0 || (n < 0 && errno == EINTR))
        len += n > 0 ? (size_t)n : 0;
    close(fd);
    *number = (uint32_t)strtoul(heard + 1, NULL, 10);
    return heard[0];
}

static void serve(void)
{
    uint32_t number;
    char what;
    do {
        what = hear(&number);
        if (!what)
            continue;
        board_begin_round(what, number);
        answer();
        take_turn(0);
        board_await_round();
        if (what == 'o') {
            char path[32];
            observer_prefix("all.");
            observe_relations();
            snprintf(path, sizeof path, "text.%u", number);
            observer_flush(path);
        }
        answer();
    } while (what != 'd');
}

/* The same addresses in every life of the same seed, undisturbed or not. */
static void without_chance(char **argv)
{
    int now = personality(0xffffffff);
    if (now & ADDR_NO_RANDOMIZE)
        return;
    personality((unsigned)now | ADDR_NO_RANDOMIZE);
    execv("/proc/self/exe", argv);
    _exit(1);
}

static const char *list_of(const char *argument)
{
    return strcmp(argument, "-") == 0 ? "" : argument;
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        for (const struct kind *k = __start_kinds; k < __stop_kinds; k++)
            puts(k->name);
        return 0;
    }
    without_chance(argv);
    choice = (struct choice){.seed = strtoull(argv[1], NULL, 10),
                             .only = *list_of(argv[2]) ? argv[2] : NULL,
                             .without = list_of(argv[3]),
                             .dropped = list_of(argv[4])};
    board_open();
    if (choice.only)
        make_only();
    else
        make_process(0);
    board_complete();
    answer();
    serve();
    return 0;
}
