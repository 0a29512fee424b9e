/* Reads and sets a thread's processor state, and prepares system calls in it. Everything that
 * differs between processor families lies behind this header (cpu_x86_64.c). */
#ifndef CAIRN_TASK_CPU_H
#define CAIRN_TASK_CPU_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "common/error.h"

struct cpu_registers {
    struct user_regs_struct user;
};

/* Everything: general registers and the extended state (x87, SSE, AVX, AMX) as the kernel lays it
 * out. */
struct cpu_state {
    struct cpu_registers registers;
    void *extended;
    size_t extended_size;
};
void cpu_state_free(struct cpu_state *state);

CAIRN_CHECKED int cpu_get_registers(pid_t tid, struct cpu_registers *out, cairn_error *err);
CAIRN_CHECKED int cpu_set_registers(pid_t tid, const struct cpu_registers *in, cairn_error *err);
CAIRN_CHECKED int cpu_get_state(pid_t tid, struct cpu_state *out, cairn_error *err);

/* The features by which a program chooses its code, and the layout of the extended state. */
#define CPU_LEAVES 5
#define CPU_COMPONENTS 64
struct cpu_features {
    uint32_t words[CPU_LEAVES][3]; /* of CPUID */
    uint64_t components;           /* of the extended state, as in XCR0 */
    struct cpu_component {
        uint32_t offset, size;
    } layout[CPU_COMPONENTS];
};
void cpu_features_read(struct cpu_features *out); /* this host's */
/* "x86-64" to "x86-64-v4". */
const char *cpu_level(const struct cpu_features *host);

/* The components beyond x87 and SSE that are in use; all components if that is not known. */
uint64_t cpu_in_use(const struct cpu_state *state, const struct cpu_features *host);
/* Fills an area for a thread of host `to` with the extended state of a thread of host `from`. */
CAIRN_CHECKED int cpu_lay_out(const struct cpu_state *state, const struct cpu_features *from,
                              const struct cpu_features *to, void *area, size_t size,
                              cairn_error *err);
/* Sets the state. `from` is the host of its capture. */
CAIRN_CHECKED int cpu_set_state(pid_t tid, const struct cpu_state *in,
                                const struct cpu_features *from, const struct cpu_features *here,
                                cairn_error *err);

/* Sets the registers so that the thread makes the call `nr` with the instruction at `at`. */
void cpu_prepare_syscall(struct cpu_registers *r, uint64_t at, long nr, const uint64_t args[6]);
long cpu_syscall_result(const struct cpu_registers *r);

uint64_t cpu_instruction_pointer(const struct cpu_registers *r);
void cpu_set_instruction_pointer(struct cpu_registers *r, uint64_t at);

/* How a stopped thread left the system call that it was in. */
enum cpu_interruption {
    CPU_NOT_IN_CALL,      /* in no call, or in one that has its result */
    CPU_CALL_MADE_AGAIN,  /* the call is made again unchanged, once the thread runs */
    CPU_CALL_INTERRUPTED, /* the call returned EINTR, perhaps only because we stopped it */
    CPU_CALL_CONTINUES,   /* the kernel continues the call from its own record (restart_block) */
};
enum cpu_interruption cpu_interruption(const struct cpu_registers *r);
/* For a thread in a call: the number of the call. Once the kernel has continued the call, the
 * number is SYS_restart_syscall, ...
 */
long cpu_call(const struct cpu_registers *r);
/* ... and the preceding instructions may show the original number; -1 if they do not. */
long cpu_call_before_restart(pid_t tid, const struct cpu_registers *r);
uint64_t cpu_argument(const struct cpu_registers *r, int index);
void cpu_set_argument(struct cpu_registers *r, int index, uint64_t value);
/* Whether it is the same call, made at the same place with the same stack. */
bool cpu_same_call(const struct cpu_registers *a, const struct cpu_registers *b);

/* The call `nr` is made again. If a signal handler runs first, the call reports EINTR. */
void cpu_make_again(struct cpu_registers *r, long nr);
/* The kernel continues `nr` from its own record. */
void cpu_continue_call(struct cpu_registers *r, long nr);
void cpu_end_call(struct cpu_registers *r, long result);

/* The bytes of a system call instruction. */
#define CPU_SYSCALL_BYTES 2
extern const uint8_t cpu_syscall_instruction[CPU_SYSCALL_BYTES];

/* The tiles of AMX. The kernel gives a thread room for them only after its process has asked for
 * that (arch_prctl) and the thread has used them. This code uses them and leaves nothing in them.
 * It ends in a system call; its first argument is the address of the configuration. */
#define CPU_TILES 18
#define CPU_ARCH_GET_XCOMP_PERM 0x1022
#define CPU_ARCH_REQ_XCOMP_PERM 0x1023
struct cpu_tiles_user {
    uint8_t code[32], configuration[64];
};
extern const struct cpu_tiles_user cpu_tiles_user;

/* Conversion from and to META. */
json_t *cpu_state_to_json(const struct cpu_state *state);
CAIRN_CHECKED int cpu_state_from_json(const json_t *json, struct cpu_state *out, cairn_error *err);

/* How a step was started: with all features of the host's processor, or limited to x86-64-v2 by its
 * environment (`cpu: baseline`). Libraries obey that. A program that asks the processor itself is
 * recognised by the features that it was seen to use. */
struct cpu_demand {
    bool baseline;
    uint64_t beyond; /* components that were seen in use nevertheless */
};
/* The features of a host that an image demands. */
json_t *cpu_demand_to_json(const struct cpu_demand *demand, const struct cpu_features *host);
CAIRN_CHECKED int cpu_demand_from_json(const json_t *json, struct cpu_demand *out,
                                       cairn_error *err);
CAIRN_CHECKED int cpu_demand_check(const json_t *json, const struct cpu_features *here,
                                   cairn_error *err);
/* The layout of an image's host, for cpu_set_state. Older images do not record it; they have the
 * layout of `here`. */
CAIRN_CHECKED int cpu_layout_from_json(const json_t *json, const struct cpu_features *here,
                                       struct cpu_features *out, cairn_error *err);

#endif
