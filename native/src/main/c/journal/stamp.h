/* Small files beside the journal's logs. One shows that the step was alive at a time, one up to
 * where the journal would survive a power cut. */
#ifndef CAIRN_JOURNAL_STAMP_H
#define CAIRN_JOURNAL_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#define STAMP_ALIVE "alive"
#define STAMP_SYNCED "synced"

struct stamp {
    int64_t at;      /* ns of CLOCK_REALTIME */
    uint32_t epoch;  /* of STAMP_SYNCED: earlier ones are durable, too */
    uint32_t ended;  /* nothing of the step was left: what changed later, others did */
    uint64_t serial; /* of STAMP_SYNCED: copies of the epoch below this one are durable */
    uint64_t hash;   /* of what is before it */
};

int64_t stamp_now(void);
/* Best effort: the step must not depend on it. */
void stamp_write(int folder, const char *name, struct stamp stamp, bool durable);
/* False where it is missing or torn. */
bool stamp_read(int folder, const char *name, struct stamp *out);

#endif
