#include "task/settings.h"

#include <linux/prctl.h>
#include <string.h>
#include <sys/syscall.h>

#include "common/json.h"

/* Constants that the headers of the oldest supported distribution lack. */
#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#endif
#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif
#ifndef PR_FUTEX_HASH
#define PR_FUTEX_HASH 78
#define PR_FUTEX_HASH_SET_SLOTS 1
#define PR_FUTEX_HASH_GET_SLOTS 2
#endif
/* From <asm/prctl.h>: the setting of the processor's cpuid instruction. */
#define GET_CPUID 0x1011
#define SET_CPUID 0x1012

#define ALL (~0ull)
#define WRITTEN true
#define RETURNED false
#define OPTIONAL true
#define NEEDED false

/* clang-format off */
const struct setting settings[] = {
    {"timer_slack", SETTING_OF_THREAD, SYS_prctl, PR_GET_TIMERSLACK, 0, RETURNED,
     PR_SET_TIMERSLACK, 0, ALL, OPTIONAL},
    {"tsc", SETTING_OF_THREAD, SYS_prctl, PR_GET_TSC, 0, WRITTEN,
     PR_SET_TSC, 0, ALL, NEEDED},
    {"cpuid", SETTING_OF_THREAD, SYS_arch_prctl, GET_CPUID, 0, RETURNED,
     SET_CPUID, 0, ALL, NEEDED},
    {"machine_checks", SETTING_OF_THREAD, SYS_prctl, PR_MCE_KILL_GET, 0, RETURNED,
     PR_MCE_KILL, PR_MCE_KILL_SET, ALL, OPTIONAL},
    {"io_flusher", SETTING_OF_THREAD, SYS_prctl, PR_GET_IO_FLUSHER, 0, RETURNED,
     PR_SET_IO_FLUSHER, 0, ALL, OPTIONAL},
    {"secure_bits", SETTING_OF_THREAD, SYS_prctl, PR_GET_SECUREBITS, 0, RETURNED,
     PR_SET_SECUREBITS, 0, ALL, NEEDED},
    {"subreaper", SETTING_OF_PROCESS, SYS_prctl, PR_GET_CHILD_SUBREAPER, 0, WRITTEN,
     PR_SET_CHILD_SUBREAPER, 0, ALL, NEEDED},
    {"thp_disable", SETTING_OF_PROCESS, SYS_prctl, PR_GET_THP_DISABLE, 0, RETURNED,
     PR_SET_THP_DISABLE, 0, 1, OPTIONAL},
    {"futex_slots", SETTING_OF_PROCESS, SYS_prctl, PR_FUTEX_HASH, PR_FUTEX_HASH_GET_SLOTS, RETURNED,
     PR_FUTEX_HASH, PR_FUTEX_HASH_SET_SLOTS, ALL, OPTIONAL},
    {"memory_merge", SETTING_OF_PROCESS, SYS_prctl, PR_GET_MEMORY_MERGE, 0, RETURNED,
     PR_SET_MEMORY_MERGE, 0, ALL, OPTIONAL},
    /* The value 2 can result only from a change of user ids; a program cannot set it. */
    {"dumpable", SETTING_LAST, SYS_prctl, PR_GET_DUMPABLE, 0, RETURNED,
     PR_SET_DUMPABLE, 0, 1, NEEDED},
    {"mdwe", SETTING_LAST, SYS_prctl, PR_GET_MDWE, 0, RETURNED,
     PR_SET_MDWE, 0, ALL, NEEDED},
};
/* clang-format on */
const size_t setting_count = sizeof settings / sizeof *settings;

/* value is negative if the kernel does not answer. */
static int ask(struct injector *in, const struct setting *s, long *value, cairn_error *err)
{
    int32_t answer = 0;
    int rc = inject(in, value, err, s->nr, (uint64_t)s->get,
                    s->written ? in->scratch : s->get_argument, 0, 0, 0, 0);
    if (rc == 0 && *value >= 0 && s->written) {
        rc = inject_read(in, in->scratch, &answer, sizeof answer, err);
        *value = answer;
    }
    return rc != 0 ? cairn_fail_within(err, rc, "asking for %s", s->key) : 0;
}

int settings_capture(struct injector *in, bool of_thread, json_t *out, cairn_error *err)
{
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting *s = &settings[i];
        long value;
        if ((s->when == SETTING_OF_THREAD) != of_thread)
            continue;
        int rc = ask(in, s, &value, err);
        if (rc != 0)
            return rc;
        if (value >= 0)
            json_object_set_new(out, s->key, json_integer(value));
    }
    return 0;
}

static int set(struct injector *in, const struct setting *s, uint64_t value, cairn_error *err)
{
    uint64_t first = value & s->first, second = value & ~s->first;
    long result;
    int rc =
        s->set_command
            ? inject(in, &result, err, s->nr, (uint64_t)s->set, s->set_command, first, second, 0, 0)
            : inject(in, &result, err, s->nr, (uint64_t)s->set, first, second, 0, 0, 0);
    if (rc != 0 || result >= 0 || s->optional)
        return rc;
    return cairn_fail(err, (int)-result, "setting %s to %lld: %s", s->key, (long long)value,
                      strerror((int)-result));
}

int settings_restore(struct injector *in, enum setting_when when, const json_t *json,
                     cairn_error *err)
{
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting *s = &settings[i];
        int64_t wanted;
        long value;
        if (s->when != when || !json_object_get(json, s->key))
            continue;
        int rc = json_need_int(json, s->key, 0, INT64_MAX, &wanted, err);
        if (rc == 0)
            rc = ask(in, s, &value, err);
        if (rc == 0 && value != wanted)
            rc = set(in, s, (uint64_t)wanted, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}
