/* Forks, sessions, groups and zombies. */
#ifndef CAIRN_RESTORE_FAMILY_H
#define CAIRN_RESTORE_FAMILY_H

#include "restore/restoration.h"

/* Makes every process of the image, with its memory, from the stubs below pid 1. */
CAIRN_CHECKED int family_make(struct restoration *r, pid_t init, cairn_error *err);

#endif
