#include "journal/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "journal/missing.h"

#define MOST_INSTRUCTIONS 300
#define NR offsetof(struct seccomp_data, nr)
/* Loads the low half of an argument: flags are 32 bits wide, and the machine is little-endian. */
#define ARGUMENT(n) (offsetof(struct seccomp_data, args) + 8 * (n))

#define WRITING (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)

/* Calls that always change a file or a name, if they succeed. */
static const int changing[] = {
    SYS_openat2,      SYS_creat,      SYS_truncate,      SYS_ftruncate,   SYS_rename,
    SYS_renameat,     SYS_renameat2,  SYS_unlink,        SYS_unlinkat,    SYS_rmdir,
    SYS_link,         SYS_linkat,     SYS_symlink,       SYS_symlinkat,   SYS_mkdir,
    SYS_mkdirat,      SYS_mknod,      SYS_mknodat,       SYS_chmod,       SYS_fchmod,
    SYS_fchmodat,     SYS_fchmodat2,  SYS_chown,         SYS_fchown,      SYS_lchown,
    SYS_fchownat,     SYS_utime,      SYS_utimes,        SYS_futimesat,   SYS_utimensat,
    SYS_setxattr,     SYS_lsetxattr,  SYS_fsetxattr,     SYS_removexattr, SYS_lremovexattr,
    SYS_fremovexattr, SYS_setxattrat, SYS_removexattrat, SYS_bind,
};

struct program {
    struct sock_filter code[MOST_INSTRUCTIONS];
    unsigned short len;
};

static void add(struct program *p, struct sock_filter instruction)
{
    p->code[p->len++] = instruction;
}

static void add_return(struct program *p, uint32_t action)
{
    add(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

static void add_tell(struct program *p, int nr)
{
    add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 1));
    add_return(p, SECCOMP_RET_USER_NOTIF);
}

/* Reports the call if any of the bits is set in the argument. */
static void add_tell_bits(struct program *p, int nr, unsigned argument, uint32_t bits)
{
    add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 4));
    add(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT(argument)));
    add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1));
    add_return(p, SECCOMP_RET_USER_NOTIF);
    add_return(p, SECCOMP_RET_ALLOW);
}

/* A shared mapping of a file can overwrite the file, even one that was opened for appending. */
static void add_tell_shared_mapping(struct program *p)
{
    add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 5));
    add(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT(3)));
    add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, MAP_ANONYMOUS, 2, 0));
    add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, MAP_SHARED, 0, 1));
    add_return(p, SECCOMP_RET_USER_NOTIF);
    add_return(p, SECCOMP_RET_ALLOW);
}

/* fcntl(F_SETFL) without O_APPEND: afterwards the file can be overwritten. */
static void add_tell_no_append(struct program *p)
{
    add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fcntl, 0, 6));
    add(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT(1)));
    add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, F_SETFL, 0, 3));
    add(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT(2)));
    add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_APPEND, 1, 0));
    add_return(p, SECCOMP_RET_USER_NOTIF);
    add_return(p, SECCOMP_RET_ALLOW);
}

static void build(const struct filter_spec *spec, bool tell, struct program *p)
{
    p->len = 0;
    add(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                        offsetof(struct seccomp_data, arch)));
    /* A checkpoint refuses 32-bit processes anyway. */
    add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0));
    add_return(p, SECCOMP_RET_ALLOW);
    add(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NR));
    if (tell) {
        add_tell_bits(p, SYS_openat, 2, WRITING);
        add_tell_bits(p, SYS_open, 1, WRITING);
        add_tell_shared_mapping(p);
        add_tell_no_append(p);
        add_tell_bits(p, SYS_fallocate, 1, ~1u); /* every flag but FALLOC_FL_KEEP_SIZE overwrites
                                                  * data */
        add_tell_bits(p, SYS_pwritev2, 5, RWF_NOAPPEND);
        for (size_t i = 0; i < sizeof changing / sizeof *changing; i++)
            add_tell(p, changing[i]);
    }
    if (spec->deny_io_uring) {
        add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1));
        add_return(p, SECCOMP_RET_ERRNO | ENOSYS);
    }
    add_return(p, SECCOMP_RET_ALLOW);
}

static long install(const struct filter_spec *spec, bool tell, unsigned flags)
{
    struct program p;
    build(spec, tell, &p);
    struct sock_fprog program = {p.len, p.code};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

int filter_install(const struct filter_spec *spec, int *listener, char *why_not, size_t size,
                   cairn_error *err)
{
    *listener = -1;
    why_not[0] = '\0';
    if (spec->tell_changes) {
        const unsigned plain = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
        /* Without this flag, a signal would interrupt an open() that the program never sees
         * interrupted otherwise. */
        long fd = install(spec, true, plain | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
        if (fd < 0 && errno == EINVAL)
            fd = install(spec, true, plain);
        if (fd >= 0) {
            *listener = (int)fd;
            return 0;
        }
        snprintf(why_not, size, "%s",
                 errno == EBUSY ? "a program above this step is told of its system calls already"
                                : strerror(errno));
    }
    if (!spec->deny_io_uring)
        return 0;
    if (install(spec, false, SECCOMP_FILTER_FLAG_SPEC_ALLOW) < 0 && errno != EINVAL &&
        errno != ENOSYS && errno != EACCES)
        return cairn_fail_errno(err, "installing the step's system call filter");
    return 0;
}
