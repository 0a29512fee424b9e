#include "supervisor/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_ms(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_now_ms(void)
{
    return read_ms(CLOCK_MONOTONIC);
}

int64_t clock_boot_ms(void)
{
    return read_ms(CLOCK_BOOTTIME);
}

void clock_utc_text(char out[UTC_TEXT_BYTES])
{
    struct timespec t;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &t);
    gmtime_r(&t.tv_sec, &tm);
    size_t n = strftime(out, UTC_TEXT_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, UTC_TEXT_BYTES - n, ".%03dZ", (int)(t.tv_nsec / 1000000) % 1000);
}

void running_start(struct running_clock *c)
{
    if (c->ticking)
        return;
    c->since = clock_now_ms();
    c->ticking = true;
}

void running_stop(struct running_clock *c)
{
    c->before = running_ms(c);
    c->ticking = false;
}

int64_t running_ms(const struct running_clock *c)
{
    return c->before + (c->ticking ? clock_now_ms() - c->since : 0);
}

int64_t running_deadline(const struct running_clock *c, int64_t at)
{
    if (at == NEVER || !c->ticking)
        return NEVER;
    return c->since + (at - c->before);
}
