#!/usr/bin/env python3
"""Writes croniter.txt: 10,000 fire times as croniter 7.0.0 (PyPI) gives them, for expressions made up from a seed.

    python3 -m venv /tmp/croniter && /tmp/croniter/bin/pip install croniter==7.0.0
    /tmp/croniter/bin/python croniter-golden.py > croniter.txt

Each line: the expression, the time after which, then minutes from each time to the next. UTC, which knows no daylight saving.
"""
import random
from datetime import datetime, timezone

from croniter import croniter

EXPRESSIONS, TIMES = 200, 50
DAYS = "SUN MON TUE WED THU FRI SAT".split()
MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
GIVEN = ["0 0 13 * 5", "@hourly", "@daily", "@weekly", "@monthly", "@yearly", "* * * * *", "*/15 9-17 * * MON-FRI",
         "0 0 29 2 *", "0 0 31 * *", "30 4 1,15 * 5", "0 0 * * 0", "0 0 * * 7", "0 0 */2 * 1", "0 22 * * 1-5", "5/15 * * * *"]


def part(rng, least, most, names=()):
    def value(number):
        return names[number - least] if names and rng.random() < 0.3 else str(number)
    kind = rng.randrange(4)
    if kind == 0:
        return "*/%d" % rng.randint(2, max(2, (most - least) // 2))
    first = rng.randint(least, most - 1)
    last = rng.randint(first + 1, most)
    if kind == 1:
        return value(first)
    return "%s-%s" % (value(first), value(last)) + ("/%d" % rng.randint(1, 7) if kind == 3 else "")


def field(rng, least, most, names=(), star=0.4):
    if rng.random() < star:
        return "*"
    return ",".join(part(rng, least, most, names) for _ in range(rng.choice([1, 1, 1, 2, 3])))


def expression(rng):
    return " ".join([field(rng, 0, 59, star=0.1), field(rng, 0, 23), field(rng, 1, 28),
                     field(rng, 1, 12, MONTHS, star=0.7), field(rng, 0, 6, DAYS)])


def main():
    rng = random.Random(20240229)
    expressions = GIVEN + [expression(rng) for _ in range(EXPRESSIONS - len(GIVEN))]
    for text in expressions:
        start = datetime.fromtimestamp(rng.randrange(1577836800, 1893456000) // 60 * 60, timezone.utc)
        times = croniter(text, start)
        last, steps = start, []
        for _ in range(TIMES):
            time = times.get_next(datetime)
            steps.append(str(int((time - last).total_seconds()) // 60))
            last = time
        print("|".join([text, start.strftime("%Y-%m-%dT%H:%M:%SZ"), " ".join(steps)]))


main()
