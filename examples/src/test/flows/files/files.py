"""Does to files what programs do, at random but always the same: files.py SEED OPERATIONS FOLDER."""
import os
import random
import shutil
import sys
import time

seed, operations, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
os.chdir(folder)
draw = random.Random(seed)


def some_name():
    sub = draw.choice(["", "", "a", "b", "a/c"])
    return os.path.join(sub, f"file-{draw.randrange(8)}")


def text():
    return f"{draw.random()}\n" * draw.choice([1, 1, 10, 5000])


def existing():
    found = sorted(os.path.join(at, name) for at, _, names in os.walk(".") for name in names)
    found.remove("./journal")
    return draw.choice(found) if found else None


def parent_of(name):
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    return name


def append():
    with open(parent_of(some_name()), "a") as out:
        out.write(text())


def rewrite():
    with open(parent_of(some_name()), "w") as out:
        out.write(text())


def patch():
    name = existing()
    if name:
        with open(name, "r+") as out:
            out.seek(draw.randrange(os.path.getsize(name) + 1))
            out.write(str(draw.random()))


def shorten():
    name = existing()
    if name:
        os.truncate(name, draw.randrange(os.path.getsize(name) + 1))


def replace():
    with open("new", "w") as out:
        out.write(text())
    os.replace("new", parent_of(some_name()))


def rename():
    name = existing()
    if name:
        os.rename(name, parent_of(some_name()))


def delete():
    name = existing()
    if name:
        os.remove(name)


def delete_folder():
    shutil.rmtree(draw.choice(["a", "b", "a/c"]), ignore_errors=True)


ways = [append] * 6 + [rewrite, patch, patch, shorten, replace, replace, rename, rename, delete] * 2 + [delete_folder]
with open("journal", "w", buffering=1) as journal:
    for i in range(operations):
        way = draw.choice(ways)
        way()
        print(i, way.__name__, file=journal)
        print(i, way.__name__, flush=True)
        time.sleep(0.003)

for at, folders, names in sorted(os.walk(".")):
    for name in sorted(folders + names):
        path = os.path.join(at, name)
        print(path, "folder" if os.path.isdir(path) else os.path.getsize(path))
