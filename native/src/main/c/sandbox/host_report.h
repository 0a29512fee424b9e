/* What this host allows. */
#ifndef CAIRN_SANDBOX_HOST_REPORT_H
#define CAIRN_SANDBOX_HOST_REPORT_H

#include "common/error.h"

/* Reports what this host allows, for `cairn check`: a JSON array of
 * {"name","ok","required","detail","cost","who"}. The caller frees it. */
CAIRN_CHECKED int tree_host_report(char **json, cairn_error *err);

#endif
