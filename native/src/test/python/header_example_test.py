"""The example on the first page of cairn.h compiles, and does what the page says."""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HEADER, COMPILER, LIBRARY, SUPERVISOR, *OPTIONS = sys.argv[1:]

PROGRAM = """\
#include <stdio.h>
#include "cairn.h"
int main(void)
{
%s
    return rc < 0;
}
"""


def example() -> str:
    page = Path(HEADER).read_text().split("*/")[0]
    return "\n".join(line[6:] for line in page.splitlines() if line.startswith(" *     "))


def write_spec(attempt: Path) -> None:
    """A step that ends as soon as it has been checkpointed on request."""
    script = "until grep -q '\"request\"' images.jsonl; do sleep 0.05; done"
    spec = {
        "version": 1, "engine": "native", "argv": ["/bin/sh", "-c", script], "cwd": str(attempt), "umask": 18,
        "stdin": "/dev/null", "stdout": str(attempt / "out"), "stderr": str(attempt / "err"),
        "checkpoints": str(attempt.parent / "checkpoints"),
        "checkpoint": {"every_ms": -1, "mtbf_ms": 1000, "keep": 2, "compression": 1, "min_free": 0,
                       "before_timeout_ms": 0},
        "timeout_ms": 60000, "spent_ms": 0, "grace_ms": 1000, "rollback": {"open": True, "trees": []},
        "restore": None, "detach": True, "app": None,
    }
    attempt.mkdir()
    (attempt / "spec.json").write_text(json.dumps(spec))


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="cairn-example.") as folder:
        attempt, source, program = (Path(folder) / name for name in ("attempt", "example.c", "example"))
        write_spec(attempt)
        code = example()
        for shown, real in (("/usr/lib/cairn/cairn-supervisor", SUPERVISOR), ("/home/u/attempts/1", str(attempt))):
            assert f'"{shown}"' in code, f"the example names no {shown}"
            code = code.replace(f'"{shown}"', json.dumps(real))
        source.write_text(PROGRAM % code)
        subprocess.run([COMPILER, "-std=c11", "-Wall", "-Wextra", "-Werror", *OPTIONS, "-I", Path(HEADER).parent, source,
                        "-o", program, LIBRARY, f"-Wl,-rpath,{Path(LIBRARY).parent}"], check=True)
        subprocess.run([program], check=True, timeout=120)
        end = json.loads((attempt / "exit.json").read_text())
        assert end["cause"] == "success", end
        reasons = re.findall(r'"reason":\s*"(\w+)"', (attempt / "images.jsonl").read_text())
        assert reasons == ["start", "request"], reasons


main()
