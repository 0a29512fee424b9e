#include "board.h"

#include "observer/observer.h"

#include <linux/futex.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct board {
    uint32_t members, complete, expected, made[256];
    uint32_t turn; /* counts on: round * members + member */
    uint32_t rounds, round;
    char what;
};

/* Beyond what is observed: it changes. */
#define BOARD ((struct board *)(OBSERVED_MEMORY_END + (1ull << 30)))

static void wait_while(uint32_t *at, uint32_t value)
{
    syscall(SYS_futex, at, FUTEX_WAIT, value, NULL, NULL, 0);
}

static void change(uint32_t *at, uint32_t value)
{
    __atomic_store_n(at, value, __ATOMIC_RELEASE);
    syscall(SYS_futex, at, FUTEX_WAKE, 1 << 30, NULL, NULL, 0);
}

static void await(uint32_t *at, uint32_t least)
{
    uint32_t now;
    while ((now = __atomic_load_n(at, __ATOMIC_ACQUIRE)) < least)
        wait_while(at, now);
}

void board_open(void)
{
    if (mmap(BOARD, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
             -1, 0) == MAP_FAILED)
        _exit(1);
}

uint32_t board_join(void)
{
    return BOARD->members++;
}

void board_leave(void)
{
    BOARD->members--;
}

void board_complete(void)
{
    change(&BOARD->complete, 1);
}

char board_await_turn(uint32_t member)
{
    static __thread uint32_t rounds;
    await(&BOARD->complete, 1);
    await(&BOARD->turn, rounds++ * BOARD->members + member);
    return BOARD->what;
}

void board_end_turn(void)
{
    change(&BOARD->turn, BOARD->turn + 1);
}

void board_begin_round(char what, uint32_t number)
{
    BOARD->what = what;
    BOARD->round = number;
    BOARD->rounds++;
}

void board_await_round(void)
{
    await(&BOARD->turn, BOARD->rounds * BOARD->members);
}

uint32_t board_round(void)
{
    return BOARD->round;
}

uint32_t board_expect(void)
{
    return BOARD->expected++;
}

void board_announce(uint32_t expected)
{
    change(&BOARD->made[expected], 1);
}

void board_await(uint32_t expected)
{
    await(&BOARD->made[expected], 1);
}
