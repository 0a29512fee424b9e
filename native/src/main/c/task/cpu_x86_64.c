#include "task/cpu.h"

#include <cpuid.h>
#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "common/hex.h"
#include "common/json.h"

#ifndef NT_X86_XSTATE
#define NT_X86_XSTATE 0x202
#endif
#define EXTENDED_LIMIT (64u << 10)

/* The kernel's own codes for "make this call again"; user space never sees them. */
enum { ERESTARTSYS = 512, ERESTARTNOHAND = 514, ERESTART_RESTARTBLOCK = 516 };

const uint8_t cpu_syscall_instruction[CPU_SYSCALL_BYTES] = {0x0f, 0x05};
const struct cpu_tiles_user cpu_tiles_user = {
    .code = {0xc4, 0xe2, 0x78, 0x49, 0x07, /* ldtilecfg (%rdi) */
             0xc4, 0xe2, 0x7b, 0x49, 0xc0, /* tilezero %tmm0 */
             0xc4, 0xe2, 0x78, 0x49, 0xc0, /* tilerelease */
             0x0f, 0x05},
    .configuration = {[0] = 1 /* palette */, [16] = 64 /* bytes per row */, [48] = 16 /* rows */},
};

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

/* The XSAVE area: 512 bytes of FXSAVE, whose last 48 belong to the kernel; a header that begins
 * with the mask of present components (XSTATE_BV); then the components, at the offsets that the
 * host defines. */
enum { LEGACY_BYTES = 464, XSTATE_BV = 512, XSAVE_HEADER_END = 576 };
enum { X87, SSE, AVX, OPMASK = 5, ZMM_HIGH, ZMM_MORE, PKRU = 9, AMX_CONFIG = 17 };
#define BIT(component) (1ull << (component))
#define BASELINE_COMPONENTS (BIT(X87) | BIT(SSE))
#define PKRU_OF_LINUX 0x55555554u /* every thread begins with these */

static uint64_t components_held(const void *area)
{
    uint64_t held;
    memcpy(&held, (const char *)area + XSTATE_BV, sizeof held);
    return held;
}

static bool has_room(size_t size, const struct cpu_component *at)
{
    return at->size <= size && at->offset <= size - at->size;
}

/* Whether all present components lie inside the area, at the offsets of this host. */
static bool is_whole(const struct cpu_state *state, const struct cpu_features *host)
{
    if (state->extended_size < XSAVE_HEADER_END ||
        (components_held(state->extended) & ~host->components))
        return false;
    bool whole = true;
    for (int i = AVX; i < CPU_COMPONENTS; i++)
        whole &= !(components_held(state->extended) & BIT(i)) ||
                 has_room(state->extended_size, &host->layout[i]);
    return whole;
}

/* Finds a component in a whole state; NULL if it is in its initial state. */
static const uint8_t *held(const struct cpu_state *state, const struct cpu_features *host, int i)
{
    return components_held(state->extended) & BIT(i)
               ? (const uint8_t *)state->extended + host->layout[i].offset
               : NULL;
}

uint64_t cpu_in_use(const struct cpu_state *state, const struct cpu_features *host)
{
    uint64_t in_use = 0;
    if (!is_whole(state, host))
        return host->components & ~BASELINE_COMPONENTS;
    for (int i = AVX; i < CPU_COMPONENTS; i++) {
        const uint8_t *bytes = held(state, host, i);
        uint32_t pkru = PKRU_OF_LINUX;
        if (!bytes || (i == PKRU && memcmp(bytes, &pkru, sizeof pkru) == 0))
            continue;
        for (uint32_t k = 0; k < host->layout[i].size; k++)
            in_use |= bytes[k] ? BIT(i) : 0;
    }
    return in_use;
}

int cpu_lay_out(const struct cpu_state *state, const struct cpu_features *from,
                const struct cpu_features *to, void *area, size_t size, cairn_error *err)
{
    if (size < XSAVE_HEADER_END || !is_whole(state, from))
        return cairn_fail(err, CAIRN_EIMAGE_CORRUPT,
                          "%zu bytes of extended registers that are not what they say",
                          state->extended_size);
    uint64_t in_use = cpu_in_use(state, from), lost = in_use & ~to->components;
    if (lost)
        return cairn_fail(err, CAIRN_EIMAGE_FOREIGN,
                          "a thread has components 0x%llx of the processor's state in use, which "
                          "this host lacks",
                          (unsigned long long)lost);
    memcpy(area, state->extended, LEGACY_BYTES);
    /* Of the components that the other host does not know, only the protection keys have their
     * initial values.
     */
    uint64_t holds = components_held(area) & BIT(PKRU) & ~from->components;
    holds |= components_held(state->extended) & BASELINE_COMPONENTS;
    for (int i = AVX; i < CPU_COMPONENTS; i++) {
        const uint8_t *bytes = held(state, from, i);
        const struct cpu_component *there = &from->layout[i], *here = &to->layout[i];
        if (!bytes || !((in_use | BIT(PKRU)) & to->components & BIT(i)))
            continue; /* the initial state is zero for all components but PKRU */
        if (here->size != there->size || !has_room(size, here))
            return cairn_fail(err, CAIRN_EIMAGE_FOREIGN,
                              "component %d of the processor's state has %u bytes, here %u", i,
                              there->size, here->size);
        memcpy((char *)area + here->offset, bytes, here->size);
        holds |= BIT(i);
    }
    memcpy((char *)area + XSTATE_BV, &holds, sizeof holds);
    return 0;
}

int cpu_set_state(pid_t tid, const struct cpu_state *in, const struct cpu_features *from,
                  const struct cpu_features *here, cairn_error *err)
{
    __attribute__((cleanup(cpu_state_free))) struct cpu_state fresh = {0};
    int rc = cpu_get_state(tid, &fresh, err);
    if (rc == 0)
        rc = cpu_lay_out(in, from, here, fresh.extended, fresh.extended_size, err);
    if (rc != 0)
        return rc;
    struct iovec io = {fresh.extended, fresh.extended_size};
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

/* Registers as if a signal without a handler had interrupted the call. */
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
enum { LEAF_1, LEAF_7, LEAF_7_1, LEAF_XSAVE, LEAF_EXTENDED };
static const struct {
    const char *name;
    unsigned leaf, subleaf;
} leaves[CPU_LEAVES] = {
    {"1", 1, 0}, {"7.0", 7, 0}, {"7.1", 7, 1}, {"d.1", 13, 1}, {"80000001", 0x80000001u, 0}};

/* The features that each level of the System V ABI adds to the one before; the first is the
 * baseline. */
static const struct {
    const char *name;
    uint32_t words[CPU_LEAVES][3];
} levels[] = {
    {"x86-64-v2",
     {[LEAF_1] = {0, bit_SSE3 | bit_SSSE3 | bit_CMPXCHG16B | bit_SSE4_1 | bit_SSE4_2 | bit_POPCNT,
                  bit_CMPXCHG8B | bit_CMOV | bit_MMX | bit_FXSAVE | bit_SSE | bit_SSE2},
      [LEAF_EXTENDED] = {0, bit_LAHF_LM, bit_LM}}},
    {"x86-64-v3",
     {[LEAF_1] = {0, bit_FMA | bit_MOVBE | bit_OSXSAVE | bit_AVX | bit_F16C, 0},
      [LEAF_7] = {bit_BMI | bit_BMI2 | bit_AVX2, 0, 0},
      [LEAF_EXTENDED] = {0, bit_ABM, 0}}},
    {"x86-64-v4",
     {[LEAF_7] = {bit_AVX512F | bit_AVX512BW | bit_AVX512CD | bit_AVX512DQ | bit_AVX512VL, 0, 0}}},
};

const char *cpu_level(const struct cpu_features *host)
{
    const char *reached = "x86-64";
    for (size_t n = 0; n < sizeof levels / sizeof *levels; n++) {
        for (size_t i = 0; i < CPU_LEAVES; i++)
            for (size_t k = 0; k < 3; k++)
                if (levels[n].words[i][k] & ~host->words[i][k])
                    return reached;
        reached = levels[n].name;
    }
    return reached;
}

/* The words of a leaf that hold feature bits. No program depends on the other words (model, cache,
 * sizes).
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

static uint64_t components(void)
{
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
        return BASELINE_COMPONENTS;
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

void cpu_features_read(struct cpu_features *out)
{
    *out = (struct cpu_features){.components = components()};
    for (size_t i = 0; i < CPU_LEAVES; i++)
        read_leaf(i, out->words[i]);
    for (unsigned i = AVX; i < CPU_COMPONENTS; i++) {
        unsigned size = 0, offset = 0, c, d;
        if ((out->components & BIT(i)) && __get_cpuid_count(13, i, &size, &offset, &c, &d))
            out->layout[i] = (struct cpu_component){offset, size};
    }
}

static bool held_to_baseline(const struct cpu_demand *demand)
{
    return demand->baseline && !demand->beyond;
}

json_t *cpu_demand_to_json(const struct cpu_demand *demand, const struct cpu_features *host)
{
    json_t *cpuid = json_object(), *layout = json_object();
    uint64_t wanted = host->components;
    if (held_to_baseline(demand))
        wanted &= BASELINE_COMPONENTS;
    for (size_t i = 0; i < CPU_LEAVES; i++) {
        json_t *words = json_array();
        for (size_t k = 0; k < 3; k++)
            json_array_append_new(
                words, json_integer(host->words[i][k] &
                                    (held_to_baseline(demand) ? levels[0].words[i][k] : ~0u)));
        json_object_set_new(cpuid, leaves[i].name, words);
    }
    for (int i = AVX; i < CPU_COMPONENTS; i++) {
        char number[12];
        snprintf(number, sizeof number, "%d", i);
        if (host->components & BIT(i))
            json_object_set_new(layout, number,
                                json_pack("[I, I]", (json_int_t)host->layout[i].offset,
                                          (json_int_t)host->layout[i].size));
    }
    json_t *json = json_pack("{s:s, s:o, s:I, s:o}", "arch", "x86_64", "cpuid", cpuid, "xfeatures",
                             (json_int_t)wanted, "layout", layout);
    if (demand->baseline)
        json_object_set_new(json, "beyond_baseline", json_integer((json_int_t)demand->beyond));
    return json;
}

int cpu_demand_from_json(const json_t *json, struct cpu_demand *out, cairn_error *err)
{
    int64_t beyond = 0;
    *out = (struct cpu_demand){.baseline = json_object_get(json, "beyond_baseline") != NULL};
    int rc = out->baseline ? json_need_int(json, "beyond_baseline", 0, INT64_MAX, &beyond, err) : 0;
    out->beyond = (uint64_t)beyond;
    return rc;
}

int cpu_layout_from_json(const json_t *json, const struct cpu_features *here,
                         struct cpu_features *out, cairn_error *err)
{
    json_t *layout = NULL;
    *out = *here;
    int rc = json_may_object(json, "layout", &layout, err);
    if (rc != 0 || !layout)
        return rc;
    *out = (struct cpu_features){.components = BASELINE_COMPONENTS};
    const char *number;
    json_t *at;
    json_object_foreach(layout, number, at)
    {
        char *end;
        unsigned long i = strtoul(number, &end, 10);
        json_int_t offset = json_integer_value(json_array_get(at, 0)),
                   size = json_integer_value(json_array_get(at, 1));
        if (*end || i < AVX || i >= CPU_COMPONENTS || offset < XSAVE_HEADER_END || size < 0 ||
            offset > EXTENDED_LIMIT || size > EXTENDED_LIMIT)
            return cairn_fail(err, CAIRN_EIMAGE_CORRUPT,
                              "component %s of the processor's state lies nowhere", number);
        out->components |= BIT(i);
        out->layout[i] = (struct cpu_component){(uint32_t)offset, (uint32_t)size};
    }
    return 0;
}

static const char *family(uint64_t component)
{
    if (component & (BIT(AMX_CONFIG) | BIT(CPU_TILES)))
        return "AMX";
    if (component & (BIT(OPMASK) | BIT(ZMM_HIGH) | BIT(ZMM_MORE)))
        return "AVX-512";
    return component & BIT(AVX) ? "AVX" : component & BIT(PKRU) ? "protection keys" : "more";
}

static int refuse_host(const struct cpu_demand *demand, cairn_error *err, const char *lacks)
{
    if (demand->beyond)
        return cairn_fail(
            err, CAIRN_EIMAGE_FOREIGN,
            "this host's processor lacks features that were visible where the step started (%s). "
            "It was started with `cpu: baseline`, but %s was seen in use: a program that asks the "
            "processor itself may use whatever it found there",
            lacks, family(demand->beyond));
    return cairn_fail(err, CAIRN_EIMAGE_FOREIGN,
                      demand->baseline
                          ? "this host's processor is less than `cpu: baseline` asks for (%s)"
                          : "this host's processor lacks features that were visible where the step "
                            "started (%s); run it on a host that has them, or start it with `cpu: "
                            "baseline`",
                      lacks);
}

int cpu_demand_check(const json_t *json, const struct cpu_features *here, cairn_error *err)
{
    const char *arch = json_string_value(json_object_get(json, "arch"));
    if (!arch || strcmp(arch, "x86_64") != 0)
        return cairn_fail(err, CAIRN_EIMAGE_FOREIGN,
                          "the image is of a %s host, this one is x86_64",
                          arch ? arch : "nameless");
    struct cpu_demand demand;
    int rc = cpu_demand_from_json(json, &demand, err);
    if (rc != 0)
        return rc;
    char lacks[80];
    uint64_t wanted = (uint64_t)json_integer_value(json_object_get(json, "xfeatures"));
    if (wanted & ~here->components) {
        snprintf(lacks, sizeof lacks, "xfeatures 0x%llx",
                 (unsigned long long)(wanted & ~here->components));
        return refuse_host(&demand, err, lacks);
    }
    const json_t *cpuid = json_object_get(json, "cpuid");
    for (size_t i = 0; i < CPU_LEAVES; i++)
        for (size_t k = 0; k < 3; k++) {
            uint32_t there = (uint32_t)json_integer_value(
                json_array_get(json_object_get(cpuid, leaves[i].name), k));
            if (!(there & ~here->words[i][k]))
                continue;
            snprintf(lacks, sizeof lacks, "cpuid leaf %s, word %zu, bits 0x%x", leaves[i].name, k,
                     there & ~here->words[i][k]);
            return refuse_host(&demand, err, lacks);
        }
    return 0;
}
