/* What kernels have and the headers of the oldest supported distribution lack. */
#ifndef CAIRN_TEST_OBSERVER_NEWER_H
#define CAIRN_TEST_OBSERVER_NEWER_H

#include <linux/prctl.h>
#include <stdint.h>
#include <sys/ioctl.h>

#ifndef PR_GET_MDWE
#define PR_GET_MDWE 66
#endif
#ifndef PR_GET_MEMORY_MERGE
#define PR_GET_MEMORY_MERGE 68
#endif
#ifndef PR_GET_SHADOW_STACK_STATUS
#define PR_GET_SHADOW_STACK_STATUS 74
#endif
#ifndef PR_TIMER_CREATE_RESTORE_IDS
#define PR_TIMER_CREATE_RESTORE_IDS 77
#define PR_TIMER_CREATE_RESTORE_IDS_GET 2
#endif
#ifndef PR_FUTEX_HASH
#define PR_FUTEX_HASH 78
#define PR_FUTEX_HASH_GET_SLOTS 2
#endif
#ifndef F_GETOWNER_UIDS
#define F_GETOWNER_UIDS 17
#endif
#ifndef F_GETDELEG
#define F_GETDELEG (1024 + 15)
#endif
#ifndef F_CREATED_QUERY
#define F_CREATED_QUERY (1024 + 4)
#endif
#ifndef EPIOCGPARAMS
#define EPIOCGPARAMS _IOR(0x8A, 0x02, uint64_t)
#endif
/* Of pidfds: the number of the call is the size of its answer. */
struct pidfd_answer {
    uint64_t mask, cgroup;
    uint32_t pid, tgid, ppid, ids[8];
    int32_t exit_code;
    uint32_t coredump_mask, spare;
};
#define PIDFD_ANSWER _IOWR(0xFF, 11, struct pidfd_answer)
#define PIDFD_ANSWER_PID 1
#define PIDFD_ANSWER_CREDENTIALS 2
#define PIDFD_ANSWER_EXIT 8
#define MEMBARRIER_GET_REGISTRATIONS (1 << 9)

#endif
