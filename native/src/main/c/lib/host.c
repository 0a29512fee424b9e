#include "cairn.h"
#include "sandbox/host_report.h"

int cairn_host_report(char **json, cairn_error *err)
{
    return tree_host_report(json, err);
}
