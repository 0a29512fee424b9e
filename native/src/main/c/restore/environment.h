/* The variables with which a restored process was started. */
#ifndef CAIRN_RESTORE_ENVIRONMENT_H
#define CAIRN_RESTORE_ENVIRONMENT_H

#include "restore/restoration.h"

/* Replaces each variable of tree_spec.renewals that has the value of an earlier attempt by the
 * current value. It does so in the strings with which the process was started, if the new value
 * fits. Copies that the program made keep their value.
 */
void environment_renew(const struct restoration *r, const struct restored_process *p);

#endif
