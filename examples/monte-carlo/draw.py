"""Draws the seeds of the study from one number, so that nobody chooses them: draw.py NUMBER FILE."""
import sys

import numpy as np

seeds = np.random.SeedSequence(int(sys.argv[1])).generate_state(3)
with open(sys.argv[2], "w") as out:
    for seed in seeds:
        print(seed, file=out)
print(f"seeds {' '.join(map(str, seeds))}")
