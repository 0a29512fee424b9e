"""Counts. Knows nothing of checkpoints: kill it and it starts from 0 again, unless something else remembers."""
import sys
import time

for i in range(int(sys.argv[1])):
    print(i, flush=True)
    time.sleep(0.25)
