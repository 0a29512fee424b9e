"""Saves what it has learnt, and keeps the three newest."""
import hashlib
import os
import time

os.mkdir("training")
state = b"0"
for epoch in range(30):
    state = hashlib.sha256(state).digest() * 1000
    path = f"training/epoch-{epoch}"
    with open(path + ".part", "wb") as out:
        out.write(state)
    os.rename(path + ".part", path)
    with open("training/newest.new", "w") as out:
        out.write(path)
    os.replace("training/newest.new", "training/newest")
    if epoch >= 3:
        os.remove(f"training/epoch-{epoch - 3}")
    time.sleep(0.05)
for name in sorted(os.listdir("training")):
    with open(os.path.join("training", name), "rb") as saved:
        print(name, hashlib.sha256(saved.read()).hexdigest())
