#!/usr/bin/env python3
"""What the pages and the API cost the server where there is much to show.

    examples/benchmarks/pages.py [--many 10000] [--slow 1000]

Makes a home of MANY runs, one of MANY steps and one with a step of MANY images, from copies of a small run's documents, serves
it with `cairn ui`, and prints for each view the median time from the request to the last byte, and the bytes over the wire.
"""
import argparse
import gzip
import http.client
import json
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

CAIRN = str(pathlib.Path(__file__).resolve().parents[2] / "cairn")
REPEATED = 11
FLOW = """name: many
steps:
  - id: s
    strategy: {matrix: {n: [%s]}}
    run: echo ${{ matrix.n }}
"""


def document(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def make_home(folder, many):
    """The ids of the runs with many steps, and with many images."""
    flow = folder / "flow.yaml"
    flow.write_text(FLOW % "1, 2")
    subprocess.run([CAIRN, "run", "flow.yaml"], cwd=folder, check=True, capture_output=True)
    subprocess.run([CAIRN, "exec", "--name", "images", "--", "true"], cwd=folder, check=True, capture_output=True)
    runs = folder / ".cairn/runs"
    steps = next(run for run in runs.iterdir() if run.name.startswith("many-"))
    images = next(run for run in runs.iterdir() if run.name.startswith("images-"))
    many_runs(steps, many)
    many_steps(steps, many)
    many_images(images, many)
    return steps.name, images.name


def many_runs(run, many):
    content = json.loads((run / "manifest.json").read_text())
    for number in range(many):
        name = f"old-20200101-{number // 3600:02}{number // 60 % 60:02}{number % 60:02}-{number % 10000:04}"
        copy = run.parent / name
        copy.mkdir(mode=0o700)
        (copy / "manifest.json").write_text(json.dumps(content | {"id": name, "created_at": "2020-01-01T00:00:00Z"}))
        (copy / "manifest.json").chmod(0o600)


def many_steps(run, many):
    first = next(path.parent for path in run.rglob("step.json"))
    content = json.loads((first / "step.json").read_text())
    for number in range(1, many + 1):
        step = first.parent / f"s.{number}"
        step.mkdir(mode=0o700, exist_ok=True)
        (step / "step.json").write_text(json.dumps(content | {"step": f"s.{number}"}))
        (step / "step.json").chmod(0o600)
    document(
        run / "manifest.json",
        lambda manifest: manifest.update(steps={f"s.{n}": manifest["steps"]["s.1"] for n in range(1, many + 1)}),
    )


def many_images(run, many):
    path = next(run.rglob("step.json"))
    image = {
        "attempt": 1, "fingerprint": "", "at": "2026-01-01T00:00:00Z", "reason": "interval", "bytes": 123456,
        "raw_bytes": 1234567, "digest": "", "pause_us": 20000, "took_us": 200000, "standing": False,
    }
    document(path, lambda step: step.update(images=[image | {"sequence": n} for n in range(1, many + 1)]))


class Client:
    def __init__(self, address):
        self.where = urllib.parse.urlsplit(address)
        self.cookie = ""
        headers = self.get(f"{self.where.path}?{self.where.query}")[2]
        self.cookie = headers["Set-Cookie"].split(";")[0]

    def get(self, path):
        """Seconds, bytes over the wire, headers."""
        connection = http.client.HTTPConnection(self.where.hostname, self.where.port, timeout=60)
        begin = time.monotonic()
        connection.request("GET", path, headers={"Cookie": self.cookie, "Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        body = answer.read()
        seconds = time.monotonic() - begin
        connection.close()
        if answer.status not in (200, 303):
            text = gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body
            sys.exit(f"{path}: {answer.status} {text[:400]}")
        return seconds, len(body), answer.headers

    def line(self, what, path):
        measured = [self.get(path) for _ in range(REPEATED)]
        print(
            f"{what:44} {measured[0][0] * 1000:8.0f} {statistics.median(one[0] for one in measured) * 1000:8.0f}"
            f" {measured[0][1] / 1000:8.1f}",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--many", type=int, default=10_000)
    parser.add_argument("--slow", type=int, default=1000)
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cairn-pages-"))
    try:
        steps, images = make_home(folder, options.many)
        with open(folder / "said", "wb") as said:
            ui = subprocess.Popen([CAIRN, "ui", "--no-browser"], cwd=folder, stdout=subprocess.PIPE, stderr=said)
        try:
            measure(Client(ui.stdout.readline().decode().strip()), steps, images, options)
        finally:
            ui.send_signal(signal.SIGINT)
            ui.wait()
    finally:
        shutil.rmtree(folder)


def measure(client, steps, images, options):
    print(f"{'view, of ' + str(options.many):44} {'first ms':>8} {'ms':>8} {'kB':>8}")
    client.line("the newest runs, page", "/runs")
    client.line("the newest runs, API", "/api/v1/runs?limit=100")
    client.line("failed runs, page", "/runs?state=failed")
    client.line("a run of many steps, page", f"/runs/{steps}")
    client.line("a step of many images, page", f"/runs/{images}")
    client.line("style and script", "/static/cairn.js")
    slow = []
    for number in range(options.slow):
        client_socket = socket.create_connection((client.where.hostname, client.where.port))
        client_socket.sendall(b"GET /health HTTP/1.1\r\nHost: loc")
        slow.append(client_socket)
    client.line(f"/health beside {options.slow} half-sent requests", "/health")
    for client_socket in slow:
        client_socket.close()


if __name__ == "__main__":
    main()
