/* Work of which every step counts, among threads, processes and signals that never cease. What
 * comes out depends on nothing but the work: a call lost or made twice, a signal that broke
 * something, a byte that was not there, and it differs. */
#include "victim.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 3, WORDS = 4096 };

static volatile sig_atomic_t interruptions;
static bool enough, stop;

static void interrupt(int signo)
{
    (void)signo;
    interruptions++;
}

static uint64_t step(uint64_t x)
{
    x ^= x << 13;
    x ^= x >> 7;
    return x ^ x << 17;
}

static uint64_t churn(uint64_t seed, uint64_t *words)
{
    for (size_t i = 0; i < WORDS; i++)
        words[i] = seed = step(seed + words[i]);
    return seed;
}

static void transfer(int fd, bool in, void *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = in ? read(fd, (char *)bytes + done, len - done)
                       : write(fd, (char *)bytes + done, len - done);
        require(n > 0 || (n < 0 && errno == EINTR));
        done += n > 0 ? (size_t)n : 0;
    }
}

/* One round in a child of its own, to which its input goes by one pipe and comes back by another.
 */
static uint64_t churn_in_child(uint64_t seed, uint64_t *words)
{
    int to[2], from[2], status;
    need(pipe2(to, O_CLOEXEC));
    need(pipe2(from, O_CLOEXEC));
    pid_t child = (pid_t)need(fork());
    if (child == 0) {
        uint64_t given;
        transfer(to[0], true, &given, sizeof given);
        given = churn(given, words);
        transfer(from[1], false, &given, sizeof given);
        transfer(from[1], false, words, WORDS * sizeof *words);
        _exit((int)(given & 0x7f));
    }
    transfer(to[1], false, &seed, sizeof seed);
    transfer(from[0], true, &seed, sizeof seed);
    transfer(from[0], true, words, WORDS * sizeof *words);
    while (waitpid(child, &status, 0) < 0)
        require(errno == EINTR);
    require(WIFEXITED(status) && WEXITSTATUS(status) == (int)(seed & 0x7f));
    for (int i = 0; i < 2; i++) {
        close(to[i]);
        close(from[i]);
    }
    return seed;
}

struct worker {
    pthread_t thread;
    uint64_t seed, result;
    int rounds; /* done, or to be done alone, undisturbed, to know what was to come out */
    bool alone;
};

static void *work(void *argument)
{
    struct worker *w = argument;
    uint64_t *words = calloc(WORDS, sizeof *words);
    require(words != NULL);
    for (int round = 0;
         round == 0 || (w->alone ? round < w->rounds : !__atomic_load_n(&enough, __ATOMIC_ACQUIRE));
         round++) {
        w->seed = w->alone || round % 4 ? churn(w->seed, words) : churn_in_child(w->seed, words);
        if (!w->alone)
            w->rounds++;
    }
    w->result = w->seed;
    free(words);
    return NULL;
}

static void *disturb(void *argument)
{
    pthread_t *others = argument;
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        for (int i = 0; i < WORKERS; i++)
            pthread_kill(others[i], SIGUSR1);
        usleep(500);
    }
    return NULL;
}

static void start(struct worker *w)
{
    require(pthread_create(&w->thread, NULL, work, w) == 0);
}

VICTIM(works_among_threads_children_and_signals)
{
    struct worker workers[WORKERS], alone[WORKERS];
    pthread_t threads[WORKERS], disturber;
    struct sigaction action = {.sa_handler = interrupt}; /* without SA_RESTART */
    need(sigaction(SIGUSR1, &action, NULL));
    need(sigaction(SIGALRM, &action, NULL));
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){.seed = (uint64_t)i + 1};
        start(&workers[i]);
        threads[i] = workers[i].thread;
    }
    sigset_t all;
    sigfillset(&all); /* the others are disturbed, and the disturber is not */
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    require(pthread_create(&disturber, NULL, disturb, threads) == 0);
    const struct itimerval often = {{0, 700}, {0, 700}};
    need(setitimer(ITIMER_REAL, &often, NULL));
    checkpoint_here();
    __atomic_store_n(&enough, true, __ATOMIC_RELEASE);
    for (int i = 0; i < WORKERS; i++)
        require(pthread_join(threads[i], NULL) == 0);
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    require(pthread_join(disturber, NULL) == 0);
    for (int i = 0; i < WORKERS; i++) {
        alone[i] =
            (struct worker){.seed = (uint64_t)i + 1, .rounds = workers[i].rounds, .alone = true};
        start(&alone[i]);
    }
    for (int i = 0; i < WORKERS; i++) {
        require(pthread_join(alone[i].thread, NULL) == 0);
        require(workers[i].result == alone[i].result);
    }
    require(interruptions > 0);
}
