#include <stdlib.h>

#include "cairn.h"

const char *cairn_version(void)
{
    return CAIRN_VERSION;
}

void cairn_free(void *p)
{
    free(p);
}
