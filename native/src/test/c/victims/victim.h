/* Programs that are captured and restored, and check for themselves that nothing of them changed.
 *
 * A victim sets something up, calls checkpoint_here(), and then require()s that it still has what
 * it had. What it prints, and that it exits with 0, is all that the test looks at. It must not know
 * whether it was restored, how often, or whether a capture has only passed over it.
 */
#ifndef CAIRN_TEST_VICTIM_H
#define CAIRN_TEST_VICTIM_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

struct victim {
    const char *name;
    void (*run)(void);
    const char *refusal; /* NULL, or part of the message with which a capture fails */
    void *unused;        /* for a size that linkers place without gaps */
};
_Static_assert(sizeof(struct victim) == 32, "without gaps");

#define VICTIM(title) VICTIM_(title, NULL)
#define REFUSED(title, message) VICTIM_(title, message)
/* Root may capture it. */
#define REFUSED_TO_USERS(title, message) VICTIM_(title, TO_USERS message)
#define TO_USERS "to users:"
#define VICTIM_(title, message)                                                               \
    static void title(void);                                                                  \
    __attribute__((used, section("victims"),                                                  \
                   aligned(32))) static const struct victim victim_##title = {#title, title,  \
                                                                              message, NULL}; \
    static void title(void)

/* Reports that everything is set up, and returns when the test lets it continue: some captures
 * later, perhaps in another life. */
void checkpoint_here(void);

/* Of a helper process or thread: waits until that thread (of this process, or a leader of another)
 * sleeps in this system call. */
void await_syscall(pid_t tid, long nr);

/* Ends the program, saying what was not as it should be. */
_Noreturn void fail_victim(const char *file, int line, const char *what);
#define require(condition)                               \
    do {                                                 \
        if (!(condition))                                \
            fail_victim(__FILE__, __LINE__, #condition); \
    } while (0)

/* As require, for calls that return -1 on failure; gives their result. */
#define need(call)                                  \
    ({                                              \
        long need_result_ = (long)(call);           \
        if (need_result_ == -1)                     \
            fail_victim(__FILE__, __LINE__, #call); \
        need_result_;                               \
    })

/* Bytes that differ everywhere, and for every seed. */
void fill_pattern(void *at, size_t len, uint32_t seed);
bool has_pattern(const void *at, size_t len, uint32_t seed);

int64_t monotonic_ms(void);

#endif
