/* Two texts of the observer, compared. */
#ifndef CAIRN_TEST_COMPARISON_H
#define CAIRN_TEST_COMPARISON_H

#include <stddef.h>

/* A key that is not the same in both; NULL where one of them has none. */
typedef void comparison_report(void *context, const char *key, const char *before,
                               const char *after);

/* Lines are matched by their keys, those of one key by their order. Identities may be others, as
 * long as what was the same is the same, and what was not is not; what is left of timers may differ
 * by `seconds`. Where `before_home` was, `after_home` may be. Both texts are written over. Returns
 * how many keys differ. */
size_t comparison_of(char *before, const char *before_home, char *after, const char *after_home,
                     long seconds, comparison_report *report, void *context);

#endif
