"""The machine's memory, before anything is measured."""
import mmap
import pathlib
import subprocess
import sys

SHARE = 0.8
STRIDE = 64 << 20


def touch_free():
    """Uses most of the free memory once and gives it back.

    A virtual machine's memory is given to it by its host as it is first used; where that was measured, at a quarter
    of a GB a second. Whoever happened to be measured first would have paid for that.
    """
    subprocess.run([sys.executable, __file__, str(int(available_bytes() * SHARE))], check=True)


def available_bytes():
    for line in pathlib.Path("/proc/meminfo").read_text().splitlines():
        name, kib, *_ = line.split()
        if name == "MemAvailable:":
            return int(kib) * 1024
    raise RuntimeError("/proc/meminfo does not say MemAvailable")


def main():
    left = int(sys.argv[1])
    kept = []  # until all of it is in use at once
    ones = b"\1" * STRIDE
    while left > 0:
        block = mmap.mmap(-1, STRIDE)
        block[:] = ones
        kept.append(block)
        left -= STRIDE


if __name__ == "__main__":
    main()
