#include "restore/ranges.h"

#include <errno.h>
#include <stdlib.h>

void ranges_free(struct ranges *list)
{
    free(list->ranges);
    *list = (struct ranges){0};
}

int ranges_add(struct ranges *list, struct range range, cairn_error *err)
{
    if ((list->count & (list->count - 1)) == 0) { /* doubling it */
        struct range *grown =
            reallocarray(list->ranges, list->count ? list->count * 2 : 1, sizeof *grown);
        if (!grown)
            return cairn_fail(err, ENOMEM, "out of memory reading the image");
        list->ranges = grown;
    }
    list->ranges[list->count++] = range;
    return 0;
}

int range_by_start(const void *a, const void *b)
{
    const struct range *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}
