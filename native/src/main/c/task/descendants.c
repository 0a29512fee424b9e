#include "task/descendants.h"

#include <signal.h>

#include "common/process.h"
#include "proc/proc.h"

void kill_descendants(pid_t ancestor)
{
    for (int round = 0; round < 100; round++) { /* the processes may fork while we list them */
        auto_proc_list struct proc_list list = {0};
        if (proc_descendants(ancestor, &list, NULL) != 0 || list.count == 0)
            return;
        for (size_t i = 0; i < list.count; i++)
            process_signal(list.numbers[i], SIGKILL);
    }
}
