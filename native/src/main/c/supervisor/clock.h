/* Clocks: CLOCK_MONOTONIC in milliseconds for durations (a machine's sleep does not count), UTC
 * text for people. */
#ifndef CAIRN_SUPERVISOR_CLOCK_H
#define CAIRN_SUPERVISOR_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define NEVER INT64_MAX
#define UTC_TEXT_BYTES 32

int64_t clock_now_ms(void);

/* CLOCK_BOOTTIME in milliseconds, which counts a machine's sleep. */
int64_t clock_boot_ms(void);

/* Now as 2026-01-31T12:00:00.000Z. */
void clock_utc_text(char out[UTC_TEXT_BYTES]);

/* How long a step has been running. It does not advance while the step is frozen. */
struct running_clock {
    int64_t before; /* ms, up to `since` */
    int64_t since;  /* clock_now_ms() of the last start; meaningless while stopped */
    bool ticking;
};

void running_start(struct running_clock *c);
void running_stop(struct running_clock *c);
int64_t running_ms(const struct running_clock *c);

/* The clock_now_ms() at which running_ms() will reach `at`; NEVER while stopped. */
int64_t running_deadline(const struct running_clock *c, int64_t at);

#endif
