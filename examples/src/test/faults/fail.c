/* Preloaded: lets call number FAULT_NUMBER of the function FAULT_CALL fail once with errno FAULT_ERROR, in this process. With
 * FAULT_COUNT set instead, writes at the end into FAULT_COUNT.PID how often each function was called. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CALLS(X)                                                                                   \
    X(open) X(open64) X(openat) X(openat64) X(read) X(pread) X(pread64) X(write) X(pwrite)         \
    X(pwrite64) X(writev) X(fsync) X(fdatasync) X(rename) X(renameat) X(renameat2) X(link)         \
    X(linkat) X(unlink) X(unlinkat) X(mkdir) X(mkdirat) X(stat) X(stat64) X(lstat) X(lstat64)      \
    X(fstat) X(fstat64) X(fstatat) X(fstatat64) X(statx) X(ftruncate) X(ftruncate64) X(lseek)      \
    X(lseek64) X(fcntl64) X(flock) X(futimens) X(readlink) X(readlinkat) X(access) X(faccessat)    \
    X(socket) X(connect) X(bind) X(listen) X(accept4) X(sendmsg) X(recvmsg) X(send) X(recv)        \
    X(poll) X(epoll_create1) X(epoll_ctl) X(epoll_wait) X(eventfd) X(signalfd) X(pipe2) X(dup2)    \
    X(dup3) X(fork) X(waitpid) X(waitid) X(process_vm_readv) X(process_vm_writev) X(fstatfs)       \
    X(fstatvfs) X(memfd_create) X(copy_file_range) X(fdopendir) X(mount) X(unshare) X(setns)       \
    X(kill) X(dup) X(fallocate) X(syscall) X(ptrace)

#define NUMBER(name) N_##name,
enum { CALLS(NUMBER) N };
#define NAME(name) #name,
static const char *const names[] = {CALLS(NAME)};
static unsigned made[N];
static int wanted = -1, error;
static unsigned number;

__attribute__((constructor)) static void begin(void)
{
    const char *call = getenv("FAULT_CALL");
    for (int i = 0; call && i < N; i++)
        if (strcmp(names[i], call) == 0)
            wanted = i;
    error = atoi(getenv("FAULT_ERROR") ?: "0");
    number = (unsigned)atoi(getenv("FAULT_NUMBER") ?: "0");
}

__attribute__((destructor)) static void end(void)
{
    char path[4200];
    if (!getenv("FAULT_COUNT"))
        return;
    snprintf(path, sizeof path, "%s.%d", getenv("FAULT_COUNT"), getpid());
    FILE *f = fopen(path, "w");
    for (int i = 0; f && i < N; i++)
        if (made[i])
            fprintf(f, "%s %u\n", names[i], made[i]);
    if (f)
        fclose(f);
}

static int fails(int call)
{
    return __atomic_add_fetch(&made[call], 1, __ATOMIC_RELAXED) == number && call == wanted;
}

/* Six words hold the arguments of all of them; what a call does not take is passed on unread. */
#define STAND_IN(name)                                                                             \
    __attribute__((visibility("default"))) long stand_in_##name(long, long, long, long, long,    \
                                                              long, long) __asm__(#name);          \
    long stand_in_##name(long a, long b, long c, long d, long e, long f, long g)                              \
    {                                                                                              \
        static long (*next)(long, long, long, long, long, long, long);                             \
        if (!next)                                                                                 \
            next = (long (*)(long, long, long, long, long, long, long))dlsym(RTLD_NEXT, #name);    \
        if (!fails(N_##name))                                                                      \
            return next(a, b, c, d, e, f, g);                                                      \
        errno = error;                                                                             \
        return N_##name == N_fdopendir ? 0 : -1;                                                   \
    }
CALLS(STAND_IN)
