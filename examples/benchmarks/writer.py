"""The step under measurement, and what it says of itself."""
import os
import pathlib
import subprocess
import time

SOURCE = pathlib.Path(__file__).parent / "writer.c"


class Writer:
    def __init__(self, program):
        self.program = program

    @classmethod
    def build(cls, folder):
        program = folder.resolve() / "writer"
        subprocess.run(["cc", "-O2", "-o", program, SOURCE], check=True)
        return cls(program)

    def command(self, *arguments):
        return [str(self.program), *map(str, arguments)]


class Log:
    """What a running writer has printed to a file (the one that fits the glob); instants are of the wall clock, in nanoseconds."""

    def __init__(self, folder, glob):
        self.folder = folder
        self.glob = glob

    def await_progress(self, after, seconds=120):
        """Waits for a line of progress that is younger than this instant, and returns its instant."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            for word, at, *_ in self._lines(tail=True):
                if word == "progress" and at > after:
                    return at
            time.sleep(0.001)
        raise TimeoutError(f"no progress in {self.folder}/{self.glob} for {seconds} s")

    def first_progress(self, after):
        """The first one younger than this instant, once there is one."""
        self.await_progress(after)
        return min(at for word, at, *_ in self._lines() if word == "progress" and at > after)

    def longest_gap(self, after, before):
        """In nanoseconds, of those that ended between the two instants."""
        gaps = [rest[0] for word, at, *rest in self._lines() if word == "gap" and after < at < before]
        return max(gaps, default=0)

    def _lines(self, tail=False):
        path = next(self.folder.glob(self.glob), None)
        if path is None:
            return
        with open(path, "rb") as file:
            if tail and path.stat().st_size > 4096:
                file.seek(-4096, os.SEEK_END)
                file.readline()
            for line in file:
                fields = line.split()
                if line.endswith(b"\n") and len(fields) >= 2 and fields[0] in (b"progress", b"gap"):
                    yield fields[0].decode(), *map(int, fields[1:])
