#!/bin/bash
# generate.sh FOLDER DAYS LINES: access-DAY.log of that many days, always the same.
set -euo pipefail
cd "$1"
for day in $(seq "$2"); do
    # The generator of Park and Miller: awk's own rand() differs from awk to awk.
    awk -v day="$day" -v lines="$3" '
        function random(below) { state = state * 16807 % 2147483647; return state % below }
        BEGIN {
            state = 1000 + day
            for (i = 0; i < lines; i++) {
                second = int(i * 86400 / lines)
                address = "10." random(200) "." random(200) "." random(250)
                page = "/page/" int(random(1000) * random(1000) / 1000)
                status = random(50) == 0 ? 500 : random(10) == 0 ? 404 : 200
                printf "%s 2024-01-%02d %02d:%02d:%02d %s %d %d\n", address, day,
                    second / 3600, second / 60 % 60, second % 60, page, status, random(20000)
            }
        }' > "access-$day.log.part"
    mv "access-$day.log.part" "access-$day.log"
    echo "day $day: $3 lines"
done
