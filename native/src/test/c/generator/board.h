/* What the members of a tree share, so that they take turns. */
#ifndef CAIRN_TEST_GENERATOR_BOARD_H
#define CAIRN_TEST_GENERATOR_BOARD_H

#include <stdint.h>

/* Before anything is made. */
void board_open(void);

/* A member joins while the tree is made, one after the other; gives its number. */
uint32_t board_join(void);
/* The last that joined does not come. */
void board_leave(void);
/* All have joined; the tree is whole. */
void board_complete(void);

/* Waits for the member's next turn, the first member's first; returns what to do in it. */
char board_await_turn(uint32_t member);
void board_end_turn(void);
/* Of the first member: what the next round is about; it takes the turn itself. */
void board_begin_round(char what, uint32_t number);
/* Of the first member: until everybody had its turn. */
void board_await_round(void);
uint32_t board_round(void);

/* While the tree is made: a process (or thread) that is there with all that it makes, under the
 * number by which it is expected. */
uint32_t board_expect(void);
void board_announce(uint32_t expected);
void board_await(uint32_t expected);

#endif
