#include "supervisor/headroom.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "supervisor/memory_group.h"

#define MIB (1ll << 20)
/* The free memory below which the step is stopped: a sixteenth of the limit, within these bounds.
 */
#define LEAST_NEEDED (64 * MIB)
#define MOST_NEEDED (512 * MIB)
/* An assumed rate at which programs change memory that must then be copied. */
#define CHANGED_PER_MS (4 * MIB)
#define SOONEST_MS 5
#define LATEST_MS 100

static int64_t at_least(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t at_most(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void consider(struct headroom *nearest, int64_t limit, int64_t left, int64_t step_bytes,
                     const char *of)
{
    int64_t needed = at_most(at_least(limit / 16, LEAST_NEEDED), MOST_NEEDED);
    needed = at_most(needed, step_bytes);
    if (nearest->limit && left - needed >= nearest->left - nearest->needed)
        return;
    *nearest = (struct headroom){.left = left, .needed = needed, .limit = limit};
    snprintf(nearest->of, sizeof nearest->of, "%.290s", of);
}

/* Of the page cache, only pages that are also on disk can be reclaimed. */
static int64_t reclaimable(const struct memory_group *g)
{
    static const char *const names[2][4] = {
        {"total_inactive_file", "total_active_file", "total_dirty", "total_writeback"},
        {"inactive_file", "active_file", "file_dirty", "file_writeback"}};
    int64_t bytes = 0;
    for (size_t i = 0; i < 4; i++)
        bytes += (i < 2 ? 1 : -1) *
                 at_least(memory_group_counter(g, "memory.stat", names[g->unified][i]), 0);
    return at_least(bytes, 0);
}

static void consider_group(struct headroom *nearest, const struct memory_group *g,
                           int64_t step_bytes)
{
    static const char *const limits[2][2] = {{"memory.limit_in_bytes", NULL},
                                             {"memory.max", "memory.high"}};
    int64_t limit = INT64_MAX;
    for (size_t i = 0; i < 2 && limits[g->unified][i]; i++) {
        int64_t one = memory_group_number(g, limits[g->unified][i]);
        limit = one >= 0 ? at_most(limit, one) : limit;
    }
    if (limit > INT64_MAX / 2) /* cgroup version 1 writes "no limit" as a huge number */
        return;
    int64_t used = memory_group_number(g, g->unified ? "memory.current" : "memory.usage_in_bytes");
    char of[sizeof nearest->of];
    snprintf(of, sizeof of, "control group %s", g->folder[g->mount] ? g->folder + g->mount : "/");
    consider(nearest, limit, limit - used + reclaimable(g), step_bytes, of);
}

static int64_t of_host(const char *text, const char *name)
{
    const char *line = strstr(text, name);
    return line ? strtoll(line + strlen(name), NULL, 10) * 1024 : -1;
}

static void consider_host(struct headroom *nearest, int64_t step_bytes)
{
    auto_free char *text = NULL;
    if (io_read_file(AT_FDCWD, "/proc/meminfo", 1 << 16, &text, NULL, NULL) != 0)
        return;
    int64_t total = of_host(text, "MemTotal:"), left = of_host(text, "MemAvailable:");
    if (total > 0 && left >= 0)
        consider(nearest, total, left, step_bytes, "this host");
}

void headroom_read(struct headroom *out, int64_t step_bytes)
{
    struct memory_group g;
    *out = (struct headroom){0};
    consider_host(out, step_bytes);
    if (!memory_group_find(&g))
        return;
    do
        consider_group(out, &g, step_bytes);
    while (memory_group_rise(&g));
}

bool headroom_is_low(const struct headroom *h)
{
    return h->limit && h->left < h->needed;
}

int64_t headroom_look_again_ms(const struct headroom *h)
{
    return at_most(at_least((h->left - h->needed) / CHANGED_PER_MS, SOONEST_MS), LATEST_MS);
}

void headroom_say(const struct headroom *h, char *out, int size)
{
    snprintf(out, (size_t)size,
             "no memory for a snapshot: %lld MiB are left of the %lld MiB of %s, and the memory "
             "that the step changes meanwhile is there twice",
             (long long)(h->left / MIB), (long long)(h->limit / MIB), h->of);
}
