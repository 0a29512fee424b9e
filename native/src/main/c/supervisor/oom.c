#include "supervisor/oom.h"

static int64_t read_counter(const struct memory_group *g)
{
    return memory_group_counter(g, g->unified ? "memory.events" : "memory.oom_control", "oom_kill");
}

void oom_watch_start(struct oom_watch *w)
{
    w->at_start = memory_group_find(&w->group) ? read_counter(&w->group) : -1;
}

bool oom_happened(const struct oom_watch *w)
{
    return w->at_start >= 0 && read_counter(&w->group) > w->at_start;
}
