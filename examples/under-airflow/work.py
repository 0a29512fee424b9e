"""Work that would be lost: each line needs the one before."""

import sys
import time

rounds, result = int(sys.argv[1]), sys.argv[2]
value = 1
with open(result, "w", buffering=1) as out:
    for i in range(rounds):
        value = (value * 1103515245 + i) % 2147483648
        out.write(f"{i} {value}\n")
        time.sleep(0.1)
