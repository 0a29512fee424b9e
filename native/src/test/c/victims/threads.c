/* What a thread has of its own. */
#include "victim.h"

#include <fenv.h>
#include <linux/rseq.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/rseq.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define THREADS 4

static int waiting, go_on, done;
static __thread uint32_t own = 0xdead;

static void wait_for_the_others(void)
{
    __atomic_add_fetch(&waiting, 1, __ATOMIC_ACQ_REL);
    while (!__atomic_load_n(&go_on, __ATOMIC_ACQUIRE))
        sched_yield();
}

static void capture_threads(void *(*body)(void *))
{
    pthread_t threads[THREADS];
    for (long i = 0; i < THREADS; i++)
        require(pthread_create(&threads[i], NULL, body, (void *)i) == 0);
    while (__atomic_load_n(&waiting, __ATOMIC_ACQUIRE) < THREADS)
        sched_yield();
    checkpoint_here();
    __atomic_store_n(&go_on, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < THREADS; i++)
        require(pthread_join(threads[i], NULL) == 0);
    require(done == THREADS);
}

/* All vector registers hold something while nothing but them does: the loop is in assembly. */
__attribute__((target("avx"))) static void *with_vectors(void *number)
{
    float base = (float)(long)number * 100;
    __attribute__((aligned(32))) float in[4][8], out[4][8];
    for (int r = 0; r < 4; r++)
        for (int i = 0; i < 8; i++)
            in[r][i] = base + (float)(r * 8 + i);
    __atomic_add_fetch(&waiting, 1, __ATOMIC_ACQ_REL);
    uint64_t counted = 0;
    __asm__ volatile("vmovaps (%[in]), %%ymm12\n vmovaps 32(%[in]), %%ymm13\n"
                     "vmovaps 64(%[in]), %%ymm14\n vmovaps 96(%[in]), %%ymm15\n"
                     "1: incq %[counted]\n cmpl $0, (%[go])\n je 1b\n"
                     "vmovaps %%ymm12, (%[out])\n vmovaps %%ymm13, 32(%[out])\n"
                     "vmovaps %%ymm14, 64(%[out])\n vmovaps %%ymm15, 96(%[out])\n"
                     : [counted] "+&r"(counted)
                     : [in] "r"(in), [out] "r"(out), [go] "r"(&go_on)
                     : "memory", "cc", "xmm12", "xmm13", "xmm14", "xmm15");
    require(memcmp(in, out, sizeof in) == 0 && counted > 0);
    __atomic_add_fetch(&done, 1, __ATOMIC_ACQ_REL);
    return NULL;
}
VICTIM(keeps_vector_registers_of_threads_that_compute)
{
    if (!__builtin_cpu_supports("avx"))
        done = THREADS;
    capture_threads(with_vectors);
}

#define TILES 18 /* component of the processor's state */
static const struct {
    uint8_t palette, start, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} one_tile = {.palette = 1, .row_bytes = {64}, .rows = {16}};
static uint8_t tiles[THREADS][1024]; /* the first one's is used, and empty */

static void load_tile(const uint8_t *tile)
{
    __asm__ volatile("ldtilecfg (%0)\n tileloadd (%1,%2), %%tmm0"
                     :
                     : "r"(&one_tile), "r"(tile), "r"(64L)
                     : "memory");
}

static void require_tile(const uint8_t *tile)
{
    uint8_t out[sizeof *tiles];
    __asm__ volatile("tilestored %%tmm0, (%0,%1)\n tilerelease" : : "r"(out), "r"(64L) : "memory");
    require(memcmp(out, tile, sizeof out) == 0);
}

static void *with_tiles(void *number)
{
    const uint8_t *tile = tiles[(long)number];
    load_tile(tile);
    wait_for_the_others();
    require_tile(tile);
    __atomic_add_fetch(&done, 1, __ATOMIC_ACQ_REL);
    return NULL;
}
VICTIM(keeps_amx_in_use_and_the_permission_to_use_it)
{
    if (syscall(SYS_arch_prctl, 0x1023 /* ARCH_REQ_XCOMP_PERM */, TILES) != 0) {
        checkpoint_here(); /* this host has no AMX */
        return;
    }
    for (uint32_t i = 1; i < THREADS; i++)
        fill_pattern(tiles[i], sizeof tiles[i], i);
    capture_threads(with_tiles);
    load_tile(tiles[1]); /* the first time in this thread */
    require_tile(tiles[1]);
}

/* Most of its time is spent in the vdso. */
static void *reads_the_clock(void *unused)
{
    struct timespec before = {0}, now;
    __atomic_add_fetch(&waiting, 1, __ATOMIC_ACQ_REL);
    while (!__atomic_load_n(&go_on, __ATOMIC_ACQUIRE)) {
        need(clock_gettime(CLOCK_MONOTONIC, &now));
        require(now.tv_sec > before.tv_sec ||
                (now.tv_sec == before.tv_sec && now.tv_nsec >= before.tv_nsec));
        before = now;
    }
    __atomic_add_fetch(&done, 1, __ATOMIC_ACQ_REL);
    return unused;
}
VICTIM(reads_the_clock_in_the_vdso)
{
    capture_threads(reads_the_clock);
}

static void *with_own_storage(void *number)
{
    own = 0xbeef0000u + (uint32_t)(long)number;
    pid_t tid = gettid();
    wait_for_the_others();
    require(own == 0xbeef0000u + (uint32_t)(long)number);
    require(gettid() == tid && syscall(SYS_gettid) == tid);
    __atomic_add_fetch(&done, 1, __ATOMIC_ACQ_REL);
    return NULL;
}
VICTIM(keeps_thread_local_storage_and_numbers)
{
    own = 1;
    pid_t pid = getpid(), parent = getppid();
    capture_threads(with_own_storage);
    require(own == 1 && getpid() == pid && syscall(SYS_getpid) == pid && getppid() == parent);
}

VICTIM(keeps_rounding_and_exception_masks)
{
    fesetround(FE_UPWARD);
    feenableexcept(FE_DIVBYZERO);
    checkpoint_here();
    require(fegetround() == FE_UPWARD && fegetexcept() == FE_DIVBYZERO);
    volatile double one = 1, three = 3;
    require(one / three > 0.33333333333333331);
}

static pthread_mutex_t robust;
static void *dies_with_a_mutex(void *unused)
{
    require(pthread_mutex_lock(&robust) == 0);
    wait_for_the_others();
    __atomic_add_fetch(&done, 1, __ATOMIC_ACQ_REL);
    return unused;
}
VICTIM(keeps_robust_mutexes)
{
    pthread_mutexattr_t attributes;
    pthread_t thread;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    require(pthread_mutex_init(&robust, &attributes) == 0);
    require(pthread_create(&thread, NULL, dies_with_a_mutex, NULL) == 0);
    while (__atomic_load_n(&waiting, __ATOMIC_ACQUIRE) < 1)
        sched_yield();
    checkpoint_here();
    __atomic_store_n(&go_on, 1, __ATOMIC_RELEASE);
    require(pthread_mutex_lock(&robust) == EOWNERDEAD);
    require(pthread_join(thread, NULL) == 0);
}

/* The kernel goes on to write the processor's number into the area that libc registered. */
static void *with_rseq(void *unused)
{
    struct rseq *area = (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
    wait_for_the_others();
    cpu_set_t one;
    unsigned cpu;
    for (int i = 0; i < 8; i++) {
        CPU_ZERO(&one);
        CPU_SET(i % (int)sysconf(_SC_NPROCESSORS_ONLN), &one);
        if (sched_setaffinity(0, sizeof one, &one) == 0) {
            require(syscall(SYS_getcpu, &cpu, NULL, NULL) == 0);
            require(*(volatile uint32_t *)&area->cpu_id == cpu);
        }
    }
    __atomic_add_fetch(&done, 1, __ATOMIC_ACQ_REL);
    return unused;
}
VICTIM(keeps_rseq_registered)
{
    if (__rseq_size == 0)
        return checkpoint_here();
    capture_threads(with_rseq);
}

static void *with_a_name(void *number)
{
    char name[16], now[16];
    snprintf(name, sizeof name, "worker (%ld) %%s", (long)number);
    need(prctl(PR_SET_NAME, name));
    need(setpriority(PRIO_PROCESS, 0, 3 + (int)(long)number));
    sigset_t mask, mask_now;
    sigemptyset(&mask);
    sigaddset(&mask, SIGRTMIN + 2 + (int)(long)number);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    wait_for_the_others();
    need(prctl(PR_GET_NAME, now));
    require(strcmp(name, now) == 0);
    require(getpriority(PRIO_PROCESS, 0) == 3 + (int)(long)number);
    pthread_sigmask(SIG_SETMASK, NULL, &mask_now);
    require(memcmp(&mask, &mask_now, 8) == 0);
    __atomic_add_fetch(&done, 1, __ATOMIC_ACQ_REL);
    return NULL;
}
VICTIM(keeps_names_priorities_and_masks_of_threads)
{
    capture_threads(with_a_name);
}

/* Threads come and go all the time, also in the instant of the capture. */
static void *short_lived(void *unused)
{
    __atomic_add_fetch(&done, 1, __ATOMIC_ACQ_REL);
    return unused;
}
static void *breeder(void *unused)
{
    while (!__atomic_load_n(&go_on, __ATOMIC_ACQUIRE)) {
        pthread_t thread;
        require(pthread_create(&thread, NULL, short_lived, NULL) == 0);
        require(pthread_join(thread, NULL) == 0);
    }
    return unused;
}
VICTIM(starts_and_ends_threads_all_the_time)
{
    pthread_t breeders[2];
    for (int i = 0; i < 2; i++)
        require(pthread_create(&breeders[i], NULL, breeder, NULL) == 0);
    checkpoint_here();
    int before = __atomic_load_n(&done, __ATOMIC_ACQUIRE);
    while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) < before + 50)
        sched_yield();
    __atomic_store_n(&go_on, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < 2; i++)
        require(pthread_join(breeders[i], NULL) == 0);
}

VICTIM(keeps_settings_of_the_process)
{
    int value = 0;
    need(prctl(PR_SET_NAME, "a victim)"));
    need(prctl(PR_SET_PDEATHSIG, SIGUSR2));
    need(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    need(prctl(PR_SET_CHILD_SUBREAPER, 1));
    need(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
    struct rlimit limit = {123, 456}, now;
    need(setrlimit(RLIMIT_NOFILE, &limit));
    umask(0137);
    checkpoint_here();
    char name[16];
    need(prctl(PR_GET_NAME, name));
    require(strcmp(name, "a victim)") == 0);
    need(prctl(PR_GET_PDEATHSIG, &value));
    require(value == SIGUSR2);
    require(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    need(prctl(PR_GET_CHILD_SUBREAPER, &value));
    require(value == 1 && prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1);
    need(getrlimit(RLIMIT_NOFILE, &now));
    require(now.rlim_cur == 123 && now.rlim_max == 456);
    require(umask(0) == 0137);
    require(prctl(PR_GET_DUMPABLE) == 1);
}
