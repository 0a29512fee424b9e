"""Not checkpointers: what the disk does with as many bytes, and what compressors make of them."""
import os
import pathlib
import shutil
import subprocess
import time

from checkpointer import Row


def measure(writer, mib, folder):
    """Yields a name and a row each."""
    source, target = pathlib.Path(f"/dev/shm/cairn-benchmark-{os.getpid()}"), folder / "yardstick"
    try:
        with open(source, "wb") as out:
            subprocess.run(writer.command("dump", mib), stdout=out, check=True)
        for command in ["cat", "gzip -1 -c", "zstd -1 -c"]:
            if shutil.which(command.split()[0]):
                yield command, _through(command.split(), source, target)
    finally:
        source.unlink(missing_ok=True)
        target.unlink(missing_ok=True)


def _through(command, source, target):
    start = time.monotonic()
    with open(source, "rb") as data, open(target, "wb") as out:
        subprocess.run(command, stdin=data, stdout=out, check=True)
        written = time.monotonic()
        os.fsync(out.fileno())
    return Row(
        image_seconds=written - start,
        durable_seconds=time.monotonic() - start,
        image_bytes=target.stat().st_size,
    )
