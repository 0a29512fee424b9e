/* What can be asked by prctl is saved, or is known not to be: a getter that the headers of a later
 * kernel add fails here until the table has it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/prctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "task/settings.h"

static const struct {
    const char *name, *why;
} elsewhere[] = {
    {"PR_GET_PDEATHSIG", "threads.c: death_signal"},
    {"PR_GET_NAME", "threads.c: comm"},
    {"PR_GET_NO_NEW_PRIVS", "threads.c"},
    {"PR_GET_TID_ADDRESS", "threads.c: clear_tid"},
    {"PR_GET_KEEPCAPS", "a bit of PR_GET_SECUREBITS"},
    {"PR_GET_SECCOMP", "refused"},
    {"PR_GET_AUXV", "process.c: layout"},
    {"PR_GET_TIMING", "has one value only"},
    {"PR_GET_SPECULATION_CTRL", "not saved: changes speed, and what other programs may find out"},
    {"PR_TIMER_CREATE_RESTORE_IDS_GET", "of those who restore"},
    {"PR_SCHED_CORE_GET", "not saved: with whom a core is shared, of which no result depends"},
    {"PR_GET_SHADOW_STACK_STATUS", "of other processors"},
    {"PR_GET_INDIR_BR_LP_STATUS", "of other processors"},
    {"PR_GET_CFI", "of other processors"},
    {"PR_GET_UNALIGN", "of other processors"},
    {"PR_GET_FPEMU", "of other processors"},
    {"PR_GET_FPEXC", "of other processors"},
    {"PR_GET_ENDIAN", "of other processors"},
    {"PR_GET_FP_MODE", "of other processors"},
    {"PR_SVE_GET_VL", "of other processors"},
    {"PR_SME_GET_VL", "of other processors"},
    {"PR_PAC_GET_ENABLED_KEYS", "of other processors"},
    {"PR_GET_TAGGED_ADDR_CTRL", "of other processors"},
    {"PR_RISCV_V_GET_CONTROL", "of other processors"},
    {"PR_PPC_GET_DEXCR", "of other processors"},
};

static bool is_getter(const char *name)
{
    size_t len = strlen(name);
    return strncmp(name, "PR_GET_", 7) == 0 || strstr(name, "_GET_") ||
           (len > 4 && strcmp(name + len - 4, "_GET") == 0);
}

static bool is_known(const char *name, long number)
{
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (strcmp(elsewhere[i].name, name) == 0)
            return true;
    for (size_t i = 0; i < setting_count; i++)
        if (settings[i].nr == SYS_prctl &&
            (settings[i].get == number ||
             (settings[i].get_argument != 0 && settings[i].get_argument == (uint64_t)number)))
            return true;
    return false;
}

static void every_getter_of_prctl_is_in_the_table_or_known_not_to_be(void **state)
{
    (void)state;
    FILE *header = fopen("/usr/include/linux/prctl.h", "re");
    if (!header)
        skip();
    char line[512], name[128], value[64];
    int getters = 0, unknown = 0;
    while (fgets(line, sizeof line, header)) {
        if (sscanf(line, " # define %127s %63s", name, value) != 2 || !is_getter(name))
            continue;
        getters++;
        if (is_known(name, strtol(value, NULL, 0)))
            continue;
        fprintf(stderr, "%s is neither in task/settings.c nor in this list\n", name);
        unknown++;
    }
    fclose(header);
    assert_true(getters > 20);
    assert_int_equal(0, unknown);
}

static void settings_have_names_of_their_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < setting_count; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(settings[i].key, settings[k].key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_getter_of_prctl_is_in_the_table_or_known_not_to_be),
        cmocka_unit_test(settings_have_names_of_their_own),
    };
    return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
