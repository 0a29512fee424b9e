/* Memory: every kind of mapping, byte for byte, and what is shared stays shared. */
#include "victim.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096ul
#define BIG (40ul << 20)

static char *map(size_t len, int prot, int flags, int fd)
{
    char *at = mmap(NULL, len, prot, flags | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
    require(at != MAP_FAILED);
    return at;
}

static sigjmp_buf out_of_fault;
static void jump(int signo)
{
    siglongjmp(out_of_fault, signo);
}
/* Which signal reading (or writing) there gives, or 0. */
static int fault_at(volatile char *at, bool writing)
{
    signal(SIGSEGV, jump);
    signal(SIGBUS, jump);
    int signo = sigsetjmp(out_of_fault, 1);
    if (signo == 0) {
        char byte = *at;
        if (writing)
            *at = byte;
    }
    signal(SIGSEGV, SIG_DFL);
    signal(SIGBUS, SIG_DFL);
    return signo;
}

VICTIM(keeps_private_memory)
{
    char *full = map(BIG, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);
    char *sparse = map(BIG, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);
    char *heap = malloc(1 << 16);
    fill_pattern(full, BIG, 1);
    fill_pattern(heap, 1 << 16, 2);
    for (size_t at = 0; at + 50 * PAGE <= BIG; at += 50 * PAGE)
        fill_pattern(sparse + at, PAGE, (uint32_t)at);
    checkpoint_here();
    require(has_pattern(full, BIG, 1) && has_pattern(heap, 1 << 16, 2));
    for (size_t at = 0; at + 50 * PAGE <= BIG; at += 50 * PAGE) {
        require(has_pattern(sparse + at, PAGE, (uint32_t)at));
        require(sparse[at + PAGE] == 0 && sparse[at + 49 * PAGE] == 0);
    }
    full[1] = heap[1] = sparse[PAGE] = 1;
}

VICTIM(keeps_protections)
{
    char *at = map(6 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);
    fill_pattern(at, 6 * PAGE, 3);
    need(mprotect(at, PAGE, PROT_READ));
    need(mprotect(at + 2 * PAGE, PAGE, PROT_NONE));
    need(mprotect(at + 4 * PAGE, PAGE, PROT_READ | PROT_EXEC));
    char *reserved = map(1ul << 40, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE, -1);
    checkpoint_here();
    require(fault_at(at, false) == 0 && fault_at(at, true) == SIGSEGV);
    require(fault_at(at + PAGE, true) == 0);
    require(fault_at(at + 2 * PAGE, false) == SIGSEGV);
    require(fault_at(at + 4 * PAGE, true) == SIGSEGV);
    require(fault_at(reserved + (1ul << 30), false) == SIGSEGV);
    need(mprotect(at, 6 * PAGE, PROT_READ | PROT_WRITE));
    require(has_pattern(at, 6 * PAGE, 3));
    need(mprotect(reserved, PAGE, PROT_READ | PROT_WRITE));
    require(reserved[0] == 0);
}

VICTIM(keeps_the_heap_and_the_stack_growing)
{
    char *brk = sbrk(0);
    need(sbrk(3 * PAGE));
    fill_pattern(brk, 3 * PAGE, 4);
    checkpoint_here();
    require(sbrk(0) == brk + 3 * PAGE && has_pattern(brk, 3 * PAGE, 4));
    require(sbrk(PAGE) == brk + 3 * PAGE);
    brk[3 * PAGE] = 1;
    require(sbrk(-4 * (long)PAGE) == brk + 4 * PAGE && sbrk(0) == brk);
    volatile char deep[4 << 20]; /* far below what was mapped of the stack */
    deep[0] = 1;
    deep[(4 << 20) - 1] = 2;
    require(deep[0] == 1);
}

VICTIM(keeps_a_mapping_that_grows_down)
{
    char *room = map(64 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE, -1);
    need(munmap(room, 64 * PAGE));
    char *at = mmap(room + 63 * PAGE, PAGE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED_NOREPLACE, -1, 0);
    require(at != MAP_FAILED);
    at[0] = 5;
    at[-1] = 6;
    checkpoint_here();
    require(at[0] == 5 && at[-1] == 6);
    at[-(long)PAGE - 1] = 7;
    require(at[-(long)PAGE - 1] == 7);
}

static int new_file(const char *name, size_t len, uint32_t seed)
{
    int fd = (int)need(open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    char *bytes = malloc(len);
    fill_pattern(bytes, len, seed);
    require(write(fd, bytes, len) == (ssize_t)len);
    free(bytes);
    return fd;
}

VICTIM(keeps_private_file_mappings_and_what_it_wrote_to_them)
{
    int fd = new_file("mapped", 8 * PAGE + 100, 10);
    char *at = map(9 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
    char *read_only = map(9 * PAGE, PROT_READ, MAP_PRIVATE, fd);
    close(fd);
    fill_pattern(at + 2 * PAGE, PAGE, 11);
    memset(at + 4 * PAGE, 0, PAGE);
    checkpoint_here();
    require(has_pattern(read_only, 8 * PAGE + 100, 10));
    require(memcmp(at, read_only, 2 * PAGE) == 0 && has_pattern(at + 2 * PAGE, PAGE, 11));
    for (size_t i = 0; i < PAGE; i++)
        require(at[4 * PAGE + i] == 0);
    require(memcmp(at + 5 * PAGE, read_only + 5 * PAGE, 3 * PAGE + 100) == 0);
}

VICTIM(keeps_shared_file_mappings)
{
    int fd = new_file("shared", 7 * PAGE + 100, 12);
    char *writable = map(8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
    char *read_only = map(10 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
    fill_pattern(writable + PAGE, PAGE, 13);
    checkpoint_here();
    require(has_pattern(writable + PAGE, PAGE, 13) && has_pattern(read_only + PAGE, PAGE, 13));
    require(writable[0] == read_only[0]);
    struct stat st;
    need(fstat(fd, &st));
    require(st.st_size == 7 * PAGE + 100);
    writable[100] = 'w';
    require(read_only[100] == 'w');
    char byte;
    require(pread(fd, &byte, 1, 100) == 1 && byte == 'w');
    need(msync(writable, 8 * PAGE, MS_SYNC));
}

VICTIM(keeps_a_mapping_of_a_file_that_is_gone)
{
    int fd = new_file("gone", 4 * PAGE, 14);
    char *shared = map(4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
    char *private = map(4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
    private[PAGE] = 'p';
    need(unlink("gone"));
    checkpoint_here();
    require(has_pattern(shared, 4 * PAGE, 14) && has_pattern(private, PAGE, 14));
    require(private[PAGE] == 'p' && memcmp(private + PAGE + 1, shared + PAGE + 1, PAGE - 1) == 0);
    shared[7] = 's';
    char byte;
    require(pread(fd, &byte, 1, 7) == 1 && byte == 's');
}

VICTIM(keeps_a_memfd_its_seals_and_its_aliases)
{
    int fd = (int)need(memfd_create("a memfd", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    int plain = (int)need(memfd_create("plain", 0));
    need(ftruncate(fd, 16 * PAGE));
    need(ftruncate(plain, PAGE));
    char *one = map(16 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
    char *two = map(16 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
    fill_pattern(one, PAGE, 15);
    fill_pattern(one + 9 * PAGE, PAGE, 16);
    need(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW));
    need(lseek(fd, 77, SEEK_SET));
    checkpoint_here();
    require(has_pattern(two, PAGE, 15) && has_pattern(two + 9 * PAGE, PAGE, 16));
    require(two[PAGE] == 0 && lseek(fd, 0, SEEK_CUR) == 77);
    one[5 * PAGE] = 'a';
    char byte;
    require(two[5 * PAGE] == 'a' && pread(fd, &byte, 1, 5 * PAGE) == 1 && byte == 'a');
    require(fcntl(fd, F_GET_SEALS) == (F_SEAL_SHRINK | F_SEAL_GROW));
    require(ftruncate(fd, PAGE) == -1 && errno == EPERM);
    require(fcntl(plain, F_GET_SEALS) == F_SEAL_SEAL);
    struct stat st;
    need(fstat(fd, &st));
    require(st.st_size == 16 * PAGE);
}

VICTIM(keeps_a_memfd_sealed_against_writing)
{
    int fd = (int)need(memfd_create("sealed", MFD_ALLOW_SEALING));
    char bytes[PAGE];
    fill_pattern(bytes, PAGE, 17);
    require(write(fd, bytes, PAGE) == PAGE);
    need(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL));
    char *at = map(PAGE, PROT_READ, MAP_SHARED, fd);
    checkpoint_here();
    require(has_pattern(at, PAGE, 17) && write(fd, "x", 1) == -1 && errno == EPERM);
}

static void in_shm(bool unlinked)
{
    int fd = (int)need(shm_open("/victim", O_RDWR | O_CREAT | O_EXCL, 0640));
    need(ftruncate(fd, 4 * PAGE));
    char *at = map(4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
    fill_pattern(at, 2 * PAGE, 18);
    close(fd);
    if (unlinked)
        need(shm_unlink("/victim"));
    checkpoint_here();
    require(has_pattern(at, 2 * PAGE, 18) && at[3 * PAGE] == 0);
    fd = shm_open("/victim", O_RDWR, 0);
    require((fd < 0) == unlinked);
    if (unlinked)
        return;
    struct stat st;
    need(fstat(fd, &st));
    require(st.st_size == 4 * PAGE && (st.st_mode & 07777) == 0640);
    at[3] = 'z';
    char byte;
    require(pread(fd, &byte, 1, 3) == 1 && byte == 'z');
}
VICTIM(keeps_named_shared_memory)
{
    in_shm(false);
}
VICTIM(keeps_unlinked_shared_memory)
{
    in_shm(true);
}

VICTIM(keeps_posix_semaphores)
{
    sem_t *named = sem_open("/of-a-victim", O_CREAT | O_EXCL, 0600, 3), *other;
    require(named != SEM_FAILED);
    need(sem_wait(named));
    checkpoint_here();
    int value;
    need(sem_getvalue(named, &value));
    require(value == 2);
    other = sem_open("/of-a-victim", 0);
    require(other != SEM_FAILED);
    need(sem_post(other));
    need(sem_getvalue(named, &value));
    require(value == 3);
    need(sem_unlink("/of-a-victim"));
}

/* Shared memory, in which parent and child wake each other over a futex. */
struct shared {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    int turn;
    char bytes[3 * PAGE];
};
VICTIM(keeps_anonymous_memory_shared_with_a_child)
{
    struct shared *s = (struct shared *)map(sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED, -1);
    pthread_mutexattr_t mutex;
    pthread_condattr_t condition;
    pthread_mutexattr_init(&mutex);
    pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
    pthread_condattr_init(&condition);
    pthread_condattr_setpshared(&condition, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&s->mutex, &mutex);
    pthread_cond_init(&s->condition, &condition);
    fill_pattern(s->bytes, sizeof s->bytes, 19);
    pid_t child = (pid_t)need(fork());
    if (child == 0) {
        pthread_mutex_lock(&s->mutex);
        while (s->turn == 0)
            pthread_cond_wait(&s->condition, &s->mutex);
        bool right = has_pattern(s->bytes, sizeof s->bytes, 19);
        s->bytes[0] = 'c';
        pthread_mutex_unlock(&s->mutex);
        _exit(right ? 0 : 1);
    }
    await_syscall(child, SYS_futex);
    checkpoint_here();
    pthread_mutex_lock(&s->mutex);
    s->turn = 1;
    pthread_mutex_unlock(&s->mutex);
    pthread_cond_signal(&s->condition);
    int status;
    require(waitpid(child, &status, 0) == child && status == 0 && s->bytes[0] == 'c');
}

static unsigned long pss_kib(void)
{
    unsigned long kib = 0;
    char line[256];
    FILE *rollup = fopen("/proc/self/smaps_rollup", "re");
    require(rollup != NULL);
    while (fgets(line, sizeof line, rollup))
        if (sscanf(line, "Pss: %lu", &kib) == 1)
            break;
    fclose(rollup);
    return kib;
}

/* Memory that forks share stays shared: four holders of 40 MiB have a quarter each to answer for.
 */
VICTIM(keeps_memory_shared_across_forks)
{
    enum { CHILDREN = 3 };
    int go[2];
    pid_t children[CHILDREN];
    char *at = map(BIG, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);
    fill_pattern(at, BIG, 20);
    need(pipe(go));
    for (int i = 0; i < CHILDREN; i++) {
        children[i] = (pid_t)need(fork());
        if (children[i] == 0) {
            fill_pattern(at + (size_t)i * PAGE, PAGE, 21 + (uint32_t)i);
            memset(at + 10 * PAGE, 0, PAGE);
            need(madvise(at + 12 * PAGE, PAGE, MADV_DONTNEED));
            char byte;
            need(read(go[0], &byte, 1));
            bool right = has_pattern(at + (size_t)i * PAGE, PAGE, 21 + (uint32_t)i) &&
                         at[10 * PAGE + 5] == 0 && at[12 * PAGE + 5] == 0;
            at[BIG - 1] = (char)i; /* nobody else sees that */
            _exit(right ? 0 : 1);
        }
        await_syscall(children[i], SYS_read);
    }
    checkpoint_here();
    require(pss_kib() < (BIG >> 10) / 2);
    require(has_pattern(at, BIG, 20));
    for (int i = 0; i < CHILDREN; i++) {
        int status;
        require(write(go[1], "g", 1) == 1);
        require(wait(&status) > 0 && status == 0);
    }
    require(has_pattern(at, BIG, 20));
}

/* What the kernel tells of a process by its memory. */
VICTIM(keeps_its_command_line_and_program)
{
    char before[4096], after[4096], exe_before[512], exe_after[512];
    static const char *const files[] = {"/proc/self/cmdline", "/proc/self/environ",
                                        "/proc/self/auxv"};
    ssize_t lengths[3], exe = need(readlink("/proc/self/exe", exe_before, sizeof exe_before));
    char *texts[3];
    for (int i = 0; i < 3; i++) {
        int fd = (int)need(open(files[i], O_RDONLY));
        lengths[i] = need(read(fd, before, sizeof before));
        texts[i] = memcpy(malloc(sizeof before), before, sizeof before);
        close(fd);
    }
    checkpoint_here();
    for (int i = 0; i < 3; i++) {
        int fd = (int)need(open(files[i], O_RDONLY));
        require(need(read(fd, after, sizeof after)) == lengths[i]);
        require(memcmp(texts[i], after, (size_t)lengths[i]) == 0);
        close(fd);
    }
    require(readlink("/proc/self/exe", exe_after, sizeof exe_after) == exe &&
            memcmp(exe_before, exe_after, (size_t)exe) == 0);
}

static bool has_flag(const void *at, const char *flag)
{
    bool inside = false, found = false;
    char line[512];
    FILE *smaps = fopen("/proc/self/smaps", "re");
    require(smaps != NULL);
    while (fgets(line, sizeof line, smaps)) {
        unsigned long start, end;
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
            inside = (unsigned long)at >= start && (unsigned long)at < end;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            found |= strstr(line, flag) != NULL;
    }
    fclose(smaps);
    return found;
}

VICTIM(keeps_memory_that_forks_lose)
{
    char *dropped = map(8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);
    char *wiped = map(8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);
    fill_pattern(dropped, 8 * PAGE, 5);
    fill_pattern(wiped, 8 * PAGE, 6);
    need(madvise(dropped, 8 * PAGE, MADV_DONTFORK));
    need(madvise(wiped, 8 * PAGE, MADV_WIPEONFORK));
    need(mprotect(wiped + PAGE, PAGE, PROT_NONE));
    checkpoint_here();
    need(mprotect(wiped + PAGE, PAGE, PROT_READ | PROT_WRITE));
    require(has_pattern(dropped, 8 * PAGE, 5) && has_pattern(wiped, 8 * PAGE, 6));
    pid_t child = (pid_t)need(fork());
    if (child == 0)
        _exit(wiped[0] == 0 && wiped[7 * PAGE] == 0 && fault_at(dropped, false) == SIGSEGV ? 0 : 1);
    int status;
    require(waitpid(child, &status, 0) == child && status == 0);
}

VICTIM(keeps_advice_and_locks)
{
    char *huge = map(4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);
    char *locked = map(4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);
    char *undumped = map(4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);
    need(madvise(huge, 4 << 20, MADV_HUGEPAGE));
    need(mlock(locked, 4 * PAGE));
    need(madvise(undumped, 4 * PAGE, MADV_DONTDUMP));
    fill_pattern(huge, 4 << 20, 9);
    checkpoint_here();
    require(has_pattern(huge, 4 << 20, 9));
    require(has_flag(huge, " hg") && has_flag(locked, " lo") && has_flag(undumped, " dd"));
}

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

VICTIM(keeps_guards)
{
    char *guarded = map(32 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);
    fill_pattern(guarded, 32 * PAGE, 7);
    int rc = madvise(guarded + PAGE, 2 * PAGE, MADV_GUARD_INSTALL);
    if (rc == -1 && errno == EINVAL) /* a kernel before 6.13 */
        return checkpoint_here();
    need(madvise(guarded + 31 * PAGE, PAGE, MADV_GUARD_INSTALL));
    checkpoint_here();
    require(has_pattern(guarded, PAGE, 7));
    require(fault_at(guarded + PAGE, false) == SIGSEGV);
    require(fault_at(guarded + 3 * PAGE - 1, true) == SIGSEGV);
    require(fault_at(guarded + 31 * PAGE, false) == SIGSEGV);
    char *whole = malloc(32 * PAGE);
    fill_pattern(whole, 32 * PAGE, 7);
    require(memcmp(guarded + 3 * PAGE, whole + 3 * PAGE, 28 * PAGE) == 0);
}
