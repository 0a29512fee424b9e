"""Changes files at random, as programs do, below the folders of its arguments: changes.py SEED COUNT FOLDER..."""
import ctypes
import fcntl
import mmap
import os
import random
import socket
import sys

libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, RENAME_EXCHANGE = -100, 2


class Changer:
    def __init__(self, seed, folders):
        self.random = random.Random(seed)
        self.folders = folders
        self.kept = []

    def name(self):
        r = self.random
        parts = [r.choice(self.folders)]
        for _ in range(r.choice([0, 1, 1, 2])):
            parts.append("d%d" % r.randrange(4))
        parts.append(r.choice(["n%d", "n%d", "d%d"]) % r.randrange(6))
        path = "/".join(parts)
        return os.path.relpath(path) if r.random() < 0.5 else path

    def some_bytes(self):
        r = self.random
        return r.choice([b"", b"x", b"line %d\n" % r.randrange(1000), r.randbytes(5000), r.randbytes(100000)])

    @staticmethod
    def _open(name, mode):  # a fifo that nobody reads would be waited for
        return open(name, mode, buffering=0, opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK, 0o666))

    def append(self):
        with self._open(self.name(), "ab") as f:
            f.write(self.some_bytes())
            if self.random.random() < 0.2:
                self.kept.append(os.dup(f.fileno()))

    def write_kept(self):
        if self.kept:
            os.write(self.random.choice(self.kept), self.some_bytes())

    def rewrite(self):
        with self._open(self.name(), "wb") as f:
            f.write(self.some_bytes())

    def write_inside(self):
        with self._open(self.name(), "r+b") as f:
            f.seek(self.random.randrange(6000))
            f.write(self.some_bytes())

    def truncate(self):
        os.truncate(self.name(), self.random.randrange(5000))

    def truncate_appended(self):
        fd = os.open(self.name(), os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK)
        os.ftruncate(fd, 3)
        os.close(fd)

    def stop_appending(self):
        fd = os.open(self.name(), os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK)
        fcntl.fcntl(fd, fcntl.F_SETFL, 0)
        os.pwrite(fd, b"over", 0)
        os.close(fd)

    def map(self):
        fd = os.open(self.name(), os.O_RDWR | os.O_NONBLOCK | self.random.choice([0, os.O_APPEND]))
        if os.fstat(fd).st_size:
            with mmap.mmap(fd, 0) as m:
                m[0] = self.random.randrange(256)
        os.close(fd)

    def punch(self):
        fd = os.open(self.name(), os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK)
        libc.fallocate(fd, 3, ctypes.c_long(0), ctypes.c_long(4096))
        os.close(fd)

    def sparse(self):
        with self._open(self.name(), "wb") as f:
            f.seek(1 << 20)
            f.write(b"end")

    def rename(self):
        os.rename(self.name(), self.name())

    def exchange(self):
        libc.renameat2(AT_FDCWD, self.name().encode(), AT_FDCWD, self.name().encode(), RENAME_EXCHANGE)

    def replace(self):
        name = self.name()
        with self._open(name + ".tmp", "wb") as f:
            f.write(self.some_bytes())
        os.rename(name + ".tmp", name)

    def unlink(self):
        os.unlink(self.name())

    def mkdir(self):
        os.makedirs(self.name(), exist_ok=True)

    def rmdir(self):
        os.rmdir(self.name())

    def remove_tree(self):
        for folder, folders, files in os.walk(self.name(), topdown=False):
            for f in files:
                os.unlink(os.path.join(folder, f))
            for f in folders:
                path = os.path.join(folder, f)
                os.unlink(path) if os.path.islink(path) else os.rmdir(path)

    def link(self):
        os.link(self.name(), self.name(), follow_symlinks=False)

    def symlink(self):
        os.symlink(self.random.choice([self.name(), "n1", "../n2", "nowhere"]), self.name())

    def chmod(self):
        os.chmod(self.name(), self.random.choice([0o600, 0o644, 0o400, 0o755, 0o700]))

    def fchmod(self):
        fd = os.open(self.name(), os.O_RDONLY | os.O_NONBLOCK)
        os.fchmod(fd, self.random.choice([0o600, 0o644, 0o444]))
        os.close(fd)

    def times(self):
        os.utime(self.name(), (1000, self.random.randrange(10**9)))

    def xattr(self):
        os.setxattr(self.name(), "user.%d" % self.random.randrange(3), b"%d" % self.random.randrange(99))

    def remove_xattr(self):
        os.removexattr(self.name(), "user.%d" % self.random.randrange(3))

    def fifo(self):
        os.mkfifo(self.name())

    def unnamed(self):
        fd = os.open(self.random.choice(self.folders), os.O_TMPFILE | os.O_RDWR)
        os.write(fd, b"unnamed")
        os.link("/proc/self/fd/%d" % fd, self.name(), follow_symlinks=True)
        os.close(fd)

    def listen(self):
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(self.name())

    def from_another_folder(self):
        name = os.path.abspath(self.name())
        fd = os.open(os.path.dirname(name), os.O_RDONLY | os.O_DIRECTORY)
        new = os.open(os.path.basename(name), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK, 0o640, dir_fd=fd)
        os.write(new, b"at\n")
        os.close(new)
        os.close(fd)

    def one(self):
        changes = [getattr(self, n) for n in sorted(vars(Changer)) if n not in ("name", "one", "some_bytes") and n[0] != "_"]
        try:
            self.random.choice(changes)()
        except (OSError, ValueError):
            pass


def main():
    seed, count, folders = int(sys.argv[1]), int(sys.argv[2]), [os.path.abspath(f) for f in sys.argv[3:]]
    children = 0
    for i in range(seed % 3):
        if os.fork() == 0:
            # What two processes do to one name at the same instant is theirs to agree on.
            seed, children, folders = seed * 1000 + i, -1, [f + "/p%d" % i for f in folders]
            for folder in folders:
                os.makedirs(folder, exist_ok=True)
            break
        children += 1
    changer = Changer(seed, folders)
    for _ in range(count):
        changer.one()
    for _ in range(children):
        os.wait()


if __name__ == "__main__":
    main()
