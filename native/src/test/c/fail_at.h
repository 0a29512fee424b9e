/* One call by which a process looks at the disk fails, as on a file server that stumbles: the
 * program is linked with --wrap for fstatat, faccessat, openat and syscall (openat2). */
#ifndef CAIRN_TEST_FAIL_AT_H
#define CAIRN_TEST_FAIL_AT_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static unsigned looks, fails_at; /* 0: none does */

/* Says so on stdout. */
static int look_fails(const char *name)
{
    if (fails_at == 0 || ++looks != fails_at)
        return 0;
    printf("failed: %s\n", name);
    fflush(stdout);
    errno = EIO;
    return 1;
}

int __real_fstatat(int folder, const char *path, struct stat *st, int flags);
int __wrap_fstatat(int folder, const char *path, struct stat *st, int flags);
int __wrap_fstatat(int folder, const char *path, struct stat *st, int flags)
{
    return look_fails("fstatat") ? -1 : __real_fstatat(folder, path, st, flags);
}

int __real_faccessat(int folder, const char *path, int mode, int flags);
int __wrap_faccessat(int folder, const char *path, int mode, int flags);
int __wrap_faccessat(int folder, const char *path, int mode, int flags)
{
    return look_fails("faccessat") ? -1 : __real_faccessat(folder, path, mode, flags);
}

int __real_openat(int folder, const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(list, mode_t) : 0;
    va_end(list);
    return look_fails("openat") ? -1 : __real_openat(folder, path, flags, mode);
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
    long a[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    return number == SYS_openat2 && look_fails("openat2")
               ? -1
               : __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

#endif
