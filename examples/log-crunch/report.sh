#!/bin/bash
# report.sh FOLDER DAYS: what the days have in common.
set -euo pipefail
cd "$1"
days=$(seq -f 'top-%g.txt' "$2")
echo "visitors: $(wc -l < visitors.all)"
echo "worst hours:"
sort -k6,6nr -k2,2n -k4,4 errors.txt | awk 'NR <= 3'
echo "top pages:"
# shellcheck disable=SC2086 # the list is meant to be split
cat $days | awk '{hits[$2] += $1} END {for (page in hits) print hits[page], page}' | sort -k1,1nr -k2,2 |
    awk 'NR <= 5' | tee top.txt
