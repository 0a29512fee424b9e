/* What this host allows. */
#ifndef CAIRN_SANDBOX_HOST_REPORT_H
#define CAIRN_SANDBOX_HOST_REPORT_H

#include "common/error.h"

/* What this host allows, a line per thing, as JSON array of
 * {"name","ok","required","detail","cost","who"}: `cairn check`. The caller frees. */
CAIRN_CHECKED int tree_host_report(char **json, cairn_error *err);

#endif
