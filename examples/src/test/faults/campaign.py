#!/usr/bin/env python3
"""Lets system calls of runner and supervisor fail, one place at a time, and prints what came of it.

    campaign.py [--seed N] [--count N] [--jobs N] [--seconds N] [--only TARGET:CALL:ERROR:N]... --native DIR -- COMMAND...

COMMAND starts Cairn's Java with -Dcairn.native.dir=ANY, DIR holds its native programs. Each injection makes call number N fail with
one error while a workflow of two steps runs with checkpoints: of the runner, from its first own call on, by a preloaded library; of the
first step's supervisor by strace, which follows its main thread from when it has begun. Where the run has stopped, it is resumed by the
same line, undisturbed. Only two ends are allowed: it finished with the output of an undisturbed run, or it stopped with a clear word and
the resume finished with that output. Anything else is printed with what was said, and ends this with 1.
"""
import argparse, collections, concurrent.futures, errno, itertools, os, pathlib, random, re, shutil, signal, subprocess, sys, tempfile, time

FLOW = """name: faults
env: {LD_PRELOAD: "", FAULT_CALL: "", FAULT_COUNT: ""}
steps:
  - id: one
    run: python3 chain.py 14 > ${{ run.dir }}/one.txt
    checkpoint: {every: 300ms}
  - id: two
    run: python3 chain.py 8 < ${{ run.dir }}/one.txt > ${{ run.dir }}/two.txt
    checkpoint: {every: 300ms}
"""
CHAIN = """import hashlib, sys, time
state = hashlib.sha256(sys.stdin.buffer.read() if len(sys.argv) > 1 and not sys.stdin.isatty() else b'')
room = bytearray(state.digest() * 4096)
for i in range(int(sys.argv[1])):
    time.sleep(0.08)
    state.update(room)
    room[i * 4096 % len(room)] ^= state.digest()[0]
    print(i, state.hexdigest(), flush=True)
"""
ERRORS = ["ENOSPC", "EIO", "EINTR", "EMFILE", "ENOMEM", "ESTALE"]
CALLS = """openat read pread64 write pwrite64 fsync fdatasync rename renameat renameat2 linkat unlink unlinkat mkdir mkdirat newfstatat
fstat statx getdents64 ftruncate lseek fcntl flock utimensat readlinkat statfs fstatfs socket connect bind listen accept4 sendmsg recvmsg
sendto recvfrom poll epoll_create1 epoll_ctl epoll_wait eventfd2 signalfd4 pipe2 dup2 pidfd_open clone clone3 fork wait4 waitid unshare
process_vm_readv process_vm_writev ptrace memfd_create prctl copy_file_range fallocate""".split()
BAD = re.compile(r"a bug in Cairn|^\s+at [\w.$]+\(|^Exception in thread|hs_err|SIGSEGV", re.M)
# a raw exception: a class of Cairn that cannot be loaded is told in a line of Cairn's own, which names it
RAW = re.compile(r"^(?!cairn: ).*(Exception\b|java\.lang\.)", re.M)
CALL = re.compile(r"^(\w+)\(", re.M)


class Bench:
    def __init__(self, command, native):
        self.command, self.native = command, pathlib.Path(native)
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="cairn-faults-", dir="/var/tmp"))
        self.numbers = itertools.count(1)
        source = pathlib.Path(__file__).with_name("fail.c")
        subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", str(self.top / "fail.so"), str(source), "-ldl"], check=True)

    def room(self):
        room = self.top / str(next(self.numbers))
        (room / "user").mkdir(parents=True)
        (room / "flow.yaml").write_text(FLOW)
        (room / "chain.py").write_text(CHAIN)
        (room / "home").mkdir(mode=0o700)
        return room

    def attach(self, room, process, fault, count):
        """Traces the main thread of the first supervisor from when it has begun; not its children, which it traces itself."""
        strace = ["strace", "-qq", "-o", str(count) if count else "/dev/null"]
        if fault:
            call, error, number = fault
            strace += ["-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={number}"]
        else:
            strace += ["-e", "trace=" + ",".join("?" + c for c in CALLS)]
        while process.poll() is None:
            for file in room.glob("home/runs/*/steps/one/attempts/001/supervisor.json"):
                pid = re.search(r'"pid": ?(\d+)', file.read_text())
                if pid:
                    subprocess.Popen(strace + ["-p", pid.group(1)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                    return
            time.sleep(0.002)

    def run(self, room, target=None, fault=None, count=None, seconds=90, line=("run", "flow.yaml")):
        """@return its exit code; None when it does not end"""
        variables = {}
        if target == "runner":
            variables = {"LD_PRELOAD": str(self.top / "fail.so")}
            if count:
                variables["FAULT_COUNT"] = str(count)
            if fault:
                call, error, number = fault
                variables |= {"FAULT_CALL": call, "FAULT_ERROR": str(getattr(errno, error)), "FAULT_NUMBER": str(number)}
        native = self.native
        command = [word if not word.startswith("-Dcairn.native.dir=") else f"-Dcairn.native.dir={native}" for word in self.command]
        with open(room / "said.txt", "ab") as out:
            process = subprocess.Popen(
                command + list(line), cwd=room, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
                env={"PATH": os.environ["PATH"], "HOME": str(room / "user"), "LANG": "C.UTF-8", "CAIRN_HOME": str(room / "home")} | variables)
            if target == "supervisor":
                self.attach(room, process, fault, count)
            try:
                return process.wait(seconds)
            except subprocess.TimeoutExpired:
                return None

    def calls(self, target, expected):
        """Of each call the numbers from which to choose, per thread of the supervisor, in all of the runner, where they begin after Java's."""
        room = self.room()
        first = collections.Counter()
        if target == "runner":
            self.run(room, target, count=room / "version", line=("--version",))
            first = counted(room, "version")
        code = self.run(room, target, count=room / "count")
        if code != 0 or self.output(room) != expected:
            sys.exit((room / "said.txt").read_text() + f"the run whose {target} was only watched ended with {code}")
        found = counted(room, "count") if target == "runner" else traced(room / "count")
        # what Java alone needs to start is not ours: a failing stat() there is its own crash
        return {call: range(first[call] + 1, n + 1) for call, n in sorted(found.items()) if n > first[call]}

    def output(self, room):
        return {f.name: f.read_bytes() for f in sorted(room.glob("home/runs/*/work/*"))} | \
               {str(f.relative_to(f.parents[2])): f.read_bytes()
                for f in sorted(room.glob("home/runs/*/steps/*/std*.log"))
                if f.stat().st_size > 0}  # an empty log is removed, if that succeeds

    def kill(self, room):
        """Whatever is left of a room."""
        mine = os.getpid()
        for _ in range(20):
            left = []
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    if int(pid) != mine and any(str(room).encode() + b"/" in pathlib.Path("/proc", pid, name).read_bytes() for name in ("cmdline", "environ")):
                        os.kill(int(pid), signal.SIGKILL)
                        left.append(pid)
                except OSError:
                    pass
            if not left:
                return


def counted(room, name):
    calls = collections.Counter()
    for file in room.glob(name + ".*"):
        for line in file.read_text().splitlines():
            call, n = line.split()
            calls[call] = max(calls[call], int(n))
    return calls


def traced(log):
    return collections.Counter(CALL.findall(log.read_text(errors="replace")))


def alone():
    """In a pid namespace of its own: a program whose fork has failed may signal everybody that it can."""
    if os.getpid() != 1:
        user = [] if os.getuid() == 0 else ["--user", "--map-current-user"]
        os.execvp("unshare", ["unshare", *user, "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable, "-B", *sys.argv])


def main():
    alone()
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    arguments.add_argument("--count", type=int, default=300)
    arguments.add_argument("--jobs", type=int, default=1, help="injections at a time; each has a run of its own")
    arguments.add_argument("--seconds", type=int, default=0, help="begin none after so many")
    arguments.add_argument("--only", action="append", default=[], help="TARGET:CALL:ERROR:N, to repeat one; as often as wanted")
    arguments.add_argument("--native", required=True)
    arguments.add_argument("command", nargs="+")
    options = arguments.parse_args()
    bench, rng = Bench(options.command, options.native), random.Random(options.seed)
    begun = time.monotonic()
    try:
        sys.exit(campaign(bench, rng, options, lambda: options.seconds and time.monotonic() - begun > options.seconds))
    finally:
        bench.kill(bench.top)
        shutil.rmtree(bench.top, ignore_errors=True)


def campaign(bench, rng, options, late):
    print("seed", options.seed)
    room = bench.room()
    if bench.run(room) != 0:
        print((room / "said.txt").read_text())
        return "the undisturbed run failed"
    expected = bench.output(room)
    choices = []
    if options.only:
        for one in options.only:
            target, call, error, number = one.split(":")
            choices.append((target, call, error, int(number)))
    else:
        for target in ("runner", "supervisor"):
            found = bench.calls(target, expected)
            print(target, "uses", " ".join(f"{call}*{len(numbers)}" for call, numbers in found.items()))
            for call, numbers in found.items():
                for error in ERRORS:
                    choices += [(target, call, error, n) for n in rng.sample(numbers, min(len(numbers), 12))]
        rng.shuffle(choices)
        # each system call of each target in turn
        turns = collections.defaultdict(list)
        for choice in choices:
            turns[choice[:2]].append(choice)
        order = []
        keys = list(turns)
        rng.shuffle(keys)
        while len(order) < options.count and any(turns.values()):
            for key in keys:
                if turns[key] and len(order) < options.count:
                    order.append(turns[key].pop())
        choices = order
    table, bad = collections.Counter(), []

    def judged(choice):
        return None if late() else (choice, *inject(bench, expected, *choice))

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for ended in concurrent.futures.as_completed([pool.submit(judged, choice) for choice in choices]):
            if not ended.result():
                continue
            (target, call, error, number), outcome, said = ended.result()
            table[target, error, outcome] += 1
            print(f"{sum(table.values())}/{len(choices)} {target}:{call}:{error}:{number} {outcome}", file=sys.stderr, flush=True)
            if outcome not in ("finished right", "stopped, resumed right"):
                bad.append((target, call, error, number))
                print(f"\n--- {target}:{call}:{error}:{number}: {outcome}\n{said}", flush=True)
    print_table(table)
    for one in bad:
        print("repeat with --only " + ":".join(map(str, one)))
    return 1 if bad else 0


def inject(bench, expected, target, call, error, number):
    room = bench.room()
    try:
        code = bench.run(room, target, (call, error, number))
        said = (room / "said.txt").read_text(errors="replace")
        if code is None:
            return "hangs", said + processes(room)
        if BAD.search(said) or RAW.search(said):
            return "says nonsense", said
        if code == 0:
            return ("finished right" if bench.output(room) == expected else "WRONG OUTPUT"), said
        if not re.search(r"^cairn: |Error: |OpenJDK", said, re.M):
            return "stopped silently", f"exit code {code}\n" + said
        code = bench.run(room)
        said = (room / "said.txt").read_text(errors="replace")
        if code is None:
            return "resume hangs", said + processes(room)
        if code != 0:
            return "not resumed", said
        return ("stopped, resumed right" if bench.output(room) == expected else "WRONG OUTPUT after resume"), said
    finally:
        bench.kill(room)
        shutil.rmtree(room, ignore_errors=True)


def processes(room):
    return "\n" + subprocess.run(["sh", "-c", "ps -eo pid,ppid,stat,wchan:20,args | grep -F -- " + str(room) + "| cut -c1-200"], capture_output=True, text=True).stdout


def print_table(table):
    outcomes = sorted({key[2] for key in table})
    width = max((len(o) for o in outcomes), default=0)
    print("\n" + "outcome".ljust(width + 2) + "target      " + "".join(e.rjust(8) for e in ERRORS))
    for outcome in outcomes:
        for target in ("runner", "supervisor"):
            row = [table[target, e, outcome] for e in ERRORS]
            if any(row):
                print(outcome.ljust(width + 2) + target.ljust(12) + "".join(str(n).rjust(8) for n in row))
    print("injections:", sum(table.values()))


main()
