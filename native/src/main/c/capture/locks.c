/* File locks. A lock by flock, or an "open file description" lock, belongs to a description,
 * however many processes hold that; a POSIX lock belongs to one process. The kernel lists both
 * kinds at the descriptor that took them. That descriptor is still open, because closing it
 * releases the lock. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/objects.h"
#include "common/json.h"

/* As fdinfo has it, and /proc/locks: "1: POSIX  ADVISORY  WRITE 17 08:01:262147 0 EOF". */
struct lock_line {
    char kind[16], mode[16];
    pid_t owner; /* the process that took it, in our pid namespace; 0 if it has ended */
    long long start;
    char end[24];
};

static int parse_line(const char *line, struct lock_line *out, cairn_error *err)
{
    if (sscanf(line, "lock: %*d: %15s %*s %15s %d %*x:%*x:%*u %lld %23s", out->kind, out->mode,
               &out->owner, &out->start, out->end) != 5)
        return cairn_fail(err, EINVAL, "a lock of an unknown form (%.*s)", (int)strcspn(line, "\n"),
                          line);
    return 0;
}

static json_t *describe_lock(const struct lock_line *line, const char *kind)
{
    json_t *json = json_pack("{s:s, s:b}", "kind", kind, "write", strcmp(line->mode, "WRITE") == 0);
    struct proc_status status;
    if (strcmp(kind, "flock") == 0) {
        if (line->owner > 0 && proc_read_status(line->owner, line->owner, &status, NULL) == 0)
            json_object_set_new(json, "owner", json_integer(status.ns_pid));
        return json;
    }
    json_object_set_new(json, "start", json_hex((uint64_t)line->start));
    if (strcmp(line->end, "EOF") != 0)
        json_object_set_new(json, "end", json_hex(strtoull(line->end, NULL, 10)));
    return json;
}

int describe_locks(const char *fdinfo, enum lock_owner owner, json_t **out, cairn_error *err)
{
    static const struct {
        const char *name, *kind;
        enum lock_owner owner;
    } kinds[] = {{"FLOCK", "flock", LOCKS_OF_DESCRIPTION},
                 {"OFDLCK", "ofd", LOCKS_OF_DESCRIPTION},
                 {"POSIX", "posix", LOCKS_OF_PROCESS}};
    *out = NULL;
    for (const char *at = strstr(fdinfo, "lock:\t"); at; at = strstr(at + 1, "lock:\t")) {
        struct lock_line line;
        int rc = parse_line(at, &line, err);
        if (rc != 0)
            return rc;
        size_t k = 0;
        while (k < sizeof kinds / sizeof *kinds && strcmp(kinds[k].name, line.kind) != 0)
            k++;
        if (k == sizeof kinds / sizeof *kinds)
            return cairn_fail(
                err, CAIRN_EUNSUPPORTED,
                "a lease (%s), which cannot be taken again with certainty; give it up "
                "(F_SETLEASE with F_UNLCK) before the checkpoint",
                line.kind);
        if (kinds[k].owner != owner)
            continue;
        if (!*out)
            *out = json_array();
        json_array_append_new(*out, describe_lock(&line, kinds[k].kind));
    }
    return 0;
}
