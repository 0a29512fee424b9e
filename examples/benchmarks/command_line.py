"""The whole of Cairn as people use it: what they wait for at the prompt, the start of the JVM included."""
import json
import os
import pathlib
import subprocess

from checkpointer import Checkpointer, kill
from writer import Log

ROOT = pathlib.Path(__file__).resolve().parents[2]


class CommandLine(Checkpointer):
    def __init__(self, folder):
        super().__init__(folder, "cairn, command line")
        self.runner = None

    def missing(self):
        return None if (ROOT / "cairn").exists() else f"{ROOT}/cairn is not there"

    def log(self):
        return Log(self.folder, "home/runs/*/steps/*/stdout.log")

    def start(self, command):
        self.runner = self._cairn("exec", "--name", "benchmark", "-i", "never", "--", *command)

    def images(self):
        return max(self.folder.glob("home/runs/*/steps/*/checkpoints/[0-9]*"))

    def checkpoint(self):
        if self._cairn("checkpoint", "benchmark").wait() != 0:
            raise RuntimeError(f"cairn checkpoint failed, see {self.folder}/said")

    def stop(self):
        self.end()

    def resume(self):
        self.runner = self._cairn("resume", "benchmark")

    def end(self):
        if self.runner:
            kill(self.runner.pid)
            self.runner.wait()
        for supervisor in self.folder.glob("home/runs/*/steps/*/attempts/*/supervisor.json"):
            kill(json.loads(supervisor.read_text())["pid"])

    def work(self, writer, mib, millions):
        """What the writer says of how long its work took it, in nanoseconds."""
        self.folder.mkdir()
        try:
            command = self._cairn(
                "exec", "-i", "never", "--", *writer.command("work", mib, millions), stdout=subprocess.PIPE
            )
            return int(command.communicate()[0])
        finally:
            self.clean()

    def _cairn(self, *arguments, stdout=subprocess.DEVNULL):
        (self.folder / "home").mkdir(exist_ok=True)
        with open(self.folder / "said", "ab") as said:
            return subprocess.Popen(
                [ROOT / "cairn", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=said,
                cwd=self.folder,
                env=os.environ | {"CAIRN_HOME": str(self.folder / "home")},
            )
