#!/usr/bin/env python3
"""What waiting for Cairn itself costs: starting it, many short steps, old runs, and doing nothing.

    examples/benchmarks/start.py [--steps 1000] [--old-runs 500]

prints a table; Snakemake and Nextflow run the same steps where they are on the PATH. To be run on a quiet machine.
"""
import argparse
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

CAIRN = str(pathlib.Path(__file__).resolve().parents[2] / "cairn")
REPEATED = 5
SETTLED_SECONDS = 10
IDLE_SECONDS = 20


def run(command, folder, env=None):
    """Elapsed seconds, CPU seconds of it and all its children, and the peak of its memory in MB."""
    began = time.monotonic()
    with open(folder / "said", "ab") as said:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=os.environ | (env or {})
        )
    _, status, used = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{command} failed, see {folder}/said")
    return time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def medians(command, folder):
    return [statistics.median(values) for values in zip(*(run(command, folder) for _ in range(REPEATED)))]


def files_and_megabytes(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return len(files), sum(path.stat().st_blocks for path in files) * 512 / 1e6


def line(what, seconds, cpu, memory, rest=""):
    print(f"{what:44} {seconds:8.2f} {cpu:8.2f} {memory:8.0f}  {rest}", flush=True)


def many_steps_of_cairn(count, folder):
    steps = "".join(f'  - {{id: s{i}, needs: [], run: ["true"]}}\n' for i in range(count))
    (folder / "flow.yaml").write_text("name: many\nsteps:\n" + steps)
    result = run([CAIRN, "run", "flow.yaml"], folder)
    files, megabytes = files_and_megabytes(folder / ".cairn")
    line(f"cairn run, {count} steps", *result, f"{files} files, {megabytes:.0f} MB")


def many_steps_of_snakemake(count, folder):
    (folder / "Snakefile").write_text(
        f"rule all:\n    input: expand('{{i}}.done', i=range({count}))\n"
        "rule one:\n    output: touch('{i}.done')\n    shell: 'true'\n"
    )
    version = subprocess.run(["snakemake", "--version"], capture_output=True, text=True).stdout.strip()
    result = run(["snakemake", "--cores", "2", "--quiet", "all"], folder)
    files, megabytes = files_and_megabytes(folder)
    line(f"snakemake {version}, {count} jobs", *result, f"{files} files, {megabytes:.0f} MB")


def many_steps_of_nextflow(count, folder):
    (folder / "main.nf").write_text(
        f"process one {{\n  input: val i\n  script: 'true'\n}}\nworkflow {{ one(Channel.of(1..{count})) }}\n"
    )
    result = run(["nextflow", "run", "main.nf"], folder)
    files, megabytes = files_and_megabytes(folder)
    line(f"nextflow, {count} tasks", *result, f"{files} files, {megabytes:.0f} MB")


def old_runs(count, folder):
    """All but the first are copies of its folder, with ids of their own."""
    run([CAIRN, "exec", "--", "true"], folder)
    runs = folder / ".cairn/runs"
    first = next(runs.iterdir())
    for i in range(count - 1):
        copy = runs / f"true-20200101-000000-{i:04}"
        shutil.copytree(first, copy)
        manifest = copy / "manifest.json"
        manifest.write_text(manifest.read_text().replace(first.name, copy.name))
    line(f"cairn ps, {count} runs that have ended", *medians([CAIRN, "ps"], folder))


def cpu_nanoseconds(pid):
    return sum(
        int((task / "schedstat").read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
    )


def idle(what, command, folder):
    with open(folder / "said", "ab") as said:
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    time.sleep(SETTLED_SECONDS)
    before = cpu_nanoseconds(process.pid)
    time.sleep(IDLE_SECONDS)
    used = cpu_nanoseconds(process.pid) - before
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    memory = int(status.split("VmRSS:")[1].split()[0]) / 1024
    process.send_signal(signal.SIGINT)
    process.wait()
    line(what, IDLE_SECONDS, used / 1e9, memory, f"{used / IDLE_SECONDS / 1e7:.2f} % of a core")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--old-runs", type=int, default=500)
    chosen = parser.parse_args()
    base = pathlib.Path(tempfile.mkdtemp(prefix="cairn-start-", dir="/var/tmp"))

    def folder(name):
        (base / name).mkdir()
        return base / name

    subprocess.run([CAIRN, "--version"], check=True, stdout=subprocess.DEVNULL)
    print(f"{'':44} {'seconds':>8} {'CPU s':>8} {'MB':>8}")
    line("cairn --version", *medians([CAIRN, "--version"], folder("version")))
    line("cairn exec -- true", *medians([CAIRN, "exec", "--", "true"], folder("exec")))
    many_steps_of_cairn(chosen.steps, folder("steps"))
    if shutil.which("snakemake"):
        many_steps_of_snakemake(chosen.steps, folder("snakemake"))
    if shutil.which("nextflow"):
        many_steps_of_nextflow(chosen.steps, folder("nextflow"))
    old_runs(chosen.old_runs, folder("old"))
    idle("cairn exec -- sleep, waiting", [CAIRN, "exec", "-i", "never", "--", "sleep", "1000"], folder("idle"))
    daemon = folder("daemon")
    os.environ["XDG_STATE_HOME"] = str(daemon)
    idle("cairn daemon, nothing due", [CAIRN, "daemon", "--foreground"], daemon)
    shutil.rmtree(base)


main()
