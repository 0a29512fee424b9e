/* The variables with which a restored process was started. */
#ifndef CAIRN_RESTORE_ENVIRONMENT_H
#define CAIRN_RESTORE_ENVIRONMENT_H

#include "restore/restoration.h"

/* Gives each variable of tree_spec.renewals that has the value of an earlier attempt the current
 * one, in the strings with which the process was started, where it fits. Copies keep their value.
 */
void environment_renew(const struct restoration *r, const struct restored_process *p);

#endif
