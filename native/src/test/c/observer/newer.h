/* What kernels have and the headers of the oldest supported distribution lack. */
#ifndef CAIRN_TEST_OBSERVER_NEWER_H
#define CAIRN_TEST_OBSERVER_NEWER_H

#include <linux/prctl.h>

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
#ifndef EPIOCGPARAMS
#define EPIOCGPARAMS _IOR(0x8A, 0x02, uint64_t)
#endif
#define MEMBARRIER_GET_REGISTRATIONS (1 << 9)

#endif
