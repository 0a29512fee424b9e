/* A thread's processor state, and how one system call is made to happen in it. What differs between
 * processor families lives behind this header (cpu_x86_64.c). */
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
CAIRN_CHECKED int cpu_set_state(pid_t tid, const struct cpu_state *in, cairn_error *err);

/* Registers that make `nr` happen from the instruction at `at`. */
void cpu_prepare_syscall(struct cpu_registers *r, uint64_t at, long nr, const uint64_t args[6]);
long cpu_syscall_result(const struct cpu_registers *r);

uint64_t cpu_instruction_pointer(const struct cpu_registers *r);
void cpu_set_instruction_pointer(struct cpu_registers *r, uint64_t at);

/* A call that reports EINTR, perhaps only because we interrupted it: unless a handler runs now, it
 * is made again. Good for the live thread as for the image. */
void cpu_forgive_eintr(struct cpu_registers *r);
/* For the image: a call that the kernel would go on with by what it remembers of it, which a
 * restored thread lacks, is made again. A sleep goes on for what is left where the kernel has told
 * the program how much that is. */
void cpu_forget_restart_block(struct cpu_registers *r);

/* The bytes of a system call instruction. */
#define CPU_SYSCALL_BYTES 2
extern const uint8_t cpu_syscall_instruction[CPU_SYSCALL_BYTES];

/* In and out of META. */
json_t *cpu_state_to_json(const struct cpu_state *state);
CAIRN_CHECKED int cpu_state_from_json(const json_t *json, struct cpu_state *out, cairn_error *err);

/* What of the processor a program could have seen and chosen its code by; and whether this host has
 * all of it. */
json_t *cpu_features_to_json(void);
CAIRN_CHECKED int cpu_features_check(const json_t *json, cairn_error *err);

#endif
