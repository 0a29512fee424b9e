#include "supervisor/engine.h"

#include <string.h>

const struct engine *engine_named(const char *name)
{
    const struct engine *const all[] = {&engine_native, &engine_app, &engine_none};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    return NULL;
}
