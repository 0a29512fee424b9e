/* Translates a reported system call into the changes that it is about to make. */
#ifndef CAIRN_JOURNAL_CALLS_H
#define CAIRN_JOURNAL_CALLS_H

#include <linux/seccomp.h>

#include "journal/recorder.h"

CAIRN_CHECKED int call_record(struct recorder *r, const struct seccomp_notif *call,
                              cairn_error *err);

#endif
