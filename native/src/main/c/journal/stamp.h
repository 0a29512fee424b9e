/* Small files beside the journal's logs. One records that the step was alive at a time, the other
 * up to which point the journal survives a power cut. */
#ifndef CAIRN_JOURNAL_STAMP_H
#define CAIRN_JOURNAL_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#define STAMP_ALIVE "alive"
#define STAMP_SYNCED "synced"

struct stamp {
    int64_t at;      /* ns of CLOCK_REALTIME */
    uint32_t epoch;  /* for STAMP_SYNCED: earlier records are durable, too */
    uint32_t ended;  /* no process of the step was left: later changes are by others */
    uint64_t serial; /* for STAMP_SYNCED: copies of this epoch with a smaller serial are durable */
    uint64_t hash;   /* checksum of the fields before it */
};

int64_t stamp_now(void);
/* Writes a stamp. A failure is ignored, because the step must not depend on it. */
void stamp_write(int folder, const char *name, struct stamp stamp, bool durable);
/* False where it is missing or torn. */
bool stamp_read(int folder, const char *name, struct stamp *out);

#endif
