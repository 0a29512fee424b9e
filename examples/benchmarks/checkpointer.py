"""How every checkpointer is measured: the same order of things, the same folder, the same step."""
import dataclasses
import os
import shutil
import signal
import subprocess
import time

from writer import Log


@dataclasses.dataclass
class Row:
    """Seconds and bytes; None where there is nothing to say."""

    standstill: float | None = None
    image_seconds: float | None = None
    durable_seconds: float | None = None
    image_bytes: int | None = None
    first_progress: float | None = None

    def cells(self):
        return (
            _cell(self.standstill, "{:.1f}", 1e3),
            _cell(self.image_seconds, "{:.2f}"),
            _cell(self.durable_seconds, "{:.2f}"),
            _cell(self.image_bytes, "{:.0f}", 1e-6),
            _cell(self.first_progress, "{:.2f}"),
        )


class Checkpointer:
    """Subclasses say how it is done: missing, start, checkpoint, images, stop, resume, end."""

    def __init__(self, folder, name):
        self.name = name
        self.folder = folder.resolve() / name.replace(" ", "-")

    def log(self):
        return Log(self.folder, "log")

    def measure(self, writer, mib):
        self.folder.mkdir()
        try:
            self.start(writer.command("run", mib))
            log = self.log()
            log.await_progress(time.time_ns())
            before = time.time_ns()
            self.checkpoint()
            after = time.time_ns()
            sync_files(self.images())
            durable = time.time_ns()
            settled = log.await_progress(durable)
            row = Row(
                standstill=log.longest_gap(before, settled) / 1e9,
                image_seconds=(after - before) / 1e9,
                durable_seconds=(durable - before) / 1e9,
                image_bytes=folder_bytes(self.images()),
            )
            self.stop()
            subprocess.run(["sync"], check=True)
            resumed = time.time_ns()
            self.resume()
            row.first_progress = (log.first_progress(resumed) - resumed) / 1e9
            return row
        finally:
            self.end()
            self.clean()

    def clean(self):
        shutil.rmtree(self.folder)


def folder_bytes(folder):
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def sync_files(folder):
    for file in folder.rglob("*"):
        descriptor = os.open(file, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _cell(value, form, scale=1):
    return "-" if value is None else form.format(value * scale)
