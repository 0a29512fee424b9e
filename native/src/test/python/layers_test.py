"""The C folders depend on each other only in the order that CMakeLists.txt and their README.md state, and files in no circle.

A module is a file NAME.c with its NAME.h. It depends on what it includes, and, whatever it includes, on the
modules whose functions and data its object file uses. kill(2) is called where ONLY_IN says, so that no pid of -1 reaches it.
"""

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

CMAKE_LISTS, BUILD = Path(sys.argv[1]), Path(sys.argv[2])
SOURCES = CMAKE_LISTS.parent / "src/main/c"
TARGETS = ("cairn-core", "cairn-supervision", "cairn-supervisor", "cairn", "cairn-image")
ONLY_IN = {"kill": {"common/process", "supervisor/terminal"}}


def layers() -> dict:
    """The rank of every folder; folders of one rank do not include each other."""
    line = next(line for line in CMAKE_LISTS.read_text().splitlines() if " -> " in line).lstrip("# ")
    return {name.strip(): rank
            for rank, names in enumerate(line.split(" -> ")) for name in names.split(",")}


def described() -> list:
    """The folders that the README beside them names, in its order."""
    return re.findall(r"^\| `(\w+)` \|", (SOURCES / "README.md").read_text(), re.M)


def module(path) -> str:
    return re.sub(r"\.(c|h|c\.o)$", "", str(path))


def included() -> dict:
    uses = defaultdict(dict)
    for file in sorted(SOURCES.glob("*/*.[ch]")):
        for header in re.findall(r'^#include "([^"]+)"', file.read_text(), re.M):
            here, there = module(file.relative_to(SOURCES)), module(header)
            if here != there and "/" in there:
                uses[here][there] = f"includes {header}"
    return uses


def symbols() -> tuple:
    """The module that defines each symbol, and the symbols that each module uses and does not define."""
    defined, used = {}, defaultdict(set)
    for target in TARGETS:
        root = BUILD / f"CMakeFiles/{target}.dir/src/main/c"
        files = sorted(root.glob("*/*.o"))
        table = subprocess.run(["nm", "-g", "-A", *files], check=True, capture_output=True, text=True).stdout
        for file, rest in (line.rsplit(":", 1) for line in table.splitlines()):
            here = module(Path(file).relative_to(root))
            kind, symbol = rest.split()[-2:]
            if kind == "U":
                used[here].add(symbol)
            elif symbol != "main":
                defined.setdefault(symbol, here)
    assert len(defined) > 300, f"no object files in {BUILD}"
    return defined, used


def linked(defined: dict, used: dict) -> dict:
    return {here: {defined[symbol]: f"uses {symbol}" for symbol in sorted(symbols)
                   if defined.get(symbol, here) != here} for here, symbols in used.items()}


def misplaced(used: dict) -> list:
    return [f"{here} calls {symbol}, which only {', '.join(sorted(places))} may"
            for symbol, places in ONLY_IN.items() for here in sorted(used) if symbol in used[here] and here not in places]


def upward(uses: dict, rank: dict) -> list:
    wrong = []
    for here, targets in sorted(uses.items()):
        for there, how in sorted(targets.items()):
            mine, theirs = here.split("/")[0], there.split("/")[0]
            if mine != theirs and rank[theirs] >= rank[mine]:
                wrong.append(f"{here} {how}: {mine} comes before {theirs}, or beside it")
    return wrong


def circles(uses: dict) -> list:
    """A circle is told once, by the way around it."""
    done, found = set(), []

    def visit(here: str, way: list) -> None:
        if here in way:
            around = way[way.index(here):] + [here]
            found.append(", which ".join(f"{a} {uses[a][b]}" for a, b in zip(around, around[1:])))
            return
        if here in done:
            return
        for there in sorted(uses.get(here, {})):
            visit(there, way + [here])
        done.add(here)

    for start in sorted(uses):
        visit(start, [])
    return found


def main() -> None:
    rank = layers()
    folders = {file.parent.name for file in SOURCES.glob("*/*.c")}
    assert folders <= rank.keys(), f"CMakeLists.txt gives no place to {folders - rank.keys()}"
    names = described()
    assert sorted(names) == sorted(rank), f"README.md names {names}, CMakeLists.txt {list(rank)}"
    assert [rank[name] for name in names] == sorted(rank.values()), "README.md has another order than CMakeLists.txt"
    defined, used = symbols()
    wrong = misplaced(used)
    for uses in (included(), linked(defined, used)):
        wrong += upward(uses, rank) + [f"a circle: {text}" for text in circles(uses)]
    sys.exit("\n".join(wrong) if wrong else 0)


main()
