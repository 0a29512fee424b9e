/* Lists of address ranges. */
#ifndef CAIRN_RESTORE_RANGES_H
#define CAIRN_RESTORE_RANGES_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct range {
    uint64_t start, end;
};
struct ranges {
    struct range *ranges;
    size_t count;
};
int range_by_start(const void *a, const void *b); /* for qsort */
CAIRN_CHECKED int ranges_add(struct ranges *list, struct range range, cairn_error *err);
void ranges_free(struct ranges *list);
#define auto_ranges __attribute__((cleanup(ranges_free)))

#endif
