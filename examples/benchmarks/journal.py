#!/usr/bin/env python3
"""What the write journal costs: programs that change many files, alone, as a step without and with the journal.

    journal.py JOURNAL_STEP [ROUNDS]

JOURNAL_STEP is the program of that name in native/target/c. Prints the medians of so many rounds (5): seconds, and seconds of
CPU of the program and the supervisor, as ratios of a step to the program alone and of a journalled step to one that is not. For the
first the machine has to be quiet: each call of the step wakes the supervisor. The second is what it costs where every CPU is busy.
"""
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

SQLITE = """python3 -c "
import sqlite3
c = sqlite3.connect('db')
c.execute('create table t (a, b)')
for i in range(2000):
    c.execute('insert into t values (?, ?)', (i, 'x' * 100))
    c.commit()
" """
GIT = """git init -q . && git config user.email a@example.org && git config user.name a && for i in $(seq 20); do
for k in 1 2 3 4 5; do echo $i >> f$k; done; git add -A; git commit -qm $i; done"""


def write_sources(folder):
    os.makedirs(folder)
    for i in range(40):
        functions = "".join('int f%d_%d(int a) { char b[100]; snprintf(b, 100, "%%d", a); return (int)strlen(b); }\n' % (i, k)
                            for k in range(60))
        with open(f"{folder}/f{i}.c", "w") as f:
            f.write("#include <stdio.h>\n#include <string.h>\n" + functions)
    objects = " ".join(f"f{i}.o" for i in range(40))
    with open(f"{folder}/Makefile", "w") as f:
        f.write(f"lib.a: {objects}\n\tar rcs $@ $^\n%.o: %.c\n\tgcc -O1 -c -o $@ $<\n")


def write_small_files(base):
    for i in range(3000):
        os.makedirs(f"{base}/small/d{i % 30}", exist_ok=True)
        with open(f"{base}/small/d{i % 30}/f{i}", "w") as f:
            f.write("x" * (200 + i))
    subprocess.run(["tar", "cf", f"{base}/small.tar", "-C", base, "small"], check=True)


def write_lines(path):
    r = random.Random(1)
    with open(path, "w") as f:
        f.writelines("%016x\n" % r.getrandbits(64) for _ in range(1_500_000))


def run(step, work, journal, mode, command):
    """Seconds, and seconds of CPU."""
    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    prefix = [] if mode == "alone" else [step, "run", journal] + (["--plain"] if mode == "step" else [])
    subprocess.run(prefix + ["bash", "-c", command], cwd=work, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - started, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def figures(times, name, what):
    """The ratios are medians of those of single rounds, whose runs met about the same machine."""
    alone, plain, journalled = ([t[what] for t in times[name, m]] for m in ("alone", "step", "journalled"))
    step, journal = (statistics.median(x / y for x, y in zip(xs, ys)) for xs, ys in ((plain, alone), (journalled, plain)))
    return f"alone {statistics.median(alone):6.3f} s  step/alone {step:5.2f}  journalled/step {journal:5.2f}"


def main():
    step, rounds = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory(prefix="cairn-journal-", dir="/var/tmp") as base:
        write_sources(f"{base}/c")
        write_small_files(base)
        write_lines(f"{base}/lines")
        programs = {"make -j2": (f"{base}/c", "make -s -j2"), "git, 20 commits": (None, GIT), "tar x, 3000 files": (None, f"tar xf {base}/small.tar"),
                    "SQLite, 2000 transactions": (None, SQLITE), "sort": (None, f"sort -S 20M -T . {base}/lines > sorted")}
        times = {}
        for _ in range(rounds):
            for name, (content, command) in programs.items():
                for mode in ("alone", "step", "journalled"):
                    work, journal = f"{base}/work", f"{base}/journal"
                    for folder in (work, journal):
                        shutil.rmtree(folder, ignore_errors=True)
                        os.makedirs(folder)
                    if content:
                        shutil.copytree(content, work, dirs_exist_ok=True)
                    times.setdefault((name, mode), []).append(run(step, work, journal, mode, command))
        for name in programs:
            print(f"{name:26} time: {figures(times, name, 0)}   cpu: {figures(times, name, 1)}", flush=True)


if __name__ == "__main__":
    main()
