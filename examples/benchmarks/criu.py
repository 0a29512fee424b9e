"""CRIU, as root: its own process, its own images."""
import os
import shutil
import subprocess

from checkpointer import Checkpointer, kill


class Criu(Checkpointer):
    def __init__(self, folder, program):
        super().__init__(folder, "criu")
        self.program = program
        self.child = None

    def missing(self):
        if not shutil.which(self.program):
            return "not on PATH"
        if os.geteuid() != 0:
            return "needs root"
        check = subprocess.run([self.program, "check"], capture_output=True, text=True)
        return None if check.returncode == 0 else f"criu check: {check.stderr.strip().splitlines()[0]}"

    def start(self, command):
        with open(self.folder / "log", "ab") as log:
            self.child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self.pid = self.child.pid

    def images(self):
        return self.folder / "images"

    def checkpoint(self):
        self._dump("--leave-running")

    def stop(self):
        # A restore refuses a log that has grown since, so resume from an image that ended the step.
        shutil.rmtree(self.images())
        self._dump()
        self.child.wait()

    def resume(self):
        # The step's own pid comes back, so nothing has to be asked for it.
        self._criu("restore", "--restore-detached")

    def end(self):
        if self.child:
            kill(self.pid)
            self.child.wait()

    def _dump(self, *more):
        self.images().mkdir()
        self._criu("dump", "--tree", str(self.pid), *more)

    def _criu(self, verb, *more):
        log = self.folder / f"{verb}.log"
        subprocess.run([self.program, verb, "--images-dir", self.images(), "--log-file", log, *more], check=True)
