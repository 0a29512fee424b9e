"""Whatever a step does to files, undoing its journal makes them what they were: random changes from a seed, inside and
outside the working folder, by several processes; killed at random; undoing is killed at random, too.
CAIRN_SEED=n runs one. CAIRN_LONG=true runs more, and kills the supervisor before each of its changes of the disk."""
import hashlib
import os
import random
import shutil
import stat
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CHANGES = [sys.executable, "-B", os.path.join(HERE, "changes.py")]
STEP = os.environ["CAIRN_JOURNAL_STEP"]
KILLED = 128 + 9
MOST_LOOKS = 500  # of one undoing, about


def describe(path, st):
    what = [stat.S_IFMT(st.st_mode), oct(st.st_mode), st.st_uid, st.st_gid, st.st_mtime_ns]
    if not stat.S_ISDIR(st.st_mode):  # a folder that was removed is made anew
        what += [st.st_ino, st.st_size]  # which names are links of one file; the journal may have some, too
    if stat.S_ISLNK(st.st_mode):
        what.append(os.readlink(path))
    else:
        what.append([(n, os.getxattr(path, n)) for n in sorted(os.listxattr(path))])
    if stat.S_ISREG(st.st_mode):
        with open(path, "rb") as f:
            what.append(hashlib.sha256(f.read()).hexdigest())
    return what


def look(path, found):
    st = os.lstat(path)
    needed = os.R_OK | (os.X_OK if stat.S_ISDIR(st.st_mode) else 0)
    closed = not stat.S_ISLNK(st.st_mode) and not os.access(path, needed)  # to an ordinary user
    if closed:
        os.chmod(path, stat.S_IMODE(st.st_mode) | 0o700)
    found[path] = describe(path, st)
    if stat.S_ISDIR(st.st_mode):
        for name in os.listdir(path):
            look(os.path.join(path, name), found)
    if closed:
        os.chmod(path, stat.S_IMODE(st.st_mode))


def snapshot(folders):
    found = {}
    for top in folders:
        look(top, found)
    return found


def without_sockets(state):
    """A socket whose listener has gone is not made again."""
    return {p: w for p, w in state.items() if w[0] != stat.S_IFSOCK}


def run(journal, epoch, cwd, folders, seed, count, kill_after):
    read, write = os.pipe()
    step = subprocess.Popen([STEP, "run", journal] + CHANGES + [str(seed), str(count)] + folders, cwd=cwd, stdout=write)
    os.close(write)
    if kill_after is not None:
        while not os.path.exists(os.path.join(journal, "journal", "%08d.log" % epoch)) and step.poll() is None:
            pass
        time.sleep(kill_after)  # the instant of the kill is what is random
        step.kill()
    code = step.wait()
    while os.read(read, 1000):  # until every process of the step has ended
        pass
    os.close(read)
    assert code in (0, 128 + 7) or (kill_after is not None and code == -9), code  # 135: a mapping of what another cut


def undo(journal, epoch, r, *accept):
    for _ in range(r.choice([0, 0, 1, 3])):
        u = subprocess.Popen([STEP, "undo", journal, str(epoch), *accept], stderr=subprocess.PIPE)
        time.sleep(r.random() * 0.02)
        u.kill()
        u.communicate()
    subprocess.run([STEP, "undo", journal, str(epoch), *accept], check=True)


def compare(expected, found, when, base):
    expected, found = without_sockets(expected), without_sockets(found)
    if expected == found:
        return
    different = [p for p in sorted(set(expected) | set(found)) if expected.get(p) != found.get(p)]
    for path in different[:5]:
        print("%s\n  expected %s\n  found    %s" % (path, expected.get(path), found.get(path)))
    sys.exit("%s (kept in %s)" % (when, base))


def one(seed):
    r = random.Random(seed)
    base, inside, folders, journal = world(seed, 150)
    states = []
    for epoch in range(r.choice([1, 2, 3, 4])):
        states.append(snapshot(folders))
        run(journal, epoch, inside, folders, seed * 10 + epoch + 1, r.choice([5, 40, 200]), r.choice([None, r.random() * 0.3]))
    left = list(range(len(states)))
    while len(left) > 1 and r.random() < 0.5:
        later = r.randrange(1, len(left))
        subprocess.run([STEP, "merge", journal, str(left[later - 1]), str(left.pop(later))], check=True)
    accept = []
    for epoch in sorted(r.sample(left, r.randrange(len(left)) + 1), reverse=True):
        undo(journal, epoch, r, *accept)
        accept = ["--accept-changed"]  # looking at the files below changes the times of inodes
        compare(states[epoch], snapshot(folders), "seed %d: epoch %d is not as it was" % (seed, epoch), base)
    clear(base)


def killed_at(n, *arguments, **options):
    """Whether it was killed before it came to its end."""
    code = subprocess.run([STEP, "killed-at", str(n)] + list(arguments), **options).returncode
    assert code in (0, KILLED), code
    return code == KILLED


def world(seed, count):
    base = tempfile.mkdtemp(prefix="cairn-journal-test-", dir=os.environ.get("CAIRN_TEST_DIR"))
    inside, outside, journal = (os.path.join(base, n) for n in ("inside", "outside", "journal"))
    for folder in (inside, outside, journal):
        os.mkdir(folder)
    subprocess.run(CHANGES + [str(seed * 10), str(count)] + [inside, outside], cwd=inside, check=True)
    return base, inside, [inside, outside], journal


def clear(base):
    subprocess.run(["chmod", "-R", "u+rwX", base], check=True)
    shutil.rmtree(base)


def supervisor_killed_at(seed, step):
    """The supervisor is killed before one of its changes of the disk as it records; and before many as it undoes."""
    n, recorded = 1, True
    while recorded:
        base, inside, folders, journal = world(seed, 60)
        before = snapshot(folders)
        read, write = os.pipe()
        recorded = killed_at(n, "run", journal, *CHANGES, str(seed * 10 + 1), "25", *folders, cwd=inside, stdout=write,
                             stderr=subprocess.DEVNULL)
        os.close(write)
        while os.read(read, 1000):  # until every process of the step has ended
            pass
        os.close(read)
        when = "seed %d, killed at change %d" % (seed, n)
        if os.path.exists(os.path.join(journal, "journal", "00000000.log")):
            at = 1
            while killed_at(at, "undo", journal, "0"):
                at += 1
        compare(before, snapshot(folders), when, base)
        clear(base)
        n += step


def a_look_fails(seed):
    """A file server stumbles once in each try to undo: that try is refused, or all is as it was. Nothing that could not be
    looked at is taken for absent."""
    base, inside, folders, alone = world(seed, 60)
    journal = os.path.join(alone, "steps", "one", "checkpoints")
    os.makedirs(journal)
    before = snapshot(folders)
    run(journal, 0, inside, folders, seed * 10 + 1, 40, None)
    code, at = 3, random.Random(seed).randrange(1, MOST_LOOKS)
    while code != 0:
        undone = subprocess.run([STEP, "failing-at", str(at), "undo", journal, "0"], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
        code = undone.returncode
        assert code == 0 or code == 3 and "Input/output error" in undone.stderr, (seed, at, undone)
        at += 1
    compare(before, snapshot(folders), "seed %d: look %d failed (%s)" % (seed, at - 1, undone.stdout.strip()), base)
    clear(base)


def small_step(script, **environment):
    """A folder with `old`, in which a step of that script has run to its end."""
    base = tempfile.mkdtemp(prefix="cairn-journal-test-", dir=os.environ.get("CAIRN_TEST_DIR"))
    work, journal = os.path.join(base, "work"), os.path.join(base, "journal")
    for folder in (work, journal):
        os.mkdir(folder)
    for name in ("old", "other"):
        with open(os.path.join(work, name), "w") as f:
            f.write("before\n")
    subprocess.run([STEP, "run", journal, "sh", "-c", script], cwd=work, check=True, env={**os.environ, **environment})
    return base, work, journal


def undo_small(work, journal, *accept):
    return subprocess.run([STEP, "undo", journal, "0", *accept], stderr=subprocess.PIPE, text=True,
                          env={**os.environ, "CAIRN_STEP_CWD": work})


def append(path):
    """Later than now also by the kernel's clock of files, which ticks only some hundred times a second."""
    now = time.time_ns()
    with open(path, "a") as f:
        f.write("by another\n")
    while os.stat(path).st_ctime_ns <= now:
        os.chmod(path, stat.S_IMODE(os.stat(path).st_mode))


def read(path):
    with open(path) as f:
        return f.read()


def what_others_changed_is_left_alone():
    """Named, and nothing is touched; unless told otherwise. What others removed comes back, and what the step did not
    change stays."""
    for changed in ("old", "new", "made/inner", "replaced"):
        base, work, journal = small_step(
            "echo x >> old; echo x > new; mkdir made; echo x > made/inner; echo x > made/gone; echo x > r; mv r replaced")
        append(os.path.join(work, changed))
        append(os.path.join(work, "other"))
        before = snapshot([work])
        undone = undo_small(work, journal)
        assert undone.returncode == 3 and os.path.join(work, changed) + " was changed after" in undone.stderr, undone
        assert snapshot([work]) == before
        assert undo_small(work, journal, "--accept-changed").returncode == 0
        assert sorted(os.listdir(work)) == ["old", "other"] and read(work + "/old") == "before\n"
        assert read(work + "/other") == "before\nby another\n"
        clear(base)
    base, work, journal = small_step("echo x >> old; mv old moved; echo x > new")
    os.unlink(os.path.join(work, "moved"))
    os.unlink(os.path.join(work, "new"))
    undone = undo_small(work, journal)
    assert undone.returncode == 0, undone
    assert sorted(os.listdir(work)) == ["old", "other"] and read(work + "/old") == "before\n"
    clear(base)


def what_others_removed_comes_back():
    """Appended to, written over or replaced by the step; and then gone, with the folders above it."""
    base = tempfile.mkdtemp(prefix="cairn-journal-test-", dir=os.environ.get("CAIRN_TEST_DIR"))
    inner, work, journal = (os.path.join(base, n) for n in ("work/sub/inner", "work", "journal"))
    os.makedirs(inner)
    os.mkdir(journal)
    os.chmod(inner, 0o750)
    for name in "abcd":
        with open(os.path.join(inner, name), "w") as f:
            f.write("before " + name)
        os.chmod(os.path.join(inner, name), 0o640)
    before = {path: what[:5] + what[6:] for path, what in snapshot([inner]).items()}  # but for their inodes
    script = "cd sub/inner; echo x >> a; echo x > b; echo x > r; mv r c; rm d; echo x >> n; echo y >> a"
    subprocess.run([STEP, "run", journal, "sh", "-c", script], cwd=work, check=True)
    shutil.rmtree(os.path.join(work, "sub"))
    undone = undo_small(work, journal)
    assert undone.returncode == 0, undone
    compare(before, {path: what[:5] + what[6:] for path, what in snapshot([inner]).items()}, "removed", base)
    clear(base)


def what_was_moved_goes_back_where_it_is():
    """A step's folder is moved before its changes are undone."""
    base, work, journal = small_step("echo x >> old; mkdir dir; mv other dir/; ln -s old link; echo x > r; mv r new")
    moved = os.path.join(base, "moved")
    os.rename(work, moved)
    undone = subprocess.run([STEP, "undo", journal, "0"], stderr=subprocess.PIPE, text=True,
                            env={**os.environ, "CAIRN_STEP_CWD": moved, "CAIRN_MOVED_FROM": work, "CAIRN_MOVED_TO": moved})
    assert undone.returncode == 0, undone
    assert sorted(os.listdir(moved)) == ["old", "other"] and read(moved + "/old") == read(moved + "/other") == "before\n"
    assert not os.path.exists(work)
    clear(base)


def side_by_side(first, second, old=None):
    """Two steps of one run in one folder; the second runs while the first waits for it."""
    base = tempfile.mkdtemp(prefix="cairn-journal-test-", dir=os.environ.get("CAIRN_TEST_DIR"))
    work, a, b = (os.path.join(base, n) for n in ("work", "steps/a/checkpoints", "steps/b/checkpoints"))
    for folder in (work, a, b):
        os.makedirs(folder)
    if old is not None:
        with open(os.path.join(work, "old"), "w") as f:
            f.write(old)
    read_end, write_end = os.pipe()
    step = subprocess.Popen([STEP, "run", a, "sh", "-c", first + "; echo; read go"], cwd=work, stdin=read_end,
                            stdout=subprocess.PIPE)
    step.stdout.readline()
    subprocess.run([STEP, "run", b, "sh", "-c", second], cwd=work, check=True)
    os.write(write_end, b"\n")
    assert step.wait() == 0
    return base, work, a, b


def undo_one(work, journal, *accept):
    return subprocess.run([STEP, "undo", journal, "0", *accept], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, "CAIRN_STEP_CWD": work})


def what_another_step_changes_too_stays():
    """Nothing tells whose bytes are whose: what both appended to stays and is named, the rest goes back."""
    base, work, a, b = side_by_side("mkdir dir; echo a >> shared; echo a > mine; echo a > dir/a; mkdir dir/own",
                                    "echo b >> shared; echo b > theirs; echo b > dir/b")
    undone = undo_one(work, a)
    assert undone.returncode == 0 and "left alone: %s/shared\n" % work == undone.stdout, undone
    assert sorted(os.listdir(work)) == ["dir", "shared", "theirs"] and os.listdir(work + "/dir") == ["b"]
    assert read(work + "/shared") == "a\nb\n" and read(work + "/theirs") == "b\n"
    undone = undo_one(work, b)  # although nothing is left of what the first one had recorded
    assert undone.returncode == 0 and "left alone: %s/shared\n" % work == undone.stdout, undone
    assert sorted(os.listdir(work)) == ["dir", "shared"] and read(work + "/shared") == "a\nb\n"
    shutil.rmtree(b + "/journal")  # as at the end of a step
    subprocess.run([STEP, "run", a, "sh", "-c", "echo more >> shared"], cwd=work, check=True)
    assert undo_one(work, a).returncode == 0 and read(work + "/shared") == "a\nb\nmore\n"
    clear(base)
    for replace in ("echo a > r; mv r old", "echo a > old", "rm old; echo a > old"):
        base, work, a, b = side_by_side(replace, "echo b >> old", old="before\n")
        before = snapshot([work])
        undone = undo_one(work, a)
        assert undone.returncode == 3 and work + "/old is changed by another step" in undone.stderr, undone
        assert snapshot([work]) == before
        assert undo_one(work, a, "--accept-changed").returncode == 0 and read(work + "/old") == "before\n"
        clear(base)


def as_an_ordinary_user():
    """Names in a folder that belongs to another user, whose mode and times are not the step's to change."""
    base = tempfile.mkdtemp(prefix="cairn-journal-test-", dir=os.environ.get("CAIRN_TEST_DIR"))
    os.chmod(base, 0o755)
    common, journal = os.path.join(base, "common"), os.path.join(base, "journal")
    for folder, mode in ((common, 0o1777), (journal, 0o700)):
        os.mkdir(folder)
        os.chmod(folder, mode)
    user = {"user": 60123, "group": 60123, "extra_groups": []} if os.geteuid() == 0 else {}
    if user:
        os.chown(journal, 60123, 60123)
    subprocess.run([STEP, "run", journal, "sh", "-c", "echo x > new; echo y > other; rm other"], cwd=common, check=True, **user)
    assert os.listdir(common) == ["new"]
    undone = subprocess.run([STEP, "undo", journal, "0"], stderr=subprocess.PIPE, text=True, **user)
    assert undone.returncode == 0 and os.listdir(common) == [], undone
    assert stat.S_IMODE(os.stat(common).st_mode) == 0o1777
    clear(base)


def later(work, journal, script):
    """A further epoch of the step of small_step()."""
    subprocess.run([STEP, "run", journal, "sh", "-c", script], cwd=work, check=True)


def an_old_file_under_a_new_name_is_no_new_file():
    base, work, journal = small_step("ln old second")
    later(work, journal, "echo x >> second")
    later(work, journal, "true")
    subprocess.run([STEP, "merge", journal, "0", "1"], check=True)
    undone = undo_small(work, journal)
    assert undone.returncode == 0 and sorted(os.listdir(work)) == ["old", "other"] and read(work + "/old") == "before\n", undone
    clear(base)


def a_folder_made_again_stands_for_the_one_that_was_removed():
    """Others get the numbers of removed folders; two undoings, of which the second knows only what the first left."""
    base, work, journal = small_step("true")
    later(work, journal, "mkdir made made/inner; echo x > made/inner/file; mkdir -p deep/er; echo y > deep/er/file")
    later(work, journal, "mv made moved; mv deep other-name")
    later(work, journal, "rm -r moved; mkdir a b c; rm -r other-name/er; mkdir d e")
    for epoch in "3", "2":
        subprocess.run([STEP, "undo", journal, epoch, "--accept-changed"], check=True, env={**os.environ, "CAIRN_STEP_CWD": work})
    assert sorted(os.listdir(work)) == ["deep", "made", "old", "other"], os.listdir(work)
    assert read(work + "/made/inner/file") == "x\n" and read(work + "/deep/er/file") == "y\n"
    clear(base)


def random_changes_of_an_ordinary_user(seeds):
    """Folders and files that a step closes are closed to nobody but an ordinary user."""
    if os.geteuid() != 0:
        return
    room = tempfile.mkdtemp(prefix="cairn-journal-test-", dir=os.environ.get("CAIRN_TEST_DIR"))
    os.chmod(room, 0o777)
    step = shutil.copy(STEP, room)
    for program in "journal_test.py", "changes.py":
        shutil.copy(os.path.join(HERE, program), room)
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable
    for seed in seeds:
        subprocess.run([python, "-B", os.path.join(room, "journal_test.py")], check=True, user=60123, group=60123, extra_groups=[],
                       env={**os.environ, "CAIRN_JOURNAL_STEP": step, "CAIRN_TEST_DIR": room, "CAIRN_SEED": str(seed)})
    shutil.rmtree(room)


def of_another_boot(journal, ended):
    """As after the host went down: the logs are of another boot, and the last durable sign of the journal is an old one."""
    subprocess.run([STEP, "of-another-boot", journal, "--ended" if ended else "--cut"], check=True)


def what_a_power_cut_may_have_taken_is_named():
    for ended in (True, False):
        base, work, journal = small_step("echo x >> old; mkdir made; echo x > made/inner")
        of_another_boot(journal, ended)
        undone = undo_small(work, journal)
        if ended:
            assert undone.returncode == 0 and read(work + "/old") == "before\n", undone
        else:  # nobody has recorded anything of `other`, which is younger than that sign
            assert undone.returncode == 3 and work + "/other changed in the last moments" in undone.stderr, undone
            assert read(work + "/old") == "before\nx\n" and os.path.exists(work + "/made/inner")
            assert undo_small(work, journal, "--accept-changed").returncode == 0
            assert sorted(os.listdir(work)) == ["old", "other"] and read(work + "/old") == "before\n"
        clear(base)
    base, work, journal = small_step("echo x > old; rm -f other")
    of_another_boot(journal, False)
    undone = undo_small(work, journal)
    assert undone.returncode == 3 and work + "/old cannot come back: its copy" in undone.stderr, undone
    clear(base)


def what_does_not_fit_is_named():
    """Only if it changed; and nothing is touched."""
    for change, refused in (("echo x > old", True), (": 3<> old", False)):
        base, work, journal = small_step(change + "; echo x > new", CAIRN_JOURNAL_LIMIT="3")
        undone = undo_small(work, journal)
        if refused:
            assert undone.returncode == 3 and work + "/old changed since the checkpoint" in undone.stderr, undone
            assert "the journal is full" in undone.stderr and read(work + "/new") == read(work + "/old") == "x\n"
        else:
            assert undone.returncode == 0 and sorted(os.listdir(work)) == ["old", "other"], undone
        clear(base)


def a_full_disk_costs_the_epoch_and_nothing_else():
    """The step runs on; undoing says why it cannot, and touches nothing."""
    base = tempfile.mkdtemp(prefix="cairn-journal-test-", dir=os.environ.get("CAIRN_TEST_DIR"))
    work, journal = os.path.join(base, "work"), os.path.join(base, "journal")
    for folder in (work, journal):
        os.mkdir(folder)
    fill = "head -c 1M /dev/zero > ../journal/fill; for i in $(seq 200); do echo $i > n$i; done; echo all > end"
    script = """mount -t tmpfs -o size=256k none "$1" && "$2" run "$1" bash -c "$3" && "$2" undo "$1" 0"""
    done = subprocess.run(["unshare", "-Urm", "sh", "-c", script, "-", journal, STEP, fill], cwd=work, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 3 and "undoing: " in done.stderr, done
    assert "No space left on device" in done.stderr.split("undoing: ")[1] or "has no header" in done.stderr, done
    assert read(work + "/end") == "all\n" and len(os.listdir(work)) == 201
    clear(base)


def main():
    if "CAIRN_SEED" in os.environ:
        return one(int(os.environ["CAIRN_SEED"]))
    what_others_changed_is_left_alone()
    what_others_removed_comes_back()
    what_was_moved_goes_back_where_it_is()
    what_another_step_changes_too_stays()
    an_old_file_under_a_new_name_is_no_new_file()
    a_folder_made_again_stands_for_the_one_that_was_removed()
    as_an_ordinary_user()
    what_a_power_cut_may_have_taken_is_named()
    what_does_not_fit_is_named()
    a_full_disk_costs_the_epoch_and_nothing_else()
    long = os.environ.get("CAIRN_LONG") == "true"
    for seed in range(1, 301 if long else 13):
        a_look_fails(seed)
    for seed in range(1, 301 if long else 9):
        one(seed)
    random_changes_of_an_ordinary_user(range(1, 301 if long else 9))
    for seed in range(1, 6 if long else 2):
        supervisor_killed_at(seed, 1 if long else 11)


if __name__ == "__main__":
    main()
