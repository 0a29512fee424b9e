#!/bin/bash
# crunch.sh FOLDER DAYS: top pages, visitors and errors of each day; a day's log is deleted once it has been counted.
set -euo pipefail
cd "$1"
touch visitors.all
for day in $(seq "$2"); do
    log=access-$day.log

    # Pages that were served, the most wanted first: five processes, and sort spills into temporary files.
    grep ' 200 ' "$log" | awk '{print $4}' | sort -S 1M | uniq -c | sort -k1,1nr -k2,2 > top.part
    mv top.part "top-$day.txt"

    # Everybody who was ever here: rewritten from one day to the next.
    awk '{print $1}' "$log" | sort -S 1M -u | sort -m -u -o visitors.all visitors.all -

    # The share of errors, hour by hour: one line appended at a time, the file closed in between.
    awk '{hour = substr($3, 1, 2); all[hour]++; bad[hour] += $5 >= 500}
         END {for (hour in all) printf "%s %.4f\n", hour, bad[hour] / all[hour]}' "$log" | sort |
        while read -r hour share; do
            echo "day $day hour $hour errors $share" >> errors.txt
        done

    rm "$log"
    echo "day $day: $(wc -l < "top-$day.txt") pages, $(wc -l < visitors.all) visitors so far"
done
