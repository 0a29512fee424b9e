/* Errors: the last argument of every function that can fail; untouched on success. Their codes are
 * public: cairn.h. */
#ifndef CAIRN_COMMON_ERROR_H
#define CAIRN_COMMON_ERROR_H

#include "cairn.h"

/* Fills *err (which may be NULL) and returns -code, so that callers write `return cairn_fail(...)`.
 */
int cairn_fail(cairn_error *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As cairn_fail with code = errno, and ": <strerror>" appended. */
int cairn_fail_errno(cairn_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts "<context>: " before the message of an error that is already set. Returns rc, the code of
 * that error.
 */
int cairn_fail_within(cairn_error *err, int rc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
