"""The area of the Mandelbrot set by Monte Carlo: sample.py SEED BATCHES FILE.

A pool of processes draws points in batches and counts those that stay; each batch has a random stream of its own, so
that the numbers do not depend on who computes what when. The counts are integers: the result is exact.
"""
import sys
from multiprocessing import Pool

import numpy as np

POINTS_PER_BATCH = 200_000
ITERATIONS = 1000


def count_inside(seed):
    """How many of a batch's points in [-2, 0.5] x [0, 1.25] never leave the disc of radius 2."""
    random = np.random.Generator(np.random.PCG64(seed))
    c = random.uniform(-2.0, 0.5, POINTS_PER_BATCH) + 1j * random.uniform(0.0, 1.25, POINTS_PER_BATCH)
    z = np.zeros_like(c)
    for _ in range(ITERATIONS):
        z = z * z + c
        stays = np.abs(z) <= 2.0
        z, c = z[stays], c[stays]
    return len(c)


def main():
    seed, batches, file = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    streams = np.random.SeedSequence(seed).spawn(batches)
    inside = 0
    with Pool(2) as pool, open(file, "w", buffering=1) as out:
        for done, count in enumerate(pool.imap(count_inside, streams), start=1):
            inside += count
            # Both halves of the symmetric set: twice the share of a 2.5 x 1.25 box.
            area = 2 * 3.125 * inside / (done * POINTS_PER_BATCH)
            print(f"{done},{inside},{area:.6f}", file=out)
            print(f"seed {seed}: batch {done} of {batches}, area {area:.6f}", flush=True)


if __name__ == "__main__":
    main()
