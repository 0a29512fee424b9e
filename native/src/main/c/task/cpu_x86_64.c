#include "task/cpu.h"

#include <cpuid.h>
#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "common/hex.h"

#ifndef NT_X86_XSTATE
#define NT_X86_XSTATE 0x202
#endif
#define EXTENDED_LIMIT (64u << 10)

/* The kernel's own codes for "make this call again"; user space never sees them. */
enum { ERESTARTSYS = 512, ERESTARTNOHAND = 514, ERESTART_RESTARTBLOCK = 516 };

const uint8_t cpu_syscall_instruction[CPU_SYSCALL_BYTES] = {0x0f, 0x05};

void cpu_state_free(struct cpu_state *state)
{
    free(state->extended);
    *state = (struct cpu_state){0};
}

int cpu_get_registers(pid_t tid, struct cpu_registers *out, cairn_error *err)
{
    if (ptrace(PTRACE_GETREGS, tid, NULL, &out->user) < 0)
        return cairn_fail_errno(err, "reading the registers of thread %d", tid);
    return 0;
}

int cpu_set_registers(pid_t tid, const struct cpu_registers *in, cairn_error *err)
{
    if (ptrace(PTRACE_SETREGS, tid, NULL, &in->user) < 0)
        return cairn_fail_errno(err, "setting the registers of thread %d", tid);
    return 0;
}

int cpu_get_state(pid_t tid, struct cpu_state *out, cairn_error *err)
{
    int rc = cpu_get_registers(tid, &out->registers, err);
    if (rc != 0)
        return rc;
    if (out->registers.user.cs != 0x33)
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "thread %d runs 32-bit code, which is not supported", tid);
    out->extended = malloc(EXTENDED_LIMIT);
    if (!out->extended)
        return cairn_fail(err, ENOMEM, "out of memory reading the registers of thread %d", tid);
    struct iovec io = {out->extended, EXTENDED_LIMIT};
    if (ptrace(PTRACE_GETREGSET, tid, NT_X86_XSTATE, &io) < 0) {
        rc = cairn_fail_errno(err, "reading the extended registers of thread %d", tid);
        cpu_state_free(out);
        return rc;
    }
    out->extended_size = io.iov_len;
    return 0;
}

int cpu_set_state(pid_t tid, const struct cpu_state *in, cairn_error *err)
{
    struct iovec io = {in->extended, in->extended_size};
    if (ptrace(PTRACE_SETREGSET, tid, NT_X86_XSTATE, &io) < 0)
        return cairn_fail_errno(err, "setting the extended registers of thread %d", tid);
    return cpu_set_registers(tid, &in->registers, err);
}

void cpu_prepare_syscall(struct cpu_registers *r, uint64_t at, long nr, const uint64_t args[6])
{
    r->user.rip = at;
    r->user.rax = (uint64_t)nr;
    r->user.orig_rax = (uint64_t)-1; /* no call is being restarted */
    r->user.rdi = args[0];
    r->user.rsi = args[1];
    r->user.rdx = args[2];
    r->user.r10 = args[3];
    r->user.r8 = args[4];
    r->user.r9 = args[5];
}

long cpu_syscall_result(const struct cpu_registers *r)
{
    return (long)r->user.rax;
}

uint64_t cpu_instruction_pointer(const struct cpu_registers *r)
{
    return r->user.rip;
}

void cpu_set_instruction_pointer(struct cpu_registers *r, uint64_t at)
{
    r->user.rip = at;
    r->user.orig_rax = (uint64_t)-1;
}

enum cpu_interruption cpu_interruption(const struct cpu_registers *r)
{
    if ((long)r->user.orig_rax < 0)
        return CPU_NOT_IN_CALL;
    if ((long)r->user.rax == -EINTR)
        return CPU_CALL_INTERRUPTED;
    if ((long)r->user.rax == -ERESTART_RESTARTBLOCK)
        return CPU_CALL_CONTINUES;
    bool again = (long)r->user.rax <= -ERESTARTSYS && (long)r->user.rax >= -ERESTARTNOHAND;
    return again ? CPU_CALL_MADE_AGAIN : CPU_NOT_IN_CALL;
}

long cpu_call(const struct cpu_registers *r)
{
    return (long)r->user.orig_rax;
}

long cpu_call_before_restart(pid_t tid, const struct cpu_registers *r)
{
    /* mov $number, %eax; syscall */
    errno = 0;
    uint64_t bytes = (uint64_t)ptrace(PTRACE_PEEKTEXT, tid, r->user.rip - 8, NULL);
    if (errno != 0 || (bytes >> 8 & 0xff) != 0xb8 || bytes >> 48 != 0x050f)
        return -1;
    return (long)(bytes >> 16 & 0xffffffff);
}

static const size_t argument_offsets[6] = {
    offsetof(struct user_regs_struct, rdi), offsetof(struct user_regs_struct, rsi),
    offsetof(struct user_regs_struct, rdx), offsetof(struct user_regs_struct, r10),
    offsetof(struct user_regs_struct, r8),  offsetof(struct user_regs_struct, r9)};

uint64_t cpu_argument(const struct cpu_registers *r, int index)
{
    uint64_t value;
    memcpy(&value, (const char *)&r->user + argument_offsets[index], sizeof value);
    return value;
}

void cpu_set_argument(struct cpu_registers *r, int index, uint64_t value)
{
    memcpy((char *)&r->user + argument_offsets[index], &value, sizeof value);
}

bool cpu_same_call(const struct cpu_registers *a, const struct cpu_registers *b)
{
    bool same = a->user.rip == b->user.rip && a->user.rsp == b->user.rsp;
    for (int i = 0; i < 6; i++)
        same &= cpu_argument(a, i) == cpu_argument(b, i);
    return same;
}

/* As if the call had been interrupted by a signal that nobody handles. */
void cpu_make_again(struct cpu_registers *r, long nr)
{
    r->user.orig_rax = (uint64_t)nr;
    r->user.rax = (uint64_t)-ERESTARTNOHAND;
}

void cpu_continue_call(struct cpu_registers *r, long nr)
{
    r->user.orig_rax = (uint64_t)nr;
    r->user.rax = (uint64_t)-ERESTART_RESTARTBLOCK;
}

void cpu_end_call(struct cpu_registers *r, long result)
{
    r->user.orig_rax = (uint64_t)-1;
    r->user.rax = (uint64_t)result;
}

/* Names as in the System V ABI; order of struct user_regs_struct. */
static const char *const register_names[] = {
    "r15",    "r14", "r13", "r12",     "rbp",     "rbx", "r11",      "r10", "r9",
    "r8",     "rax", "rcx", "rdx",     "rsi",     "rdi", "orig_rax", "rip", "cs",
    "eflags", "rsp", "ss",  "fs_base", "gs_base", "ds",  "es",       "fs",  "gs"};
#define REGISTERS (sizeof register_names / sizeof *register_names)
_Static_assert(REGISTERS * 8 == sizeof(struct user_regs_struct), "a name for every register");

json_t *cpu_state_to_json(const struct cpu_state *state)
{
    json_t *registers = json_object();
    const uint64_t *values = (const uint64_t *)&state->registers.user;
    for (size_t i = 0; i < REGISTERS; i++)
        json_object_set_new(registers, register_names[i], json_integer((json_int_t)values[i]));
    char *extended = hex_encode(state->extended, state->extended_size);
    json_t *json = json_pack("{s:s, s:o, s:s}", "arch", "x86_64", "registers", registers, "xsave",
                             extended ? extended : "");
    free(extended);
    return json;
}

int cpu_state_from_json(const json_t *json, struct cpu_state *out, cairn_error *err)
{
    const json_t *registers = json_object_get(json, "registers");
    uint64_t *values = (uint64_t *)&out->registers.user;
    for (size_t i = 0; i < REGISTERS; i++) {
        const json_t *value = json_object_get(registers, register_names[i]);
        if (!json_is_integer(value))
            return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "a thread without register %s",
                              register_names[i]);
        values[i] = (uint64_t)json_integer_value(value);
    }
    return hex_decode(json_string_value(json_object_get(json, "xsave")), EXTENDED_LIMIT,
                      &out->extended, &out->extended_size, err);
}

/* The leaves of CPUID by which libraries choose their code. */
static const struct {
    const char *name;
    unsigned leaf, subleaf;
} leaves[] = {
    {"1", 1, 0}, {"7.0", 7, 0}, {"7.1", 7, 1}, {"d.1", 13, 1}, {"80000001", 0x80000001u, 0}};

/* The words of a leaf that hold feature bits; the others (model, cache, sizes) are nobody's need.
 */
static void read_leaf(size_t i, uint32_t out[3])
{
    unsigned a = 0, b = 0, c = 0, d = 0;
    __get_cpuid_count(leaves[i].leaf, leaves[i].subleaf, &a, &b, &c, &d);
    bool features_in_eax = leaves[i].leaf == 13 || leaves[i].subleaf == 1;
    out[0] = features_in_eax ? a : leaves[i].leaf == 7 ? b : 0;
    out[1] = features_in_eax ? 0 : c;
    out[2] = leaves[i].leaf == 13 ? 0 : d;
}

static uint64_t xfeatures(void)
{
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
        return 3;
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

json_t *cpu_features_to_json(void)
{
    json_t *features = json_object();
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
        uint32_t bits[3];
        read_leaf(i, bits);
        json_object_set_new(
            features, leaves[i].name,
            json_pack("[I, I, I]", (json_int_t)bits[0], (json_int_t)bits[1], (json_int_t)bits[2]));
    }
    return json_pack("{s:s, s:o, s:I}", "arch", "x86_64", "cpuid", features, "xfeatures",
                     (json_int_t)xfeatures());
}

int cpu_features_check(const json_t *json, cairn_error *err)
{
    const char *arch = json_string_value(json_object_get(json, "arch"));
    if (!arch || strcmp(arch, "x86_64") != 0)
        return cairn_fail(err, CAIRN_EIMAGE_FOREIGN,
                          "the image is of a %s host, this one is x86_64",
                          arch ? arch : "nameless");
    uint64_t wanted = (uint64_t)json_integer_value(json_object_get(json, "xfeatures"));
    if (wanted & ~xfeatures())
        return cairn_fail(
            err, CAIRN_EIMAGE_FOREIGN,
            "this host's processor state lacks components 0x%llx that were in use where the "
            "step started (xfeatures)",
            (unsigned long long)(wanted & ~xfeatures()));
    const json_t *cpuid = json_object_get(json, "cpuid");
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
        uint32_t here[3];
        read_leaf(i, here);
        for (size_t k = 0; k < 3; k++) {
            uint32_t there = (uint32_t)json_integer_value(
                json_array_get(json_object_get(cpuid, leaves[i].name), k));
            if (there & ~here[k])
                return cairn_fail(
                    err, CAIRN_EIMAGE_FOREIGN,
                    "this host's processor lacks features that were visible where the step "
                    "started (cpuid leaf %s, word %zu, bits 0x%x); run it on a host that has "
                    "them, or start it with `cpu: baseline`",
                    leaves[i].name, k, there & ~here[k]);
        }
    }
    return 0;
}
