"""Prints a chain of digests over what it reads: each line depends on all before it."""
import hashlib
import sys
import time

state = hashlib.sha256(sys.stdin.buffer.read())
for i in range(int(sys.argv[1])):
    time.sleep(0.1)
    state.update(state.digest())
    print(i, state.hexdigest(), flush=True)
